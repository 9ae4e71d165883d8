"""What is foretold of a fleet, for any range, page by page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from signalbox.fleets.commands.describe_fleet import PAGE, Foretold, describe_fleet, forecast_of
from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.model import Power, Transition
from signalbox.fleets.schedule.calendar import schedule_of
from signalbox.fleets.schedule.transitions import transitions
from signalbox.fleets.spec import Period
from signalbox.kernel.errors import Invalid
from tests.unit.fleet_fakes import FakeCalendars
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import FRIDAY, at, fleet, railway

CALENDAR = "arn:aws:ssm:eu-west-1:123456789012:document/freeze"


class _Asked(FakeCalendars):
    """Port `Calendars`, and between which moments it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[datetime, datetime]] = []

    def closed(self, calendar: str, begin: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        self.asked.append((begin, end))
        return super().closed(calendar, begin, end)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


def foretell(stage: Railway, begin: datetime | None, end: datetime | None, **more: Any) -> Foretold:
    return forecast_of(fleet(**more), begin, end, stage.world.ports, stored=False)


def pages(stage: Railway, begin: datetime, end: datetime, **more: Any) -> list[Foretold]:
    found = [foretell(stage, begin, end, **more)]
    while (following := found[-1].next_from) is not None:
        found.append(foretell(stage, following, end, **more))
    return found


def test_it_is_of_a_fortnight_from_now_when_nothing_else_is_asked_for() -> None:
    found = foretell(railway(), None, None)
    assert found.next_from is None
    assert [one.at for one in found.transitions[:3]] == [at(20), at(8, day=30), at(20, day=30)]
    assert found.transitions[-1].at < FRIDAY + timedelta(days=15)


@pytest.mark.parametrize(
    "period",
    [
        Period(days="mon-fri", from_="08:00", to="20:00"),
        Period(from_="fri 18:00", to="mon 06:00"),
        Period(start="cron(0 8 1 * ? *)", stop="cron(0 20 L * ? *)"),
        Period(stop="cron(0 20 ? * * *)"),
    ],
)
def test_pages_of_a_long_range_are_what_the_range_is(period: Period) -> None:
    begin, end = year(2027) + timedelta(hours=9), year(2031)
    spec = replace(fleet(), schedule=(period,), zone="Europe/Paris")
    found = pages(railway(), begin, end, schedule=(period,), zone="Europe/Paris")
    assert len(found) == -((begin - end) // PAGE)
    told: list[Transition] = [one for page in found for one in page.transitions]
    assert told == list(transitions(schedule_of(spec), begin, end))


def test_a_page_asks_the_calendar_about_its_own_time() -> None:
    stage = railway()
    calendars = stage.world.calendars = _Asked()
    calendars.spans = ((year(2030), year(2030) + timedelta(days=30)),)
    found = foretell(stage, year(2030), year(2030) + timedelta(days=40), calendar=CALENDAR)
    assert found.transitions[0].at > year(2030) + timedelta(days=30)
    ((begin, end),) = calendars.asked
    assert (begin < year(2030), end) == (True, year(2030) + timedelta(days=40))


@pytest.mark.parametrize(
    ("holidays", "end", "warned"),
    [
        (("FR",), year(2031), False),
        (("FR",), year(2031) + timedelta(days=2), True),
        (("2026-12-25",), year(2032), False),
    ],
)
def test_holidays_that_nobody_knows_yet_are_warned_of(
    holidays: tuple[str, ...], end: datetime, warned: bool
) -> None:
    found = foretell(railway(), end - timedelta(days=60), end, holidays=holidays)
    assert bool(found.warnings) == warned
    assert all("FR are known until 2030-12-31 only" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [
        (year(1999), year(2001), "from"),
        (year(2100) + timedelta(1), None, "from"),
        (year(2027), year(2026), "until"),
        (year(2027), year(2027), "until"),
        (year(2027), year(2100) + timedelta(1), "until"),
    ],
)
def test_what_nobody_can_foretell_is_refused_by_name(
    begin: datetime, end: datetime | None, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        foretell(railway(), begin, end)
    (wrong,) = refused.value.violations
    assert wrong.field == field
    assert "2100" in wrong.message


def test_a_fleet_that_cannot_be_is_refused() -> None:
    with pytest.raises(Invalid):
        foretell(railway(), None, None, zone="ist")


def test_a_stored_fleet_is_foretold_with_its_override() -> None:
    stage = railway()
    override_fleet("qa", Power.RUNNING, at(22), ANA, stage.world.ports)
    found = forecast_of(fleet(), None, None, stage.world.ports, stored=True)
    assert found.transitions[0].at == at(22)


def test_a_fleet_is_described_with_what_it_is_meant_to_be_and_what_comes_next() -> None:
    stage = railway(now=at(12), spec=fleet(holidays=("FR",)))
    override_fleet("qa", Power.STOPPED, at(15), ANA, stage.world.ports)
    told = describe_fleet(stage.world.store.fleets["qa"], stage.world.ports)
    assert (told.power, told.run_id) == (Power.STOPPED, stage.run_of().run_id)
    assert told.override is not None
    assert told.coming is not None
    assert (told.coming.at, told.warnings) == (at(15), ())
    stage.world.clock.now = year(2030) + timedelta(days=200)
    late = describe_fleet(stage.world.store.fleets["qa"], stage.world.ports)
    assert late.override is None
    assert "FR are known until 2030-12-31 only" in late.warnings[0]
