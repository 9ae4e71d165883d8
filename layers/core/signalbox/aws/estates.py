"""Observes what rollouts look at: platform, router and alarms put together."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from signalbox.aws.alarms import names_with_prefix, read_alarms
from signalbox.aws.platforms import autoscaling
from signalbox.aws.platforms.carried import read_carried
from signalbox.aws.platforms.databases import read_cluster
from signalbox.aws.platforms.volumes import attached_devices
from signalbox.aws.routers import alb, balancers, route53
from signalbox.kernel.errors import Transient
from signalbox.rollouts.dns import side_of
from signalbox.rollouts.estate import (
    Alarm,
    Balancer,
    Carried,
    Estate,
    Group,
    Layout,
    Placement,
    Rule,
    TargetGroup,
)
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.guards import copy_name
from signalbox.rollouts.layout import sides
from signalbox.rollouts.preflight import is_version, pairs
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.strategies.first import is_first
from signalbox.rollouts.survey import Standing, Survey


class AwsEstates:
    """Port `Estates`."""

    def __init__(self, region: str, account: str) -> None:
        self._region = region
        self._account = account

    def observe(self, layout: Layout, rollout_id: str) -> Estate:
        """The estate of a rollout as it is now. Raises Transient when stable itself cannot be seen."""
        groups, _ = autoscaling.read_groups(
            list(dict.fromkeys((layout.stable_group, layout.candidate_group)))
        )
        stable = groups.get(layout.stable_group)
        stable_target_group, candidate_target_group = _target_groups(layout)
        if stable is None or stable_target_group is None:
            raise Transient(f"{layout.stable_group} or {layout.stable_target_group} cannot be seen")
        both = {group.arn for group in (stable_target_group, candidate_target_group) if group is not None}
        rules = _rules(layout.references, _all_sides(layout, candidate_target_group))
        original, copy = _balancers(layout, stable_target_group, rules)
        return Estate(
            stable=stable,
            candidate=groups.get(layout.candidate_group),
            stable_target_group=stable_target_group,
            candidate_target_group=candidate_target_group,
            rules=rules,
            health={arn: alb.read_health(arn) for arn in both},
            candidate_version=autoscaling.made_version(layout.template_id, layout.source_version, rollout_id),
            alarm_copies=_alarm_copies(layout, rollout_id),
            balancer=original,
            candidate_balancer=copy,
        )

    def carried(self, group: str) -> Carried:
        """What else belongs to a group."""
        return read_carried(group)

    def unnamed(self, layout: Layout, estate: Estate) -> tuple[Rule, ...]:
        """Rules and listeners that send traffic to stable or candidate and are not the rollout's own."""
        if layout.sides:
            return ()  # clients choose by name: what leads to the name's load balancers stays theirs
        both = (estate.stable_target_group, estate.candidate_target_group)
        found = alb.references_to(group for group in both if group is not None)
        return tuple(rule for rule in found if rule.arn not in layout.references)

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """Those of the named alarms that exist."""
        return read_alarms(names)

    def is_in_sync(self, change: str) -> bool:
        """Whether a change of DNS weights has arrived everywhere."""
        return route53.is_in_sync(change)

    def standing(self, spec: ServiceSpec) -> Standing:
        """The groups of a service and the rules that send traffic to them."""
        groups, _ = autoscaling.read_groups([name for _, name, _ in pairs(spec)])
        return Standing(groups=groups, rules=_rules(spec.traffic.references, sides(spec)))

    def survey(self, spec: ServiceSpec, version: str | None) -> Survey:
        """Everything that preflight asks about a service and, when given, a version."""
        named = pairs(spec)
        groups, unsupported = autoscaling.read_groups([name for _, name, _ in named])
        groups = {name: replace(group, carried=read_carried(name)) for name, group in groups.items()}
        found = {arn: alb.read_original(arn) for _, _, arn in named}
        target_groups = {arn: group for arn, group in found.items() if group is not None}
        launches = _launches(groups.values())
        templates = list(dict.fromkeys(group.template_id for group in groups.values()))
        original = _original(spec, target_groups)
        rules = _rules(spec.traffic.references, sides(spec))
        return Survey(
            region=self._region,
            account=self._account,
            groups=groups,
            unsupported=unsupported,
            target_groups=target_groups,
            rules={rule.arn: rule for rule in rules},
            references=alb.references_to(target_groups.values()),
            balancers=alb.names_of_balancers(target_groups.values()) if sides(spec) else {},
            original=original,
            web_acl=balancers.web_acl_of(original.arn) if original else None,
            in_front=balancers.in_front_of(original.arn) if original else (),
            cluster=read_cluster(spec.facts.database_cluster) if spec.facts.database_cluster else None,
            healthy=_healthy(rules, target_groups) if is_first(groups.values()) else {},
            alarms={alarm.name: alarm for alarm in read_alarms(spec.guards.alarms)},
            images={
                template: {number: launch.image for number, launch in versions.items() if launch.image}
                for template, versions in launches.items()
            },
            data_volumes={
                template: {number: launch.data_volumes for number, launch in versions.items()}
                for template, versions in launches.items()
            },
            attached=_attached(groups, launches),
            known_image=version is None or (is_version(version) and _is_known(version, templates)),
            followers=autoscaling.followers_of(templates, list(groups)) if templates else {},
        )


