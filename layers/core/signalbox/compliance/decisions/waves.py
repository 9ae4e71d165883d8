"""Much is found, or approved, at once: the first ones are tried, then the others follow at a pace.

A rule of AWS Config that is new, or wrong, finds hundreds of resources within seconds, and whoever agrees to
all of them in a loop has looked at none. What a fix does to the first of them is seen before it is made to
all.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import SOON, Rule
from signalbox.compliance.waves import Wave, Waves

MOST_FIRST = 2
MOST_PROBES = 1  # of a halted rule
MOST_TOGETHER = 200  # the last of them is watched before more follow
# Of fixes of several stages, all watched. Each has a database or volume more for hours, and snapshots:
# RDS and EBS copy 20 snapshots at once for an account, which has 40 databases, by default.
MOST_STAGED = 5

WATCHED_FOR = timedelta(minutes=1)  # the others follow when it is still as it must be then

EVERY = timedelta(milliseconds=500)
"""Between two that follow. EC2 refills the bucket of an account's mutating calls by 5 a second, and a fix
makes two at most: https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html"""


class Fate(StrEnum):
    """What became of one: it is being tried, proven, has failed, or says nothing about the others."""

    TRIED = "tried"
    PROVEN = "proven"
    FAILED = "failed"
    DROPPED = "dropped"


def is_let_through(wave: Wave, finding: Finding) -> bool:
    """The first ones, and those whose turn has been given to them; of a halted wave only the one that
    somebody has asked for."""
    if wave.halted:
        return finding.id in wave.first and bool(finding.remediation.requested_by)
    return finding.id in wave.first or finding.remediation.turn_at is not None


def has_room(wave: Wave, finding: Finding) -> bool:
    """Whether this one may be among the first. Of a halted wave only one that somebody has asked for: not one
    that had its turn when it was halted."""
    if not wave.halted:
        return len(wave.first) < MOST_FIRST
    is_chosen = bool(finding.remediation.requested_by) and finding.remediation.turn_at is None
    return is_chosen and len(wave.first) < MOST_PROBES


def behind(wave: Wave, rule: str) -> str:
    """What one that is not let through waits for, in words."""
    others = ", ".join(wave.first)
    if not wave.halted:
        return f"others of {rule} are tried first: {others}"
    of_others = f", under way is {others}" if others else ""
    return f"{rule} is halted until one that somebody asks for is proven{of_others}: {wave.halted}"


def fate_of(finding: Finding | None) -> Fate:
    """What it says about the others: nothing, when nothing had to be changed, it waits for people, or
    somebody wants it undone for a reason that no rule knows."""
    if finding is None or finding.remediation.queued or finding.remediation.undo is not None:
        return Fate.DROPPED
    if finding.state is State.WAITING and finding.remediation.approval is None:
        return Fate.DROPPED
    is_stopped = finding.under_way and finding.remediation.stopped
    has_failed = finding.state is State.FAILED or (finding.state is State.FLAPPING and finding.failed)
    if is_stopped or has_failed:
        return Fate.FAILED
    if finding.under_way:
        return Fate.TRIED
    return Fate.PROVEN if finding.is_proven else Fate.DROPPED


def speaks_for_others(wave: Wave, finding: Finding) -> bool:
    """Whether an end counts that is not of one of the first: a fix made since the wave last went on has
    failed, and no other is made. In a halted wave only the first one counts, as that was asked for since."""
    acted_at = finding.remediation.acted_at
    if wave.halted or fate_of(finding) is not Fate.FAILED or acted_at is None:
        return False
    return wave.resumed_at is None or wave.resumed_at < acted_at


def together(rule: Rule | None) -> int:
    """How many of a rule are put right side by side once the first ones are proven."""
    return MOST_STAGED if rule is not None and rule.playbook.stages is not None else MOST_TOGETHER


def settled(wave: Wave, first: Mapping[str, Finding | None], most: int, now: datetime) -> tuple[Wave, int]:
    """The wave once it is known what became of the first ones, and how many others may be begun then: `most`
    when one is proven. When none of them says anything, others are tried. One that has failed keeps its place
    until it is undone: so long none can be asked for."""
    fates = {id_: fate_of(finding) for id_, finding in first.items()}
    failed = [finding for finding in first.values() if fate_of(finding) is Fate.FAILED]
    if failed:
        halted = "; ".join(f"{each.id}: {each.remediation.failure or each.reason}" for each in failed if each)
        undone = tuple(each.id for each in failed if each and each.under_way)
        return replace(wave, first=undone, halted=halted), 0
    tried = tuple(id_ for id_, fate in fates.items() if fate is Fate.TRIED)
    if tried:
        return replace(wave, first=tried), 0
    if Fate.PROVEN in fates.values():
        resumed_at = now if wave.halted else wave.resumed_at
        return replace(wave, first=(), halted="", resumed_at=resumed_at), most
    return replace(wave, first=()), MOST_PROBES if wave.halted else MOST_FIRST


def watched_next(going: Sequence[str], count: int) -> tuple[str, ...]:
    """All that go, when they are few; of many the last."""
    return tuple(going[-1:] if count == MOST_TOGETHER else going)


def expected(took: timedelta | None, within: timedelta) -> timedelta:
    """How long a fix takes until it is proven: as long as those before; when there were none as long as it
    may, unless that is soon."""
    if took is not None:
        return took
    return within if within > SOON else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a fix of a rule takes until it is proven, and how many are put right side by side."""

    takes: timedelta
    together: int


def last_turn_at(waves: Waves, rule: str, queued: int, pace: Pace, now: datetime) -> datetime | None:
    """About when the last of the queued ones of a rule has its turn: when those that are watched before each
    round are still as they must be then. None when nobody waits, or in a halted wave."""
    if not queued or waves.of(rule).halted:
        return None
    rounds = math.ceil(queued / pace.together) * max(pace.takes, WATCHED_FOR)
    return max(now + rounds, waves.free_at or now) + (queued - 1) * EVERY
