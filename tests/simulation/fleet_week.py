"""When two fleets are to run, and the moments at which something happens to them."""

from __future__ import annotations

from datetime import UTC, datetime

from signalbox.fleets.model import Action, Kind
from signalbox.fleets.spec import FleetSpec, Period, Select
from tests.simulation.cases import FleetCase
from tests.simulation.fleet_estate import DEV, QA
from tests.simulation.fleet_part import Moment

ZONE = "Europe/Paris"  # an hour ahead of UTC in January
DEV_KINDS = (Kind.EC2, Kind.AUTOSCALING, Kind.RDS)


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


EVENING = Moment(fleet="qa", action=Action.STOP, at=_at(9, 19), following=_at(12, 7))
MISSED = Moment(fleet="dev", action=Action.STOP, at=_at(8, 19), following=_at(13, 7))
MORNING = Moment(fleet="qa", action=Action.START, at=_at(12, 7), following=_at(16, 19))
EVENING_AFTER = Moment(fleet="qa", action=Action.STOP, at=_at(16, 19), following=_at(19, 7))
# Nobody needs it next week, and RDS starts what has stood still for seven days; the action brings it back.
CLOSED = Moment(fleet="qa", action=Action.STOP, at=_at(10, 9), following=_at(19, 7))
CLOSED_UNTIL = _at(18, 12)
SEVEN_DAYS_LATER = Moment(fleet="qa", action=Action.STOP, at=_at(16, 19, 5), following=CLOSED.following)
# When somebody switches something by hand; the action brings it back.
BY_NIGHT = Moment(fleet="qa", action=Action.STOP, at=_at(10, 9, 30), following=MORNING.at)
BY_DAY = Moment(fleet="qa", action=Action.START, at=_at(12, 10, 30), following=EVENING_AFTER.at)
# When tags want some of it up, and when that is over.
TAGGED_UNTIL = _at(10, 15)
TAGGED = Moment(fleet="qa", action=Action.START, at=BY_NIGHT.at, following=TAGGED_UNTIL)
TAGS_OVER = Moment(fleet="qa", action=Action.STOP, at=TAGGED_UNTIL, following=MORNING.at)
FRIDAY, SUNDAY = _at(9, 12), _at(11, 12)  # when nothing happens but a sweep


def specs(case: FleetCase) -> tuple[FleetSpec, FleetSpec]:
    """Of fleets `qa` and `dev`."""
    return (
        FleetSpec(
            name="qa",
            owner="shop",
            zone=ZONE,
            select=Select(tags={key: (value,) for key, value in QA.items()}, kinds=case.kinds),
            schedule=(Period(from_="mon 08:00", to="fri 20:00"),),
            mode=case.mode,
            order=case.order,
            alternates=case.alternates,
        ),
        FleetSpec(
            name="dev",
            owner="shop",
            zone=ZONE,
            select=Select(tags={key: (value,) for key, value in DEV.items()}, kinds=DEV_KINDS),
            schedule=(Period(from_="tue 08:00", to="thu 20:00"),),
        ),
    )
