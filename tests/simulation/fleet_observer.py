"""Looks at what can run or not after every write, and says which invariant of fleets does not hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from math import inf

from signalbox.fleets.model import Action
from tests.simulation.fibers import hub
from tests.simulation.fleet_estate import conditions, members, types
from tests.simulation.fleet_part import FleetPart, Moment, timetable
from tests.simulation.universe import ACCOUNT, REGION

SOON = 1.0  # seconds
AWAY_FROM = {Action.START: {"stopping", "stopped"}, Action.STOP: {"pending", "starting"}}


class FleetObserver:
    """Remembers each violation once, with its first instant. `excused` has gone without Signalbox.
    `reversed`: people want something else now. `also_armed_for`: what came next until now. `astray` is on the
    way to where somebody has led it."""

    def __init__(self, parts: Sequence[FleetPart]) -> None:
        self.violations: dict[str, str] = {}
        self.excused: set[str] = set()
        self.reversed = False
        self.also_armed_for: datetime | None = None
        self.astray: dict[str, str] = {}
        self._own_types = types(ACCOUNT, REGION)
        self._parts = {part.name: part for part in parts}
        self._awake: Moment | None = None
        self.calm()

    def calm(self) -> None:
        """From now on nothing may change any more."""
        self._awake = None
        self._ours: Collection[str] = ()
        self._wrong_since = -1.0
        self._before = self._last = conditions(ACCOUNT, REGION)
        self._members = members(ACCOUNT, REGION)

    def wake(self, moment: Moment, only: Collection[str] | None = None) -> None:
        """From now on what the moment's fleet has may change, or only some of it."""
        self.calm()
        self._awake = moment
        may_change = self._parts[moment.fleet].may_change
        self._ours = may_change if only is None else [name for name in only if name in may_change]

    def look(self, why: str) -> None:
        """Check everything that holds at all times; `why` names what has just happened."""
        now = conditions(ACCOUNT, REGION)
        self._members |= members(ACCOUNT, REGION)
        for name in [name for name, there in self.astray.items() if now.get(name) == there]:
            self._before[name] = self._last[name] = self.astray.pop(name)
        checks = {"I9": self._only_ours(now), "I7 types": self._types()}
        if not self.reversed:
            checks |= {"I7": self._one_way(now), "I4": self._armed_first()}
        for invariant, found in checks.items():
            for text in found:
                number = invariant.partition(" ")[0]
                self.violations.setdefault(invariant, f"{number} {hub.now:.2f} after {why}: {text}")
        self._last = now

    def _only_ours(self, now: dict[str, str]) -> Iterator[str]:
        ours = self._ours
        for name, before in self._before.items():
            if name in ours or name in self._members or name in self.excused:
                continue
            if now.get(name) != before:
                yield f"{name} was {before} and is {now.get(name, 'gone')}"
        for name in self._members:
            if now.get(name) in ("stopping", "stopped"):
                yield f"{name} is {now[name]}, but belongs to group {self._members[name]}"
        for name in ours:
            if name not in now and name not in self.excused:
                yield f"{name} has gone"

    def _one_way(self, now: dict[str, str]) -> Iterator[str]:
        """What has begun to start does not stop in the same night, nor the other way round."""
        wrong = AWAY_FROM[self._awake.action] if self._awake else set()
        for name, state in now.items():
            if state in wrong and self._last.get(name, state) != state:
                yield f"{name} was {self._last[name]} and is {state}"

    def _types(self) -> Iterator[str]:
        """Of whatever has another type than its own it is remembered which that was."""
        changed = {
            id_: type_
            for id_, type_ in types(ACCOUNT, REGION).items()
            if self._own_types.get(id_, type_) != type_
        }
        if not changed:
            return
        known = {
            key.rpartition("/")[2]: had
            for p in self._parts.values()
            for key, had in p.standing().types.items()
        }
        for id_, type_ in changed.items():
            if known.get(id_, ("",))[0] != self._own_types[id_]:
                yield f"{id_} was {self._own_types[id_]}, is {type_}, and {known.get(id_)} is remembered"

    def _armed_first(self) -> Iterator[str]:
        there = timetable()
        for name in there.keys() - self._parts.keys():
            yield f"there is a schedule for {name}, which is no fleet"
        for name, part in self._parts.items():
            moment = self._awake if self._awake and self._awake.fleet == name else None
            if moment is None and name not in there:
                yield f"{name} is not armed any more"
            if moment is not None and part.has_begun(moment):
                yield from self._armed_for(moment, there.get(name))

    def _armed_for(self, moment: Moment, at: datetime | None) -> Iterator[str]:
        """At first at once. Later somebody slow may put an old moment there, and has to put it right soon."""
        if at in (moment.following, self.also_armed_for):
            self._wrong_since = inf
            return
        self._wrong_since = min(self._wrong_since, hub.now)
        if hub.now - self._wrong_since > SOON or self._wrong_since < 0:
            yield f"{moment.fleet} has begun to {moment.action} and is armed for {at}"
