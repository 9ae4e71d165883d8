"""What a rollout looks at: groups, target groups, rules and alarms as AWS reports them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from signalbox.kernel.events import JsonObject


class Placement(StrEnum):
    """Where the candidate lives."""

    SLOT = "slot"  # the other one of two standing groups
    COPY = "copy"  # a faithful copy of the group, with a target group of its own
    BESIDE = "beside"  # a small group of its own on the stable target group


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Who is who in one rollout; names are known from the start, ARNs of created things are not."""

    placement: Placement
    stable_group: str
    stable_target_group: str
    candidate_group: str
    candidate_target_group: str  # an ARN for a slot, otherwise the name of the copy
    template_id: str
    source_version: str
    references: tuple[str, ...]
    sides: Mapping[str, str] = field(default_factory=dict)  # of DNS records: set identifier -> target group
    candidate_balancer: str = ""  # the name of the copy of the load balancer; empty: none is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A member of a group. `version` is the launch template version that it was launched with; a `protected`
    one stays when the group shrinks."""

    id: str
    lifecycle: str
    version: str
    protected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What else belongs to a group, in AWS's names as it is written: lifecycle hooks, scaling policies and
    scheduled actions. `alarms` maps a policy to those that call it, unless AWS made them."""

    hooks: tuple[JsonObject, ...] = ()
    policies: tuple[JsonObject, ...] = ()
    actions: tuple[JsonObject, ...] = ()
    alarms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """An Auto Scaling group. `copied` holds the settings that a faithful copy takes over, in AWS's names;
    `group_only` names the tags that instances do not get. `mixed` is its mixed instances policy, empty when
    it has none; `warm_pool` the settings of its warm pool, empty when it has none or while that goes.
    `carried` is read once, for the snapshot: an observation leaves it empty. Of a snapshot `set_meanwhile`
    names those of `min` and `max` that somebody else has set since the rollout began.
    """

    name: str
    arn: str
    min: int
    max: int
    desired: int
    template_id: str
    template_version: str  # as configured: a number, $Latest or $Default
    resolved_version: str  # the number that it means now
    instances: tuple[Instance, ...] = ()
    target_groups: tuple[str, ...] = ()
    suspended: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    group_only: tuple[str, ...] = ()
    copied: JsonObject = field(default_factory=dict)
    mixed: JsonObject = field(default_factory=dict)
    warm_pool: JsonObject = field(default_factory=dict)
    warm_pool_going: bool = False
    carried: Carried = field(default_factory=Carried)
    set_meanwhile: tuple[str, ...] = ()

    @property
    def present(self) -> tuple[Instance, ...]:
        """Instances that are not on their way out."""
        return tuple(i for i in self.instances if not i.lifecycle.startswith("Terminat"))

    @property
    def in_service(self) -> tuple[Instance, ...]:
        """Instances that Auto Scaling has launched to the end."""
        return tuple(i for i in self.instances if i.lifecycle == "InService")


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetGroup:
    """A target group; times in seconds. `copied` and `attributes` are what a copy takes over."""

    name: str
    arn: str
    interval: int
    load_balancers: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    copied: JsonObject = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    """A rule as it is made again on another listener; `copied` holds its conditions and transforms."""

    priority: str
    copied: JsonObject
    actions: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listener and all that hangs on it. `certificates` are the ARNs beside its default one; `rules` those
    beside its default action, which `actions` tells."""

    arn: str
    port: int
    copied: JsonObject
    actions: tuple[JsonObject, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[str, ...] = ()
    rules: tuple[ListenerRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """A load balancer. `zone` is the hosted zone that an alias to it names; `copied`, `attributes` and
    `listeners` are what a copy takes over, the last two empty where nothing is left to be taken over."""

    name: str
    arn: str
    host: str
    zone: str
    kind: str = "application"
    state: str = "active"
    tags: Mapping[str, str] = field(default_factory=dict)
    copied: JsonObject = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule, or the default action of a listener, with its actions exactly as AWS describes them. Of a DNS
    name `records` holds the weighted record sets by target group, whose shares `actions` tells."""

    arn: str
    actions: tuple[JsonObject, ...]
    records: Mapping[str, JsonObject] = field(default_factory=dict)

    @property
    def is_listener(self) -> bool:
        """Whether the actions are a listener's default."""
        return ":listener/" in self.arn


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A metric or composite alarm. `span` is period x evaluation periods in seconds; None for a composite.
    `datapoints` are those that led to its state, oldest first."""

    name: str
    arn: str
    state: str
    updated_at: str
    reason: str = ""
    span: int | None = None
    threshold: float | None = None
    comparison: str = ""
    datapoints: tuple[float, ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)
    copied: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """All that the decisions of one rollout look at. Health: target group ARN -> instance id -> state.

    `candidate_balancer` is the copy of the load balancer, where one is made; `balancer` the original, which
    is looked at only for as long as the copy has no record of the name: that is made last.
    """

    stable: Group
    candidate: Group | None
    stable_target_group: TargetGroup
    candidate_target_group: TargetGroup | None
    rules: tuple[Rule, ...]
    health: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    candidate_version: str | None = None
    alarm_copies: tuple[str, ...] = ()
    balancer: Balancer | None = None
    candidate_balancer: Balancer | None = None

    def settings(self) -> "Estate":
        """The same without what moves by itself: instances, health; and without what is only copied from."""
        candidate = replace(self.candidate, instances=()) if self.candidate else None
        stable = replace(self.stable, instances=())
        return replace(self, stable=stable, candidate=candidate, health={}, balancer=None)

    def carrying(self, carried: Carried) -> "Estate":
        """The same, with what else belongs to the stable group."""
        return replace(self, stable=replace(self.stable, carried=carried))

    def rule(self, arn: str) -> Rule:
        """The rule of that ARN, which the layout names."""
        return next(r for r in self.rules if r.arn == arn)

    def healthy(self, group: Group | None, target_group: TargetGroup | None) -> tuple[Instance, ...]:
        """The group's instances that serve, or could, as targets of the target group."""
        if group is None or target_group is None:
            return ()
        states = self.health.get(target_group.arn, {})
        return tuple(i for i in group.present if states.get(i.id) == "healthy")

    @property
    def healthy_stable(self) -> tuple[Instance, ...]:
        """Healthy instances of the stable group."""
        return self.healthy(self.stable, self.stable_target_group)

    @property
    def healthy_candidate(self) -> tuple[Instance, ...]:
        """Healthy instances of the candidate group, in its own target group."""
        return self.healthy(self.candidate, self.candidate_target_group)
