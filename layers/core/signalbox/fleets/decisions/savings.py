"""How long resources stood still because their fleet was stopped, from the record. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from signalbox.fleets.decisions.lots import by_id
from signalbox.fleets.model import Action, Kind
from signalbox.fleets.record import EVERYTHING, Lot, Run, RunPhase

HOUR = 3600.0  # seconds
A_SWEEP = timedelta(hours=1)  # from one to the next
_FOUND, _BROUGHT, _SKIPPED, _OTHER = "found", "brought", "skipped", "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """What was told to have been started by others while its fleet stood still."""

    at: datetime
    kind: Kind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """How many resources of a kind and unit stood still, and for how many hours in all: a group of three
    counts three times."""

    kind: Kind
    unit: str
    resources: int
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Since when a resource stands still, and when it was last seen so. `number` is how many units it has."""

    where: str
    kind: Kind
    id: str
    unit: str
    number: int
    since: datetime
    seen: datetime


@dataclass(slots=True)
class Ledger:
    """Reads the record, the oldest first; what lies between `begin` and `end` counts.

    A stretch begins at the end of the run that stopped the resource and saw it stopped. What stood still
    already was not stopped by the fleet. It ends when a run begins that starts it, or when somebody started
    it and that was told; where nobody knows since when it has run, or where it is, it ended when it was last
    seen. `lots_of` is asked for runs only that have found something to do.
    """

    begin: datetime
    end: datetime
    lots_of: Callable[[Run], Sequence[Lot]]
    _stretches: dict[str, _Stretch] = field(default_factory=dict)
    _seconds: dict[tuple[Kind, str], float] = field(default_factory=lambda: defaultdict(float))
    _keys: dict[tuple[Kind, str], set[str]] = field(default_factory=lambda: defaultdict(set))

    def read(self, record: Iterable[Run | Stray]) -> Iterator[Saved]:
        """By kind and unit. What still stands counts until the end."""
        for entry in record:
            if isinstance(entry, Stray):
                self._strayed(entry)
            elif self._found_all_stopped(entry):
                self._stretches = {
                    key: replace(one, seen=self._ended(entry)) for key, one in self._stretches.items()
                }
            else:
                self._take(entry, self.lots_of(entry))
        for key in list(self._stretches):
            self._close(key, self.end)
        for (kind, unit), seconds in sorted(self._seconds.items()):
            number = len(self._keys[kind, unit])
            yield Saved(kind=kind, unit=unit, resources=number, hours=seconds / HOUR)

    def _found_all_stopped(self, run: Run) -> bool:
        """What its lots say is known."""
        reached, standing = run.counts.get("reached", 0), len(self._stretches)
        is_idle = run.phase is RunPhase.SUCCEEDED and not run.only and run.found == reached
        return run.action is Action.STOP and is_idle and standing <= reached

    def _strayed(self, stray: Stray) -> None:
        for key, one in list(self._stretches.items()):
            if (one.kind, one.id) == (stray.kind, stray.id):
                self._close(key, stray.at)

    def _take(self, run: Run, lots: Sequence[Lot]) -> None:
        met = set()
        for lot in lots:
            for id_, outcome in _outcomes(lot).items():
                met.add(lot.key_of(id_))
                self._met(lot.key_of(id_), run, outcome)
            if run.action is Action.STOP:
                self._open(run, lot)
        if not run.only and not run.failure and run.phase.is_final and run.phase is not RunPhase.SUPERSEDED:
            unseen = {lot.where for lot in lots if EVERYTHING in by_id(lot.failed)}
            for key, one in list(self._stretches.items()):
                if key not in met and one.where not in unseen:
                    self._close(key, one.seen)

    def _met(self, key: str, run: Run, outcome: str) -> None:
        one = self._stretches.get(key)
        if one is None or (run.action is Action.START and outcome is _SKIPPED):
            return
        if run.action is Action.STOP and outcome is _FOUND:
            self._stretches[key] = replace(one, seen=self._ended(run))
            return
        # A run names whom an event told of, as soon as it ran, or what the sweep has found, which looks once
        # an hour and says nothing when nothing strays. Since when others have run nobody knows.
        is_known = bool(run.only) if run.action is Action.STOP else outcome is not _FOUND
        began = run.created_at - A_SWEEP if run.swept else run.created_at
        self._close(key, max(began, one.seen) if is_known else one.seen)

    def _open(self, run: Run, lot: Lot) -> None:
        units, at = by_id(lot.units), self._ended(run)
        for id_ in {*lot.reached} - {*lot.found}:
            self._stretches[lot.key_of(id_)] = _Stretch(
                where=lot.where,
                kind=lot.kind,
                id=id_,
                unit=units.get(id_, ""),
                number=lot.sizes.get(id_, (1,))[-1],
                since=at,
                seen=at,
            )

    def _close(self, key: str, at: datetime) -> None:
        one = self._stretches.pop(key)
        seconds = (min(at, self.end) - max(one.since, self.begin)).total_seconds()
        if seconds > 0:
            self._seconds[one.kind, one.unit] += seconds * one.number
            self._keys[one.kind, one.unit].add(key)

    def _ended(self, run: Run) -> datetime:
        return run.ended_at or self.end


def _outcomes(lot: Lot) -> dict[str, str]:
    """Of each id."""
    others = (*lot.waiting, *lot.asked, *lot.busy, *by_id(lot.failed))
    return {
        **dict.fromkeys(others, _OTHER),
        **dict.fromkeys(by_id(lot.skipped), _SKIPPED),
        **dict.fromkeys(lot.reached, _BROUGHT),
        **dict.fromkeys(lot.found, _FOUND),
    }
