"""What wakes fleets, and when their calendars are closed, as AWS keeps it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.clients import client
from signalbox.aws.fleets.calendars import MOST_CHANGES, SsmCalendars
from signalbox.aws.fleets.timetable import SchedulerTimetable
from signalbox.kernel.errors import Rejected, Transient

GROUP = "signalbox-fleets"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:on-transition:live"
ROLE = "arn:aws:iam::123456789012:role/signalbox-scheduler"
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:signalbox-dead-letters"
FRIDAY = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
MONDAY = FRIDAY + timedelta(days=2, hours=12)
CALENDAR = "arn:aws:ssm:eu-west-1:123456789012:document/freeze"


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With the group of schedules of template.yaml."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients._made.cache_clear()
    with mock_aws():
        boto3.client("scheduler").create_schedule_group(Name=GROUP)
        yield
    clients._made.cache_clear()


@pytest.fixture
def timetable() -> SchedulerTimetable:
    return SchedulerTimetable(GROUP, FUNCTION, ROLE, QUEUE)


def schedules() -> dict[str, str]:
    """Name → when."""
    scheduler = boto3.client("scheduler")
    names = [each["Name"] for each in scheduler.list_schedules(GroupName=GROUP)["Schedules"]]
    found = [scheduler.get_schedule(Name=name, GroupName=GROUP) for name in names]
    return {each["Name"]: each["ScheduleExpression"] for each in found}


def test_a_fleet_is_woken_once_at_a_moment_in_utc(timetable: SchedulerTimetable) -> None:
    timetable.arm("qa", FRIDAY)
    kept = boto3.client("scheduler").get_schedule(Name="qa", GroupName=GROUP)
    assert kept["ScheduleExpression"] == "at(2026-11-27T20:00:00)"
    assert kept["ScheduleExpressionTimezone"] == "UTC"
    assert kept["FlexibleTimeWindow"] == {"Mode": "OFF"}
    target = kept["Target"]
    assert (target["Arn"], target["RoleArn"]) == (FUNCTION, ROLE)
    assert json.loads(target["Input"]) == {"source": "signalbox.timetable", "fleet": "qa"}
    assert target["DeadLetterConfig"] == {"Arn": QUEUE}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 20, "MaximumEventAgeInSeconds": 3600}


def test_a_later_moment_takes_the_place_of_an_earlier_one(timetable: SchedulerTimetable) -> None:
    timetable.arm("qa", FRIDAY)
    timetable.arm("dev", FRIDAY)
    timetable.arm("qa", MONDAY)
    assert schedules() == {"qa": "at(2026-11-30T08:00:00)", "dev": "at(2026-11-27T20:00:00)"}


def test_what_is_never_due_is_not_in_it(timetable: SchedulerTimetable) -> None:
    timetable.arm("qa", FRIDAY)
    for _ in range(2):
        timetable.arm("qa", None)
    assert schedules() == {}


def test_nobody_is_woken_before_the_moment(timetable: SchedulerTimetable) -> None:
    timetable.arm("qa", FRIDAY + timedelta(microseconds=1))
    assert schedules() == {"qa": "at(2026-11-27T20:00:01)"}


def test_a_schedule_that_has_fired_does_not_delete_itself(timetable: SchedulerTimetable) -> None:
    timetable.arm("qa", FRIDAY)
    kept = boto3.client("scheduler").get_schedule(Name="qa", GroupName=GROUP)
    assert kept.get("ActionAfterCompletion", "NONE") == "NONE"


def test_somebody_who_was_faster_is_written_over(
    timetable: SchedulerTimetable, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler: Any = client("scheduler")
    created = scheduler.create_schedule

    def too_late(**given: Any) -> None:
        created(**{**given, "ScheduleExpression": "at(2026-11-28T00:00:00)"})
        created(**given)

    monkeypatch.setattr(scheduler, "create_schedule", too_late)
    timetable.arm("qa", FRIDAY)
    assert schedules() == {"qa": "at(2026-11-27T20:00:00)"}


@pytest.mark.parametrize("operation", ["update_schedule", "create_schedule", "delete_schedule"])
@pytest.mark.parametrize(
    ("code", "error"), [("ThrottlingException", Transient), ("ValidationException", Rejected)]
)
def test_what_aws_refuses_is_told(
    timetable: SchedulerTimetable,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    code: str,
    error: type[Exception],
) -> None:
    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, operation)

    monkeypatch.setattr(client("scheduler"), operation, refuse)
    with pytest.raises(error):
        timetable.arm("qa", None if operation == "delete_schedule" else FRIDAY)


# Change Calendars: moto has none, so that answers are written here as AWS documents them.


def changes(*states: tuple[str, datetime, datetime | None]) -> Iterator[Stubber]:
    """(state, when it was asked for, when it changes next) of one call each."""
    stub = Stubber(client("ssm"))
    for state, asked, following in states:
        answer = {"State": state, "AtTime": f"{asked:%Y-%m-%dT%H:%M:%SZ}"}
        if following:
            answer["NextTransitionTime"] = f"{following:%Y-%m-%dT%H:%M:%SZ}"
        given = {"CalendarNames": [CALENDAR], "AtTime": answer["AtTime"]}
        stub.add_response("get_calendar_state", answer, given)
    with stub:
        yield stub
        stub.assert_no_pending_responses()


def test_spans_in_which_a_calendar_is_closed_are_read_change_by_change() -> None:
    end = MONDAY + timedelta(days=30)
    days = [FRIDAY + timedelta(days=number) for number in range(4)]
    for _ in changes(
        ("OPEN", days[0], days[1]),
        ("CLOSED", days[1], days[2]),
        ("OPEN", days[2], days[3]),
        ("CLOSED", days[3], None),
    ):
        assert SsmCalendars().closed(CALENDAR, FRIDAY, end) == ((days[1], days[2]), (days[3], end))


def test_a_span_ends_where_nobody_looks_any_further() -> None:
    for _ in changes(("CLOSED", FRIDAY, MONDAY + timedelta(days=9))):
        assert SsmCalendars().closed(CALENDAR, FRIDAY, MONDAY) == ((FRIDAY, MONDAY),)


def test_a_calendar_that_is_always_open_has_no_spans() -> None:
    for _ in changes(("OPEN", FRIDAY, None)):
        assert SsmCalendars().closed(CALENDAR, FRIDAY, MONDAY) == ()


def test_a_calendar_that_says_now_moves_on() -> None:
    second = timedelta(seconds=1)
    for _ in changes(("CLOSED", FRIDAY, FRIDAY), ("OPEN", FRIDAY + second, None)):
        assert SsmCalendars().closed(CALENDAR, FRIDAY, MONDAY) == ((FRIDAY, FRIDAY),)


def test_a_calendar_of_very_many_changes_is_read_so_far() -> None:
    hour = timedelta(hours=1)
    many = [("OPEN", FRIDAY + hour * number, FRIDAY + hour * (number + 1)) for number in range(MOST_CHANGES)]
    for _ in changes(*many):
        assert SsmCalendars().closed(CALENDAR, FRIDAY, FRIDAY + hour * 10_000) == ()


def test_a_calendar_that_is_not_there_is_refused() -> None:
    stub = Stubber(client("ssm"))
    stub.add_client_error("get_calendar_state", "InvalidDocument", "there is no such calendar")
    with stub, pytest.raises(Rejected, match="there is no such calendar"):
        SsmCalendars().closed(CALENDAR, FRIDAY, MONDAY)
