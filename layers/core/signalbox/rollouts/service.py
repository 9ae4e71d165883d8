"""A service as its owner registers it. Unknown fields are violations."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len, Predicate

from signalbox.kernel.fields import Arn, Closed, Duration, Name, Owner
from signalbox.kernel.ids import is_domain, is_name
from signalbox.rollouts.dns import named

Percent = Annotated[int, Ge(0), Le(100)]
Share = Annotated[int, Ge(1), Le(100)]
Count = Annotated[int, Ge(1), Le(1000)]
DEFAULT_TYPES: tuple[Literal["A"], ...] = ("A",)
Preset = Literal[
    "all-at-once",
    "rolling",
    "rolling-with-additional-batch",
    "immutable",
    "traffic-splitting",
    "canary",
    "linear",
    "blue-green",
    "ab-test",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot(Closed):
    """One of two standing groups, with the target group that it serves. `set_identifier` names the DNS record
    that leads to its load balancer."""

    group: Annotated[str, Len(1, 255)]
    target_group_arn: Arn
    set_identifier: Annotated[str, Len(1, 128)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform(Closed):
    """Where the service runs: one group, or two slots between which rollouts alternate."""

    kind: Literal["autoscaling"]
    region: Annotated[str, Len(1, 32)] | None = None
    group: Annotated[str, Len(1, 255)] | None = None
    slots: Annotated[tuple[Slot, ...], Len(2, 2)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic(Closed):
    """Everything that divides the traffic of the service: listeners and rules of a load balancer, or the
    weighted records of one DNS name. With `load_balancer: copy` the candidate of a single group gets a copy
    of its load balancer; `set_identifier` names the record that leads to the one that is there."""

    router: Literal["alb", "route53"]
    listener_rule_arn: Arn | None = None
    listener_arn: Arn | None = None
    rules: Annotated[tuple[Arn, ...], Len(1, 20)] | None = None
    target_group_arn: Arn | None = None
    hosted_zone_id: Annotated[str, Len(1, 32), Predicate(is_name)] | None = None
    record_name: Annotated[str, Len(1, 255), Predicate(is_domain)] | None = None
    record_types: Annotated[tuple[Literal["A", "AAAA", "CNAME"], ...], Len(1, 2)] | None = None
    set_identifier: Annotated[str, Len(1, 128)] | None = None
    load_balancer: Literal["copy"] | None = None

    @property
    def references(self) -> tuple[str, ...]:
        """The ARNs of listeners (their default action) and rules, in the order given, or the DNS name."""
        if self.hosted_zone_id and self.record_name:
            types = self.record_types or DEFAULT_TYPES
            return tuple(named(self.hosted_zone_id, self.record_name, type_).reference for type_ in types)
        single = self.listener_rule_arn or self.listener_arn
        return (single,) if single else self.rules or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision(Closed):
    """Candidate capacity: a number of instances, or percent of the stable group's desired size."""

    percent: Share | None = None
    count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift(Closed):
    """The candidate's share of traffic, in percent."""

    percent: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Replace(Closed):
    """The share of stable that runs the new version afterwards, in percent; at a time `batch_count` instances
    or `batch` percent (25 when neither is given)."""

    percent: Share = 100
    batch: Share | None = None
    batch_count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bake(Closed):
    """Watch the guards for this long."""

    for_: Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric(Closed):
    """A CloudWatch metric of either side. In the value of a dimension are filled in: `{target_group}` (as
    `targetgroup/name/id`), `{auto_scaling_group}`, `{variant}` (`stable` or `candidate`), and
    `{load_balancer}` (as `app/name/id`, for both alike behind one load balancer)."""

    namespace: Annotated[str, Len(1, 255)]
    name: Annotated[str, Len(1, 255)]
    dimensions: Annotated[Mapping[Annotated[str, Len(1, 255)], Annotated[str, Len(1, 1024)]], Len(1, 30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Closed):
    """Sums of two metrics: of so many trials, so many successes."""

    trials: Metric
    successes: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment(Closed):
    """What the candidate has to be better at: a `rate`, or the `mean` of a metric's samples.

    `minimum_sample`: trials or samples of each side before anything is concluded. `minimum_effect`: a smaller
    difference is of no interest; percentage points of a rate, the metric's own unit of a mean. `duration` is
    the longest; `otherwise` is what follows when the candidate is neither better nor worse by then.
    `share_tolerance`, in percentage points: by how much the candidate's part of all samples may differ from
    its share; when it is not given 0, or what the router itself does not keep to.
    """

    goal: Literal["increase", "decrease"]
    rate: Rate | None = None
    mean: Metric | None = None
    minimum_sample: Annotated[int, Ge(100), Le(1_000_000_000)] = 1_000
    minimum_effect: Annotated[float, Ge(0), Le(1e12)] = 0.0
    duration: Duration = "1d"
    otherwise: Literal["return", "promote", "ask"] = "return"
    share_tolerance: Annotated[float, Ge(0), Le(100)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Analyse(Closed):
    """Compare candidate and stable until one is better, or the time is over."""

    experiment: Experiment


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Closed):
    """Wait for `promote` or `resume`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire(Closed):
    """Remove what is no longer needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepSpec(Closed):
    """One step as a user writes it: exactly one of the fields is given."""

    provision: Provision | None = None
    shift: Shift | None = None
    replace: Replace | None = None
    bake: Bake | None = None
    analyse: Analyse | None = None
    pause: Pause | None = None
    retire: Retire | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy(Closed):
    """A preset with its parameters, or the steps themselves. docs/rollouts.md says what each preset does.

    Of the stable group at a time: `batch` percent, rounded up, or `batch_count` instances. `first` instances
    come first and are watched for `check`; `canary` instances join the others. The candidate's part of the
    traffic in percent: `share` more every `every`, or the `shares` one after another. `bake` watches the
    guards at the end, or after each batch; `keep_old_for` keeps the old instances alive after that. The
    `experiment` decides between candidate and stable.
    """

    preset: Preset | None = None
    batch: Share | None = None
    batch_count: Count | None = None
    canary: Count | None = None
    first: Count | None = None
    check: Duration | None = None
    share: Share | None = None
    shares: Annotated[tuple[Share, ...], Len(1, 20)] | None = None
    every: Duration | None = None
    bake: Duration | None = None
    keep_old_for: Duration | None = None
    experiment: Experiment | None = None
    steps: Annotated[tuple[StepSpec, ...], Len(1, 50)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards(Closed):
    """What may stop a rollout. `strict` refuses dead and blind guards instead of warning of them.

    `deadline` bounds the time that one step may take to settle. `min_healthy_percent` is 100 when it is not
    given, or what a preset that replaces instances in place leaves in service.
    """

    alarms: Annotated[tuple[Annotated[str, Len(1, 255)], ...], Len(0, 10)] = ()
    min_healthy_percent: Percent | None = None
    strict: bool = False
    deadline: Duration = "30m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Closed):
    """What nobody can find out from AWS, and what makes a strategy unsuitable.

    schema_coupled: old and new version cannot work with one database schema. schema_state: how far the schema
    is on its way, `expanded` when both versions can work with it, `contracted` when only the new one can.
    upgrade_routine: the application changes data when it starts. vendor_unsupported: no second installation
    beside the first. stateful_volumes: instances keep data. singleton_leader: at most one may run.
    database_cluster: the name of the Aurora cluster that the service writes to, which is looked up.
    """

    schema_coupled: bool = False
    schema_state: Literal["expanded", "contracted"] | None = None
    upgrade_routine: bool = False
    vendor_unsupported: bool = False
    stateful_volumes: bool = False
    singleton_leader: bool = False
    database_cluster: Annotated[str, Len(1, 63), Predicate(is_name)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackWindow(Closed):
    """Former versions that `undo` brings back without watching: the last so many, not older than this."""

    rollouts: Count = 3
    age: Duration = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec(Closed):
    """A deployable thing registered by its owner."""

    name: Name
    owner: Owner
    platform: Platform
    traffic: Traffic
    strategy: Strategy
    guards: Guards = field(default_factory=Guards)
    concurrency: Literal["reject"] = "reject"
    facts: Facts = field(default_factory=Facts)
    rollback_window: RollbackWindow = field(default_factory=RollbackWindow)
