"""Fleets and moments as tests of schedules write them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from signalbox.fleets.model import Power, Transition
from signalbox.fleets.schedule.calendar import Schedule, schedule_of
from signalbox.fleets.schedule.transitions import transitions
from signalbox.fleets.spec import FleetSpec, Mode, Period, Select

NIGHTS = Period(name="nights", days="mon-fri", from_="08:00", to="20:00")
PARIS = "Europe/Paris"


def fleet(
    *periods: Period,
    zone: str = PARIS,
    holidays: tuple[str, ...] = (),
    mode: Mode = "schedule",
    calendar: str | None = None,
    select: Select | None = None,
) -> FleetSpec:
    return FleetSpec(
        name="qa",
        owner="platform",
        zone=zone,
        select=select or Select(tags={"env": ("qa",)}),
        schedule=periods,
        holidays=holidays,
        mode=mode,
        calendar=calendar,
    )


def schedule(*periods: Period, zone: str = PARIS, holidays: tuple[str, ...] = ()) -> Schedule:
    return schedule_of(fleet(*periods, zone=zone, holidays=holidays))


def on(days: str, begin: str, end: str) -> Period:
    return Period(days=days, from_=begin, to=end)


def weekly(begin: str, end: str) -> Period:
    return Period(from_=begin, to=end)


def at(text: str, zone: str = PARIS, fold: int = 0) -> datetime:
    """`2026-11-27 20:00` on the clock of a zone, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def told(found: Iterable[Transition], zone: str = PARIS) -> list[str]:
    """`start fri 2026-11-27 08:00`, on the clock of a zone."""
    return [f"{one.action} {one.at.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}".lower() for one in found]


def between(schedule: Schedule, begin: str, end: str) -> list[str]:
    """What happens from one date to another, on the clock of the fleet's zone."""
    zone = schedule.zone.key
    return told(transitions(schedule, at(begin, zone), at(end, zone)), zone)


RUNNING, STOPPED = Power.RUNNING, Power.STOPPED
