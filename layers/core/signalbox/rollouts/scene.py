"""What every decision is given, and what it answers."""

from dataclasses import dataclass, field, replace
from math import ceil

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Alarm, Estate, Group, Layout, Placement
from signalbox.rollouts.model import Told
from signalbox.rollouts.writes import Write, set_group

LONGEST_WAIT = 60  # seconds between two looks where AWS tells nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The observed estate beside the snapshot, and what the service asks of both.

    `version` is an AMI id or a launch template version number; `rebuilding`: the rollout has begun to take
    instances of stable away; `starved`: what is awaited has not come for longer than a step may take; `lag`
    is for how many seconds resolvers may still send clients to a side that has lost its weight, 0 behind a
    load balancer; `lost_for` for how many a function that nobody waits for any more may still write.
    """

    rollout_id: str
    version: str
    layout: Layout
    snapshot: Estate
    estate: Estate
    min_healthy_percent: int = 100
    alarms: tuple[Alarm, ...] = ()
    rebuilding: bool = False
    starved: bool = False
    lag: int = 0
    lost_for: int = 0

    @property
    def candidate_version(self) -> str | None:
        """The launch template version of the candidate; None while it is still to be made."""
        return self.version if self.version.isdecimal() else self.estate.candidate_version

    @property
    def made_version(self) -> bool:
        """Whether the candidate's launch template version is this rollout's own."""
        return not self.version.isdecimal() and self.estate.candidate_version is not None

    @property
    def has_own_target_group(self) -> bool:
        """Whether weights can tell candidate from stable."""
        return self.layout.placement is not Placement.BESIDE

    @property
    def candidate_target_group(self) -> str | None:
        """The ARN of the candidate's own target group, once it is there."""
        group = self.estate.candidate_target_group
        return group.arn if group and self.has_own_target_group else None

    @property
    def floor(self) -> int:
        """Healthy instances that must serve at any time."""
        return part(self.min_healthy_percent, self.snapshot.stable.desired)

    def looking_at(self, estate: Estate) -> "Scene":
        """The same rollout before another observation."""
        return replace(self, estate=estate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Writes still to make; without any, whether the end state is reached or what is waited for.

    `look_again` is the first wait in seconds, unless AWS tells `awaits` so many times before; `facts` go to
    the timeline when the step is done.
    """

    reason: str
    writes: tuple[Write, ...] = ()
    settled: bool = False
    look_again: int = LONGEST_WAIT
    awaits: Told | None = None
    times: int = 0
    facts: JsonObject = field(default_factory=dict)


def write(reason: str, *writes: Write) -> Decision:
    """Something is to be written first; AWS may show it a little later."""
    return Decision(reason=reason, writes=writes, look_again=2)


def wait(reason: str, look_again: int = LONGEST_WAIT) -> Decision:
    """Nothing to write, and not there yet."""
    return Decision(reason=reason, look_again=max(2, min(look_again, LONGEST_WAIT)))


def until_resolvers_follow(scene: Scene) -> Decision | None:
    """Nothing that has lost its weight may go before; None when all clients have followed."""
    if not scene.lag:
        return None
    reason = "resolvers may still send clients to what has lost its weight"
    return Decision(reason=reason, look_again=scene.lag)


def until_nobody_writes(scene: Scene) -> Decision | None:
    """Whoever was given up may send traffic to the candidate once more: until then that can carry it."""
    if not scene.lost_for:
        return None
    return Decision(reason="a step that was under way may still write", look_again=scene.lost_for)


def until_told(reason: str, awaits: Told, times: int) -> Decision:
    """Nothing to write, and AWS will tell: one look after so many events, whatever the size of the fleet."""
    return Decision(reason=reason, awaits=awaits, times=times)


def until_healthy(reason: str, to_launch: int, interval: int) -> Decision:
    """AWS tells of launches, but not of health: that is looked at each `interval` seconds."""
    return until_told(reason, Told.LAUNCHED, to_launch) if to_launch > 0 else wait(reason, interval)


def until_gone(what: str, group: Group) -> Decision:
    """All instances of an emptied group drain and terminate."""
    left = len(group.instances)
    return until_told(f"{left} {what} drain and terminate", Told.TERMINATED, left)


def settled(reason: str, **facts: object) -> Decision:
    """The end state is there."""
    return Decision(reason=reason, settled=True, facts=facts)


def part(percent: int, size: int) -> int:
    """`percent` of `size` instances, rounded up: a part of a group never rounds to nothing."""
    return ceil(percent * size / 100)


def pinned(scene: Scene) -> Write | None:
    """The write that keeps stable from shrinking or following its template; None when it is in force."""
    stable, before = scene.estate.stable, scene.snapshot.stable
    follows = stable.template_version in ("$Latest", "$Default")
    if stable.min >= before.desired and not follows:
        return None
    version = before.resolved_version if follows else None
    return set_group(stable, min_size=max(stable.min, before.desired), version=version)
