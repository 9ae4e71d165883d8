"""The picture of the week that a fleet was run, from the record of its runs."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from signalbox.kernel.clock import rfc3339
from signalbox_local.demo_fleet.effort import effort
from signalbox_local.demo_fleet.picture import RunPicture
from signalbox_local.demo_fleet.record import changes_in, left_alone, now_by, rows_of, seconds_run
from tests.unit.fleets_as_read import resource

PARIS = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 10, 19, tzinfo=PARIS)  # the clocks go back on the Sunday
SPOT = ("ec2", "i-3")
BEFORE = {("ec2", "i-1"): True, ("ec2", "i-2"): True, SPOT: True}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return (MONDAY + timedelta(days=day, hours=hour, minutes=minute)).astimezone(UTC)


def a_run(began: datetime, action: str, *ids: str, minutes: int = 0, **more: object) -> dict[str, Any]:
    resources = [resource(id_, "reached") for id_ in ids]
    skipped = [resource("i-3", "skipped", "spot one-time: cannot be stopped")] if action == "stop" else []
    told = {"created_at": rfc3339(began), "ended_at": rfc3339(began + timedelta(minutes=minutes))}
    return {
        "action": action,
        "cause": "transition",
        "reason": "",
        "resources": resources + skipped,
        **told,
        **more,
    }


RUNS = [
    a_run(at(0, 20), "stop", "i-1", "i-2", minutes=3),
    a_run(at(1, 8), "start", "i-1", "i-2", "i-3", minutes=3),
    a_run(at(1, 19), "stop", "i-1", minutes=1),
]
WIDE = """\
              Mon 19 Oct   Tue 20 Oct   Wed 21 Oct   Thu 22 Oct   Fri 23 Oct   Sat 24 Oct   Sun 25 Oct     h
2 ec2         ██████████·· ····█████▓▓▓ ▓▓▓▓▓▓▓▓▓▓▓▓ ▓▓▓▓▓▓▓▓▓▓▓▓ ▓▓▓▓▓▓▓▓▓▓▓▓ ▓▓▓▓▓▓▓▓▓▓▓▓ ▓▓▓▓▓▓▓▓▓▓▓▓  94
1 stay up     ████████████ ████████████ ████████████ ████████████ ████████████ ████████████ ████████████ 169
                        1"""
NARROW = """\
              Mon    Tue    Wed    Thu    Fri    Sat    Sun      h
2 ec2         █████· ··██▓▓ ▓▓▓▓▓▓ ▓▓▓▓▓▓ ▓▓▓▓▓▓ ▓▓▓▓▓▓ ▓▓▓▓▓▓  94
1 stay up     ██████ ██████ ██████ ██████ ██████ ██████ ██████ 169
                   1"""


@pytest.mark.parametrize(("width", "drawn"), [(110, WIDE), (80, NARROW)])
def test_the_week_is_drawn_by_kind_and_share_in_hours_on_the_wall(width: int, drawn: str) -> None:
    changes = changes_in(RUNS, BEFORE, MONDAY)
    rows = rows_of(BEFORE, left_alone(RUNS))
    console = Console(width=width, file=io.StringIO())
    console.print(RunPicture(changes=changes, rows=rows, monday=MONDAY, marks=[(at(0, 21), "1")]))
    assert isinstance(console.file, io.StringIO)
    assert [line.rstrip() for line in console.file.getvalue().splitlines()] == drawn.splitlines()


def test_what_a_hand_started_ran_from_when_it_was_told_until_it_was_stopped() -> None:
    by_hand = a_run(
        at(0, 23),
        "stop",
        "i-1",
        minutes=2,
        cause="enforcement",
        reason="i-1 is running, it should be stopped",
    )
    changes = changes_in([RUNS[0], by_hand], BEFORE, MONDAY)
    assert seconds_run(changes["ec2", "i-1"], at(0, 21), at(1, 0)) == 120
    assert seconds_run(changes["ec2", "i-2"], at(0, 21), at(1, 0)) == 0
    assert now_by(changes) == {("ec2", "i-1"): False, ("ec2", "i-2"): False, SPOT: True}


def test_effort_tells_what_ran_the_fleet_from_what_was_asked() -> None:
    calls = [
        {"principal": f"role/{who}Function", "service": service, "operation": operation}
        for who, service, operation in (
            ("SwitchPower", "ec2", "StopInstances"),
            ("ResolveFleet", "ec2", "DescribeInstances"),
            ("ReportFleet", "dynamodb", "TransactWriteItems"),
            ("Api", "dynamodb", "GetItem"),
        )
    ]
    calls.append({"principal": "user/admin", "service": "ec2", "operation": "DescribeInstances"})
    assert dict(effort(calls, RUNS)) == {
        "runs": "3: 3 by transition",
        "starts and stops": "1 calls: 1 StopInstances",
        "looks": "1 calls: 1 DescribeInstances",
        "itself": "1 calls: 1 dynamodb",
        "for callers": "1 by the API, which this demo asks",
    }
