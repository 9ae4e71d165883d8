"""What is simulated: every preset on every placement, with every ending. A new one joins by its line here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from signalbox.compliance.model import Mode
from signalbox.compliance.rules.registry import RULES
from signalbox.fleets.model import Action, Kind
from signalbox.fleets.spec import Mode as FleetMode

SIZE = 4
FLOOR = 3  # healthy instances that must serve at all times, 75 % of four, unless a preset says otherwise


class Ending(StrEnum):
    """How a run without faults ends: the new version is good, bad from its first instance, or in numbers; its
    health checks never pass; or it is good, and AWS has room for no instance more than there are. Or it is
    good, and somebody aborts it, pauses it and then lets it through, or undoes it."""

    SUCCEEDS = "succeeds"
    ROLLS_BACK = "rolls-back"
    REBUILDS = "rebuilds"
    NEVER_HEALTHY = "never-healthy"
    SHORTFALL = "shortfall"
    ABORTED = "aborted"
    PAUSED = "paused"
    UNDONE = "undone"

    @property
    def bad_from(self) -> int | None:
        """So many instances of the new version that serve at once make errors; None: it never does."""
        return {Ending.ROLLS_BACK: 1, Ending.REBUILDS: 3}.get(self)

    @property
    def is_bad(self) -> bool:
        """Whether the new version may never win."""
        return self in (Ending.ROLLS_BACK, Ending.REBUILDS, Ending.NEVER_HEALTHY)

    @property
    def guards(self) -> Mapping[str, object]:
        """What waits for `guards.deadline` waits for a short one."""
        return {"deadline": "2m"} if self in (Ending.NEVER_HEALTHY, Ending.SHORTFALL) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One service. `platform` is what its spec names, `strategy` its preset with short bakes. Of the old
    version `kept` instances stay until the new one has served for `watched_for` seconds."""

    preset: str
    platform: str
    router: str = "alb"
    strategy: Mapping[str, object] = field(default_factory=dict)
    watched_for: float
    floor: int
    kept: int
    size: int = SIZE  # instances of the service
    endings: tuple[Ending, ...]

    @property
    def name(self) -> str:
        return "/".join([self.preset, self.platform, *([] if self.router == "alb" else [self.router])])

    def phase(self, ending: Ending) -> str:
        """How a run without troubles ends. Who takes an instance away before it asks for the next one needs
        no more room than there is."""
        fits = ending is Ending.SHORTFALL and self.preset in ("all-at-once", "rolling")
        by_people = {
            Ending.ABORTED: "aborted",
            Ending.PAUSED: "succeeded",
            Ending.UNDONE: "succeeded, succeeded",
        }
        return by_people.get(ending) or ("succeeded" if fits or ending is Ending.SUCCEEDS else "rolled_back")

    def changes(self, alarm: str, ending: Ending) -> dict[str, object]:
        """What differs from the sample's registration; a preset that takes all says its floor itself."""
        floor = {} if self.floor == 0 else {"min_healthy_percent": 100 * self.floor // self.size}
        return {
            "strategy": {"preset": self.preset, **self.strategy},
            "guards": {"alarms": [alarm], **floor, **ending.guards},
        }


class Night(StrEnum):
    """What of a fleet's week is met by faults: that it stops in the evening, or starts in the morning; that
    somebody starts some of it in the night, which events tell of, or nobody (`swept`); that somebody stops
    some of it by day; that tags want some of it up for some hours of the night, and that these are over; that
    RDS itself starts what has stood still for seven days; that it stops again after it has started with other
    types than its own."""

    STOPS = "stops"
    STARTS = "starts"
    STARTED_BY_HAND = "started-by-hand"
    SWEPT = "swept"
    STOPPED_BY_HAND = "stopped-by-hand"
    TAGGED = "tagged"
    STARTED_BY_AWS = "started-by-aws"
    STOPS_AGAIN = "stops-again"

    @property
    def action(self) -> Action:
        """What the fleet's run does then."""
        return Action.START if self in (Night.STARTS, Night.STOPPED_BY_HAND, Night.TAGGED) else Action.STOP

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody switches some of it."""
        return self in (Night.STARTED_BY_HAND, Night.SWEPT, Night.STOPPED_BY_HAND)

    @property
    def is_transition(self) -> bool:
        """Whether the schedule brings it."""
        return not self.is_by_hand and self not in (Night.STARTED_BY_AWS, Night.TAGGED)


TURNS = (Night.STOPS, Night.STARTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetCase:
    """A fleet of some kinds, and how its spec says that it is started and stopped."""

    name: str
    kinds: tuple[Kind, ...] = (Kind.EC2, Kind.AUTOSCALING, Kind.RDS)
    order: tuple[tuple[Kind, ...], ...] = ()
    mode: FleetMode = "schedule"
    alternates: Mapping[str, tuple[str, ...]] | None = None
    endings: tuple[Night, ...] = TURNS


VISITS, ORDERS = "Visits", "Orders"  # a minute of each instance that has traffic, by its Auto Scaling group


def _metric(name: str) -> dict[str, object]:
    return {"namespace": "Shop", "name": name, "dimensions": {"Group": "{auto_scaling_group}"}}


EXPERIMENT: Mapping[str, object] = {
    "goal": "increase",
    "rate": {"trials": _metric(VISITS), "successes": _metric(ORDERS)},
    "minimum_sample": 100,
    "duration": "10m",
}
PRESETS: Mapping[str, Mapping[str, object]] = {
    "all-at-once": {"bake": "1m"},
    "rolling": {"batch": 25, "bake": "30s"},
    "rolling-with-additional-batch": {"batch_count": 1, "bake": "30s"},
    "immutable": {"first": 1, "check": "10s", "bake": "1m", "keep_old_for": "30s"},
    "traffic-splitting": {"shares": [50], "every": "30s", "bake": "30s"},
    "canary": {"canary": 1, "bake": "1m", "batch": 50},
    "linear": {"share": 50, "every": "30s"},
    "blue-green": {"bake": "1m"},
    "ab-test": {"share": 50, "experiment": EXPERIMENT},
}
PLATFORMS = ("slots", "group")
BY_NAME = ("blue-green", "linear", "ab-test")
COPIED = ("blue-green", "immutable", "ab-test")  # with a copy of the load balancer
REBUILDING = frozenset(
    {"rolling", "rolling-with-additional-batch", "canary"}
)  # after some of several batches
OF_ITSELF = (Ending.SUCCEEDS, Ending.ROLLS_BACK, Ending.NEVER_HEALTHY, Ending.SHORTFALL)
BY_PEOPLE = (Ending.ABORTED, Ending.PAUSED, Ending.UNDONE)
CALLED_FOR = (("canary", "slots", "alb"), ("blue-green", "group", "alb"))  # whose verbs meet faults, too
# Presets that replace instances before the new version has been watched: what they leave of the old one.
LEFT = {"all-at-once": 0, "rolling": 3, "rolling-with-additional-batch": 3}
# An experiment is over as soon as its figures say so: it gets some each twenty seconds.
WATCHED_FOR = {"rolling": 30.0, "rolling-with-additional-batch": 30.0, "ab-test": 20.0}


def _case(preset: str, platform: str, router: str) -> Case:
    return Case(
        preset=preset,
        platform=platform,
        router=router,
        strategy=PRESETS[preset],
        watched_for=WATCHED_FOR.get(preset, 60.0),
        floor=0 if preset == "all-at-once" else FLOOR,
        kept=LEFT.get(preset, SIZE),
        endings=(
            *OF_ITSELF,
            *((Ending.REBUILDS,) if preset in REBUILDING else ()),
            *(BY_PEOPLE if (preset, platform, router) in CALLED_FOR else ()),
        ),
    )


CASES: Mapping[str, Case] = {
    case.name: case
    for case in (
        *(_case(preset, platform, "alb") for preset in PRESETS for platform in PLATFORMS),
        *(_case(preset, "slots", "route53") for preset in BY_NAME),
        *(_case(preset, "group", "route53") for preset in COPIED),
    )
}
STRAYING = (Night.STARTED_BY_HAND, Night.SWEPT, Night.STOPPED_BY_HAND)
FLEETS: Mapping[str, FleetCase] = {
    case.name: case
    for case in (
        FleetCase(
            name="fleets/in-order",
            order=((Kind.RDS,), (Kind.EC2, Kind.AUTOSCALING)),
            endings=(*TURNS, Night.STARTED_BY_AWS),
        ),
        FleetCase(
            name="fleets/other-kinds",
            kinds=(Kind.CLUSTER, Kind.ECS, Kind.BEANSTALK, Kind.WORKSPACES, Kind.APPSTREAM),
            order=((Kind.CLUSTER,),),
            endings=(*TURNS, Night.STARTED_BY_AWS),
        ),
        FleetCase(
            name="fleets/enforced",
            kinds=(Kind.EC2, Kind.AUTOSCALING, Kind.RDS, Kind.ECS),
            mode="enforce",
            endings=(*STRAYING, Night.TAGGED, Night.STARTED_BY_AWS),
        ),
        FleetCase(name="fleets/observed", mode="observe", endings=(*TURNS, Night.STOPPED_BY_HAND)),
        FleetCase(
            name="fleets/alternates",
            kinds=(Kind.EC2,),
            alternates={"t4g.micro": ("t4g.small", "t4g.medium")},
            endings=(Night.STARTS, Night.STOPS_AGAIN),
        ),
    )
}


class Mend(StrEnum):
    """How a finding ends: it is put right; so it is when no event tells of it, and the sweep has to find it;
    or in a maintenance window, a day later; or somebody wants it undone once it is proven. The proof never
    comes, or not the window in time, so that the fix is undone; one of its writes is refused; it is left
    because nobody entrusted it, because an exception covers it, or because nobody approves it in a week."""

    REMEDIATED = "remediated"
    SWEPT = "swept"
    IN_WINDOW = "in-window"
    UNDONE = "undone"
    WINDOW_MISSED = "window-missed"
    REFUSED = "refused"
    LEFT = "left"
    EXCEPTED = "excepted"
    LAPSED = "lapsed"
    UNDONE_BY_PERSON = "undone-by-person"

    @property
    def has_window(self) -> bool:
        """Whether AWS keeps the fix for a maintenance window."""
        return self in (Mend.IN_WINDOW, Mend.WINDOW_MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCase:
    """A resource that is not as the rule says. Its fix is one write, or `several`, of which all but the first
    are refused, or one operation; settings `of_account` have no owner who could entrust them; some wait for a
    `window`. Of `many` such
    resources, found (and approved) at once, two are tried first."""

    rule: str
    many: int = 1
    several: bool = False
    refused: str = ""
    of_account: bool = False
    window: bool = False

    @property
    def name(self) -> str:
        return f"compliance/{self.rule}" + ("/many" if self.many > 1 else "")

    @property
    def is_approved(self) -> bool:
        """Whether somebody has to agree first."""
        return RULES[self.rule].playbook.mode is not Mode.AUTO

    @property
    def has_stages(self) -> bool:
        """Whether its fix is a plan of several."""
        return RULES[self.rule].playbook.stages is not None

    @property
    def endings(self) -> tuple[Mend, ...]:
        """Those that it has."""
        if self.many > 1:
            return Mend.REMEDIATED, Mend.SWEPT, Mend.UNDONE, *((Mend.REFUSED,) if self.several else ())
        without = {
            Mend.REFUSED: not self.several,
            Mend.LEFT: self.of_account,
            Mend.UNDONE: self.has_stages,  # once all are done, what was written since would be lost
            Mend.LAPSED: not self.is_approved,
            Mend.IN_WINDOW: not self.window,
            Mend.WINDOW_MISSED: not self.window,
            Mend.UNDONE_BY_PERSON: self.has_stages,
        }
        return tuple(mend for mend in Mend if not without.get(mend, False))


REMEDIATIONS: Mapping[str, RuleCase] = {
    case.name: case
    for case in (
        RuleCase(rule="bucket-public-access"),
        RuleCase(rule="bucket-public-access", many=5),
        RuleCase(rule="ssh-closed", several=True),
        RuleCase(rule="ssh-closed", several=True, many=5),
        RuleCase(rule="rdp-closed", several=True),
        RuleCase(rule="database-backups", window=True),
        RuleCase(rule="database-not-public"),
        RuleCase(rule="volumes-encrypted-by-default", of_account=True),
        RuleCase(rule="trail-logging", of_account=True),
        RuleCase(rule="instance-metadata"),
        RuleCase(rule="volume-encrypted", several=True, refused="AttachVolume"),
        RuleCase(rule="database-encrypted", several=True, refused="RestoreDBInstanceFromDBSnapshot"),
    )
}
AnyCase = Case | FleetCase | RuleCase
AnyEnding = Ending | Night | Mend
EVERY_CASE: Mapping[str, AnyCase] = {**CASES, **FLEETS, **REMEDIATIONS}
CAPABILITY = {Case: "rollouts", FleetCase: "fleets", RuleCase: "compliance"}
CAPABILITIES = frozenset(CAPABILITY[type(case)] for case in EVERY_CASE.values())


def ending_of(case: AnyCase, name: str) -> AnyEnding:
    """The ending of that name; raises ValueError when the case has none such."""
    return case.endings[[str(ending) for ending in case.endings].index(name)]
