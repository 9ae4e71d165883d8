"""A fleet as it stands: its registration, what it is meant to be now and why, and what comes next."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from signalbox.fleets.commands.meaning import meant
from signalbox.fleets.commands.timing import timed, timed_between
from signalbox.fleets.decisions.due import live
from signalbox.fleets.model import Override, Power, Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered
from signalbox.fleets.schedule.calendar import calendar_ends, calendar_ends_before, violations
from signalbox.fleets.schedule.overrides import following_with, forecast
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Invalid, Violation

PAGE = timedelta(days=400)  # of a forecast; the rest of its range is asked for from there
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`power` is what somebody has asked for last, or what the schedule says."""

    fleet: Registered
    power: Power
    reason: str
    coming: Transition | None
    override: Override | None
    run_id: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """Transitions, oldest first, until before `next_from`: from there on nothing has been looked at yet; None
    when all of the range has been. `warnings` say what nobody knows of it."""

    transitions: tuple[Transition, ...]
    next_from: datetime | None
    warnings: tuple[str, ...]


def describe_fleet(fleet: Registered, ports: FleetPorts) -> Described:
    """Reads only."""
    standing = ports.fleets.standing(fleet.spec.name)
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    override = live(standing.override, now)
    wanted = meant(fleet.spec.name, standing, schedule, ports)
    return Described(
        fleet=fleet,
        power=wanted.power,
        reason=wanted.reason,
        coming=following_with(schedule, override, now),
        override=override,
        run_id=standing.run_id,
        warnings=tuple(filter(None, [calendar_ends(fleet.spec, now)])),
    )


def forecast_of(
    spec: FleetSpec, begin: datetime | None, end: datetime | None, ports: FleetPorts, *, stored: bool
) -> Foretold:
    """The transitions from `begin` (now) until before `end` (a fortnight later), or a first page; of a
    `stored` fleet with its override. Raises Invalid."""
    wrong = [] if stored else violations(spec)
    if wrong:
        raise Invalid(*wrong)
    now = ports.clock()
    begin = begin or now
    end = end or begin + timedelta(days=14)
    if not EARLIEST <= begin <= LATEST:
        raise Invalid(Violation("from", f"give a moment between {EARLIEST.year} and {LATEST.year}"))
    if not begin < end <= LATEST:
        years = f"until the year {LATEST.year}: of later ones nobody knows how clocks will be changed"
        raise Invalid(Violation("until", f"give a moment after `from`, {years}"))
    override = live(ports.fleets.standing(spec.name).override, now) if stored else None
    last = min(end, begin + PAGE)
    return Foretold(
        transitions=tuple(forecast(timed_between(spec, begin, last, ports), override, begin, last)),
        next_from=last if last < end else None,
        warnings=tuple(filter(None, [calendar_ends_before(spec, last)])),
    )
