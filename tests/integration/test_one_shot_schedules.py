"""EventBridge Scheduler of the local runtime, on a clock that is set forward."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox_local.authorisation import Authoriser
from signalbox_local.calls import CallLog
from signalbox_local.clock import Clock
from signalbox_local.moto_seams import Seams, schedules
from signalbox_local.schedules import Schedules
from signalbox_local.service_roles import ServiceRoles

ACCOUNT, REGION = "123456789012", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:wake:live"
WAIT = 5.0  # seconds for a delivery that should come


class FakeFunctions:
    """Keeps what they were called with."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, Any]] = []

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        self.invoked.append((name_or_arn, json.loads(payload)))


class World:
    """Schedules that are looked at when the clock is set."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.functions = FakeFunctions()
        roles = ServiceRoles(Authoriser(), CallLog())
        self.schedules = Schedules(self.functions, roles, self.clock, ACCOUNT, REGION)
        self.scheduler = boto3.client("scheduler", REGION)
        self.sqs = boto3.client("sqs", REGION)
        self.queue = self.sqs.create_queue(QueueName="dead")["QueueUrl"]

    def role(self, *functions: str) -> str:
        """One that may call these, and leave what it could not deliver."""
        iam = boto3.client("iam", REGION)
        statements = [
            {
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": list(functions) or [f"{FUNCTION}-other"],
            },
            {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"},
        ]
        arn = iam.create_role(RoleName="wake", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName="wake", PolicyName="wake", PolicyDocument=document)
        return arn

    def at(self, moment: datetime, role: str = "", **changes: Any) -> dict[str, Any]:
        """A schedule for that moment, which deletes itself."""
        target = {
            "Arn": FUNCTION,
            "RoleArn": role or self.role(FUNCTION),
            "Input": '{"fleet": "dev"}',
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"},
        }
        given: dict[str, Any] = {
            "Name": "dev",
            "ScheduleExpression": f"at({moment:%Y-%m-%dT%H:%M:%S})",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": target,
            **changes,
        }
        self.scheduler.create_schedule(**given)
        return given

    def names(self) -> list[str]:
        return [one["Name"] for one in self.scheduler.list_schedules()["Schedules"]]

    def delivered(self, count: int) -> list[Any]:
        """What the function got, when it got so much; else what there is after a while."""
        deadline = time.monotonic() + WAIT
        while len(self.functions.invoked) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        return [payload for _, payload in self.functions.invoked]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    seams = Seams()
    with mock_aws():
        schedules(seams)
        world = World()
        world.schedules.start()
        yield world
        world.schedules.stop()
        seams.undo()


def test_it_fires_once_when_its_moment_has_come_and_is_gone(world: World) -> None:
    due = world.clock.now() + timedelta(hours=2)
    world.at(due)
    world.clock.advance_to(due - timedelta(minutes=1))
    assert (world.functions.invoked, world.names()) == ([], ["dev"])
    world.clock.advance_to(due + timedelta(days=3))
    assert world.delivered(1) == [{"fleet": "dev"}]
    assert world.functions.invoked[0][0] == FUNCTION
    assert world.names() == []
    world.clock.advance_to(due + timedelta(days=9))
    assert len(world.functions.invoked) == 1


def test_its_moment_is_a_local_time_of_its_zone(world: World) -> None:
    world.clock.advance_to(datetime(2037, 6, 1, 12, tzinfo=UTC))
    world.at(datetime(2037, 7, 1, 20), ScheduleExpressionTimezone="Europe/Paris")
    world.clock.advance_to(datetime(2037, 7, 1, 17, 59, tzinfo=UTC))
    assert world.functions.invoked == []
    world.clock.advance_to(datetime(2037, 7, 1, 18, 1, tzinfo=UTC))
    assert len(world.delivered(1)) == 1


def test_one_that_was_changed_fires_at_its_new_moment_only(world: World) -> None:
    due = world.clock.now() + timedelta(hours=2)
    given = world.at(due)
    later = due + timedelta(hours=1)
    world.scheduler.update_schedule(**{**given, "ScheduleExpression": f"at({later:%Y-%m-%dT%H:%M:%S})"})
    world.clock.advance_to(due + timedelta(minutes=1))
    assert world.functions.invoked == []
    world.clock.advance_to(later + timedelta(minutes=1))
    assert len(world.delivered(1)) == 1
    assert world.names() == []


def test_a_disabled_one_is_silent_and_one_that_stays_fires_no_more(world: World) -> None:
    due = world.clock.now() + timedelta(hours=2)
    role = world.role(FUNCTION)
    world.at(due, role, State="DISABLED", Name="silent")
    world.at(due, role, ActionAfterCompletion="NONE", Name="stays")
    world.clock.advance_to(due + timedelta(days=1))
    assert len(world.delivered(1)) == 1
    world.clock.advance_to(due + timedelta(days=2))
    assert (sorted(world.names()), len(world.functions.invoked)) == (["silent", "stays"], 1)


def test_what_its_role_may_not_call_ends_in_the_queue(world: World) -> None:
    due = world.clock.now() + timedelta(hours=2)
    world.at(due, world.role())
    world.clock.advance_to(due + timedelta(minutes=1))
    found = world.sqs.receive_message(QueueUrl=world.queue, WaitTimeSeconds=5, MessageAttributeNames=["All"])[
        "Messages"
    ]
    told = {name: value["StringValue"] for name, value in found[0]["MessageAttributes"].items()}
    assert (found[0]["Body"], told["ERROR_CODE"]) == ('{"fleet": "dev"}', "NO_PERMISSIONS")
    assert told["SCHEDULE_ARN"].endswith("schedule/default/dev")
    assert world.functions.invoked == []


REFUSED: list[dict[str, Any]] = [
    {"ScheduleExpression": "at(2037-02-30T20:00:00)"},
    {"ScheduleExpression": "at(2037-02-03 20:00:00)"},
    {"ScheduleExpression": "rate(1 hours)"},
    {"ScheduleExpressionTimezone": "Europe/Atlantis"},
    {"ScheduleExpression": "cron(0 8 ? * MON-FRI *)", "ScheduleExpressionTimezone": "Europe/Paris"},
]


@pytest.mark.parametrize("change", REFUSED, ids=[" ".join(map(str, change.values())) for change in REFUSED])
def test_what_aws_refuses_or_only_aws_can_do_is_refused(world: World, change: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        world.at(world.clock.now(), **change)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert world.names() == []


def test_a_group_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(ClientError) as refused:
        world.at(world.clock.now(), GroupName="nobody")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_rest_ends_when_the_clock_passes_it_or_when_it_is_over(tmp_path: Path) -> None:
    told = tmp_path / "clock"
    clock, woken, over = Clock(told), threading.Event(), threading.Event()
    resting = threading.Thread(target=clock.rest, args=(3600, woken, over.is_set))
    resting.start()
    clock.advance_to(clock.now() + timedelta(minutes=30))
    resting.join(0.2)
    assert resting.is_alive()
    clock.advance_to(clock.now() + timedelta(minutes=31))
    resting.join(WAIT)
    assert not resting.is_alive()
    assert float(told.read_text()) == pytest.approx(61 * 60, abs=1)
    resting = threading.Thread(target=clock.rest, args=(3600, woken, over.is_set))
    resting.start()
    over.set()
    woken.set()
    resting.join(WAIT)
    assert not resting.is_alive()
