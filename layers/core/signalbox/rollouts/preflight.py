"""What AWS says of a service before a rollout: all that does not exist or does not fit, by name. Pure."""

import re
from collections.abc import Iterator

from signalbox.kernel.errors import Violation
from signalbox.rollouts import forwarding
from signalbox.rollouts.layout import sides
from signalbox.rollouts.name_checks import name_violations
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.strategies.first import is_first
from signalbox.rollouts.survey import Survey
from signalbox.rollouts.writes import MANAGED

_ARN = re.compile(r"arn:aws[\w-]*:elasticloadbalancing:(?P<region>[\w-]+):(?P<account>\d{12}):.+")
_VERSION = re.compile(r"ami-[0-9a-z]{3,40}|[1-9][0-9]{0,8}")
IAC_TAGS = ("aws:cloudformation:stack-name", "terraform", "pulumi:project", "managed-by")
MOST_TARGET_GROUPS = 5  # in one forward action


def service_violations(spec: ServiceSpec, survey: Survey) -> list[Violation]:
    """Why the service cannot be rolled out as registered; empty when it can."""
    return [
        *_region(spec, survey),
        *_groups(spec, survey),
        *_target_groups(spec, survey),
        *(name_violations(spec, survey) if sides(spec) else _rules(spec, survey)),
        *_alarms(spec, survey),
        *_cluster(spec, survey),
    ]


