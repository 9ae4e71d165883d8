"""From periods to transitions: the fleet runs while any of its periods does.

Moments carry a zone, in the years 1971 to 2198. Answers are in UTC.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, pairwise

from signalbox.fleets.model import Action, Power, Transition, Wanted
from signalbox.fleets.schedule.calendar import Schedule
from signalbox.fleets.schedule.edges import Edge, Source, Turn

HORIZON = timedelta(days=400)
INSTANT = timedelta.resolution
# Most answers are near; looking far costs more.
_LOOKS = (timedelta(days=1), timedelta(days=3), timedelta(days=9), timedelta(days=40), HORIZON)
_Told = tuple[Source, Edge]


@dataclass(frozen=True, slots=True)
class _State:
    """Whether a period runs, and what keeps it off if something does."""

    running: bool
    obstacle: str = ""


def transitions(schedule: Schedule, begin: datetime, end: datetime) -> Iterator[Transition]:
    """Every change of what is wanted, begin <= at < end, oldest first, start and stop in turn.

    Periods that touch or overlap make none between them. What a period says that only stops, or only starts,
    is told each time, unless another one runs just then: so two stops, or two starts, may follow each other.
    """
    begin, end = begin.astimezone(UTC), end.astimezone(UTC)
    paired = [source for source in schedule.periods if source.paired]
    # Two periods may be equal: each is known by its place.
    running = {id(source) for source in paired if _state(schedule, source, begin).running}
    told = merge(*(_told(schedule, source, begin, end) for source in schedule.periods), key=_at)
    for _, together in groupby(told, key=_at):
        now = list(together)
        before = frozenset(running)
        for source, edge in now:
            if source.paired and edge.turn is Turn.BEGINS:
                running.add(id(source))
            elif edge.turn is Turn.ENDS:
                running.discard(id(source))
        if (deciding := _deciding(now, before, running)) is not None:
            action = Action.START if deciding.turn is Turn.BEGINS else Action.STOP
            yield Transition(at=deciding.at, action=action, reason=deciding.reason)


def following(schedule: Schedule, after: datetime) -> Transition | None:
    """The first one later than that, of the next 400 days."""
    # In a zone of its own it would be counted on the clock, which may be turned back meanwhile.
    after = after.astimezone(UTC)
    return next(transitions(schedule, after + INSTANT, after + HORIZON), None)


def latest(schedule: Schedule, at: datetime) -> Transition | None:
    """The last one that is not later than that, of the past 400 days."""
    at = at.astimezone(UTC)
    for near, far in pairwise((timedelta(), *_LOOKS)):
        past = list(transitions(schedule, at - far, at - near + INSTANT))
        if past:
            return past[-1]
    return None


def wanted(schedule: Schedule, at: datetime) -> Wanted:
    """What the fleet is meant to be. Where periods only stop, or only start, the last transition has said it;
    until the first one the fleet stands still."""
    states = [
        (source, _state(schedule, source, at.astimezone(UTC) + INSTANT))
        for source in schedule.periods
        if source.paired
    ]
    if running := [str(source.label) for source, state in states if state.running]:
        return Wanted(power=Power.RUNNING, reason=f"within {', '.join(running)}")
    if len(states) < len(schedule.periods) and (last := latest(schedule, at)):
        return Wanted(power=last.action.power, reason=last.reason)
    if obstacles := [state.obstacle for _, state in states if state.obstacle]:
        return Wanted(power=Power.STOPPED, reason=obstacles[0])
    periods = ", ".join(str(source.label) for source in schedule.periods)
    return Wanted(power=Power.STOPPED, reason=f"outside {periods}")


def _told(schedule: Schedule, source: Source, begin: datetime, end: datetime) -> Iterator[_Told]:
    return ((source, edge) for edge in source.edges(schedule, begin, end))


def _at(told: _Told) -> datetime:
    return told[1].at


def _deciding(told: list[_Told], before: frozenset[int], after: set[int]) -> Edge | None:
    """Of all edges of an instant the one that starts or stops the fleet, if it does."""
    if after:
        begins = [edge for source, edge in told if id(source) in after and edge.turn is Turn.BEGINS]
        return None if before else begins[-1]
    single = [edge for source, edge in told if not source.paired and edge.turn is not Turn.SKIPPED]
    ends = [edge for source, edge in told if id(source) in before and edge.turn is Turn.ENDS]
    return next(reversed([*ends, *single]), None)


def _state(schedule: Schedule, source: Source, before: datetime) -> _State:
    """How the edges earlier than that have left a period."""
    edges: list[Edge] = []
    for look in _LOOKS:
        edges = list(source.edges(schedule, before - look, before))
        if any(edge.turn is not Turn.SKIPPED for edge in edges):
            break
    turns = [edge.turn for edge in edges if edge.turn is not Turn.SKIPPED]
    if turns and turns[-1] is Turn.BEGINS:
        return _State(running=True)
    return _State(running=False, obstacle=edges[-1].obstacle if edges else "")