def _original(spec: ServiceSpec, target_groups: Mapping[str, TargetGroup]) -> Balancer | None:
    """The load balancer that the service lets be copied."""
    if spec.traffic.load_balancer is None:
        return None
    arns = [arn for group in target_groups.values() for arn in group.load_balancers]
    return balancers.read_original(arns[0]) if arns else None


def _rules(references: Sequence[str], sides: Mapping[str, str]) -> tuple[Rule, ...]:
    """Of a service that names either DNS records or rules."""
    return route53.read_names(references, sides) if sides else alb.read_rules(references)


def _healthy(rules: Iterable[Rule], own: Collection[str]) -> dict[str, int]:
    """Target group -> healthy targets, of those beside the service's own that get traffic from the rules. A
    record that leads to none of its sides is named by itself, and is no target group."""
    weighed = {arn for rule in rules for arn, weight in weights(rule.actions).items() if weight}
    others = sorted(arn for arn in weighed - set(own) if arn.startswith("arn:"))
    return {arn: list(alb.read_health(arn).values()).count("healthy") for arn in others}


def _all_sides(layout: Layout, candidate: TargetGroup | None) -> Mapping[str, str]:
    """Beside the sides that the service names also the copy, whose record is called like its target group."""
    if not layout.candidate_balancer or candidate is None:
        return layout.sides
    return {**layout.sides, layout.candidate_target_group: candidate.arn}


def _balancers(
    layout: Layout, stable: TargetGroup, rules: Sequence[Rule]
) -> tuple[Balancer | None, Balancer | None]:
    """The original, for as long as its copy may be incomplete, and the copy: its record of each name is made
    last."""
    if not layout.candidate_balancer:
        return None, None
    copy = layout.candidate_target_group
    whole = all(side_of(rule, copy) for rule in rules)
    if whole:
        return None, balancers.read_copy(layout.candidate_balancer, whole=False)
    original = balancers.read_original(stable.load_balancers[0]) if stable.load_balancers else None
    return original, balancers.read_copy(layout.candidate_balancer, whole=True)


def _target_groups(layout: Layout) -> tuple[TargetGroup | None, TargetGroup | None]:
    """Stable's and the candidate's. Attributes and tags matter where one is a copy of the other."""
    if layout.placement is Placement.COPY:
        return alb.read_original(layout.stable_target_group), alb.read_copy(layout.candidate_target_group)
    both = (layout.stable_target_group, layout.candidate_target_group)
    found = alb.read_target_groups(list(dict.fromkeys(both)))
    return found.get(both[0]), found.get(both[1])


def _alarm_copies(layout: Layout, rollout_id: str) -> tuple[str, ...]:
    """Where the candidate serves beside stable none is ever made."""
    if layout.placement is Placement.BESIDE:
        return ()
    return names_with_prefix(copy_name(rollout_id, ""))


def _launches(groups: Iterable[Group]) -> dict[str, dict[str, autoscaling.Launch]]:
    """Launch template id -> version number -> what it launches, of the versions that groups are at."""
    launches: dict[str, dict[str, autoscaling.Launch]] = {}
    for group in groups:
        launch = autoscaling.launch_of(group.template_id, group.resolved_version)
        if launch is not None:
            launches.setdefault(group.template_id, {})[group.resolved_version] = launch
    return launches


def _attached(
    groups: Mapping[str, Group], launches: Mapping[str, Mapping[str, autoscaling.Launch]]
) -> dict[str, tuple[str, ...]]:
    """Group -> devices that its instances have and its launch template does not name."""
    found = attached_devices(list(groups)) if groups else {}
    own = {name: launches.get(g.template_id, {}).get(g.resolved_version) for name, g in groups.items()}
    others = {
        name: found[name] - (launch.devices if launch else set())
        for name, launch in own.items()
        if name in found
    }
    return {name: tuple(sorted(devices)) for name, devices in others.items() if devices}


def _is_known(version: str, templates: Sequence[str]) -> bool:
    if version.isdecimal():
        return all(autoscaling.launch_of(template, version) is not None for template in templates)
    return autoscaling.image_exists(version)