def _region(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    region = spec.platform.region
    if region is not None and region != survey.region:
        yield Violation("platform.region", f"{region} is not the region of this stack: use {survey.region}")
    for field, arn, _ in _arns(spec):
        match = _ARN.fullmatch(arn)
        if match is None:
            yield Violation(field, f"{arn} is not the ARN of a load balancer's resource")
        elif (match["region"], match["account"]) != (survey.region, survey.account):
            yield Violation(field, f"{arn} is not in account {survey.account}, region {survey.region}")


def _arns(spec: ServiceSpec) -> Iterator[tuple[str, str, str]]:
    """(field, ARN, kind) of everything that the service names by ARN."""
    traffic = spec.traffic
    if traffic.target_group_arn is not None:
        yield "traffic.target_group_arn", traffic.target_group_arn, "target group"
    for index, slot in enumerate(spec.platform.slots or ()):
        yield f"platform.slots.{index}.target_group_arn", slot.target_group_arn, "target group"
    if traffic.listener_rule_arn is not None:
        yield "traffic.listener_rule_arn", traffic.listener_rule_arn, "rule"
    if traffic.listener_arn is not None:
        yield "traffic.listener_arn", traffic.listener_arn, "listener"
    for index, arn in enumerate(traffic.rules or ()):
        yield f"traffic.rules.{index}", arn, "rule"


def pairs(spec: ServiceSpec) -> list[tuple[str, str, str]]:
    """(field, group, target group ARN) of each group that the service names."""
    if spec.platform.slots is not None:
        return [
            (f"platform.slots.{index}.group", slot.group, slot.target_group_arn)
            for index, slot in enumerate(spec.platform.slots)
        ]
    return [("platform.group", spec.platform.group or "", spec.traffic.target_group_arn or "")]


def _groups(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    for field, name, target_group in pairs(spec):
        group = survey.groups.get(name)
        if name in survey.unsupported:
            yield Violation(field, f"Auto Scaling group {name} {survey.unsupported[name]}")
        elif group is None:
            yield Violation(field, f"Auto Scaling group {name} does not exist in {survey.region}")
        else:
            yield from _group(field, name, target_group, survey)


def _group(field: str, name: str, target_group: str, survey: Survey) -> Iterator[Violation]:
    group = survey.groups[name]
    if target_group in survey.target_groups and target_group not in group.target_groups:
        yield Violation(field, f"Auto Scaling group {name} does not serve {target_group}")
    followers = survey.followers.get(group.template_id, ())
    if followers:
        yield Violation(
            field,
            f"launch template {group.template_id} is followed at $Latest by {', '.join(followers)}: a new"
            " version would reach that group too; pin it to a version",
        )


def _target_groups(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    for field, arn, kind in _arns(spec):
        if kind == "target group" and arn not in survey.target_groups:
            yield Violation(field, f"target group {arn} does not exist")


def unreached_violations(spec: ServiceSpec, survey: Survey) -> list[Violation]:
    """Rules that send nothing to a group that serves: of no use for a new version, but well so while an open
    rollout has the traffic elsewhere."""
    if spec.platform.slots or not _serves(spec, survey):
        return []
    ours = {arn for _, _, arn in pairs(spec)}
    weightless = []
    for field, arn, kind in _arns(spec):
        present = forwarding.weights(survey.rules[arn].actions) if arn in survey.rules else {}
        if ours & set(present) and not any(map(present.get, ours)):
            told = f"{kind} {arn} gives {', '.join(ours)} no weight: nobody would reach the new version"
            weightless.append(Violation(field, f"{told}; give it weight first"))
    return weightless


def _rules(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    ours = {arn for _, _, arn in pairs(spec)}
    for field, arn, kind in _arns(spec):
        if kind == "target group":
            continue
        rule = survey.rules.get(arn)
        if rule is None:
            yield Violation(field, f"{kind} {arn} does not exist")
            continue
        present = forwarding.weights(rule.actions)
        if not ours & set(present):
            yield Violation(field, f"{kind} {arn} does not forward to {' or '.join(sorted(ours))}")
        elif len(set(present) | ours) >= MOST_TARGET_GROUPS + (len(ours) > 1):
            yield Violation(
                field, f"{kind} {arn} has no room for the candidate among {MOST_TARGET_GROUPS} target groups"
            )
    yield from _unnamed(spec, survey, ours)


def _serves(spec: ServiceSpec, survey: Survey) -> bool:
    """Whether there are instances; of what has none more is asked, should it be a first rollout."""
    return not is_first(survey.groups[name] for _, name, _ in pairs(spec) if name in survey.groups)


def _unnamed(spec: ServiceSpec, survey: Survey, ours: set[str]) -> Iterator[Violation]:
    named = set(spec.traffic.references)
    for rule in survey.references:
        if rule.arn not in named and ours & set(forwarding.weights(rule.actions)):
            yield Violation(
                "traffic", f"{rule.arn} also sends traffic to the service: name it in traffic.rules"
            )
    seen = {arn for rule in survey.references for arn in forwarding.weights(rule.actions)}
    for arn in sorted(ours & set(survey.target_groups)):
        if arn not in seen and not spec.platform.slots:
            yield Violation(
                "traffic.target_group_arn", f"target group {arn} is in no listener: it gets no traffic"
            )


def _alarms(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    for index, name in enumerate(spec.guards.alarms):
        if name not in survey.alarms:
            yield Violation(f"guards.alarms.{index}", f"alarm {name} does not exist in {survey.region}")


def _cluster(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    name = spec.facts.database_cluster
    if name is not None and survey.cluster is None:
        yield Violation(
            "facts.database_cluster", f"database cluster {name} does not exist in {survey.region}"
        )


def is_version(version: str) -> bool:
    """Whether it can be an AMI id or the number of a launch template version."""
    return _VERSION.fullmatch(version) is not None


def version_violations(version: str, survey: Survey) -> list[Violation]:
    """Why that version cannot be rolled out; empty when it can."""
    if not is_version(version):
        return [
            Violation("version", "give an AMI id such as ami-0123456789abcdef0, or a launch template version")
        ]
    if not survey.known_image:
        what = f"launch template version {version}" if version.isdecimal() else f"image {version}"
        return [Violation("version", f"{what} does not exist in {survey.region}")]
    return []


def passing_violations(spec: ServiceSpec, survey: Survey) -> list[Violation]:
    """What speaks against a rollout now, and not in a moment perhaps: a start is refused, a plan warns."""
    return [*red_alarms(spec, survey), *unreached_violations(spec, survey)]


def red_alarms(spec: ServiceSpec, survey: Survey) -> list[Violation]:
    """Guards that are in ALARM already: what a rollout breaks could not be told from what is wrong anyway."""
    return [
        Violation(f"guards.alarms.{index}", f"alarm {name} is in ALARM: {survey.alarms[name].reason}")
        for index, name in enumerate(spec.guards.alarms)
        if name in survey.alarms and survey.alarms[name].state == "ALARM"
    ]


def ownership_warnings(spec: ServiceSpec, survey: Survey) -> list[str]:
    """Groups whose owner has not consented, and groups that another tool's next run would set back."""
    found = []
    for _, name, _ in pairs(spec):
        tags = survey.groups[name].tags if name in survey.groups else {}
        if tags.get(MANAGED) != "true":
            found.append(
                f"{name} is not tagged {MANAGED}=true: the permissions of Signalbox allow no write to it"
            )
        owners = [f"{tag}={tags[tag]}" for tag in IAC_TAGS if tag in tags]
        if owners:
            found.append(f"{name} is managed by {', '.join(owners)}: see docs/iac.md for what it must ignore")
    return found
