"""A fleet as it stands: its registration, what it is meant to be now and why, and what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from signalbox.fleets.commands.meaning import meant
from signalbox.fleets.commands.timing import timed
from signalbox.fleets.decisions.due import live
from signalbox.fleets.model import Override, Power, Transition
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Registered
from signalbox.fleets.schedule.calendar import calendar_ends, violations
from signalbox.fleets.schedule.overrides import following_with, forecast
from signalbox.fleets.spec import FleetSpec
from signalbox.kernel.errors import Invalid, Violation

LONGEST_FORECAST = timedelta(days=400)
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


def describe_fleet(fleet: Registered, ports: FleetPorts) -> Described:
    """Reads only."""
    standing = ports.fleets.standing(fleet.spec.name)
    now = ports.clock()
    schedule = timed(fleet.spec, ports)
    override = live(standing.override, now)
    wanted = meant(fleet.spec.name, standing, schedule, ports)
    ending = calendar_ends(fleet.spec, now)
    return Described(
        fleet=fleet,
        power=wanted.power,
        reason=wanted.reason,
        coming=following_with(schedule, override, now),
        override=override,
        run_id=standing.run_id,
        warnings=(ending,) if ending else (),
    )


def forecast_of(
    spec: FleetSpec, begin: datetime | None, end: datetime | None, ports: FleetPorts, *, stored: bool
) -> Iterator[Transition]:
    """The transitions from `begin` (now) until before `end` (a fortnight later); of a `stored` fleet with its
    override. Raises Invalid."""
    wrong = [] if stored else violations(spec)
    if wrong:
        raise Invalid(*wrong)
    now = ports.clock()
    begin = begin or now
    end = end or begin + timedelta(days=14)
    if not EARLIEST <= begin <= LATEST:
        raise Invalid(Violation("from", f"give a moment between {EARLIEST.year} and {LATEST.year}"))
    if not begin < end <= begin + LONGEST_FORECAST:
        raise Invalid(
            Violation("until", f"give a moment after `from`, at most {LONGEST_FORECAST.days} days later")
        )
    override = live(ports.fleets.standing(spec.name).override, now) if stored else None
    return forecast(timed(spec, ports), override, begin, end)
