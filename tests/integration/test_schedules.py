"""Schedule rules of the local runtime, on a clock that is set forward."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from signalbox_local.bus import Bus
from signalbox_local.clock import Clock
from signalbox_local.moto_seams import Seams, event_bus
from signalbox_local.scheduler import Scheduler, parse_schedule

ACCOUNT, REGION = "123456789012", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:sweep"


class FakeFunctions:
    """Counts invocations."""

    def __init__(self) -> None:
        self.invoked: list[bytes] = []

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        self.invoked.append(payload)


class World:
    """A scheduler that only looks when the clock is set."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.functions = FakeFunctions()
        self.bus = Bus(self.functions, ACCOUNT, REGION, self.clock.now)
        self.scheduler = Scheduler(self.bus, self.clock, ACCOUNT, REGION)
        self.events = boto3.client("events", REGION)

    def schedule(self, expression: str, state: str = "ENABLED") -> str:
        answer = self.events.put_rule(Name="sweep", ScheduleExpression=expression, State=state)  # type: ignore[arg-type]
        self.events.put_targets(Rule="sweep", Targets=[{"Id": "1", "Arn": FUNCTION}])
        return answer["RuleArn"]

    def advance(self, **distance: float) -> None:
        self.clock.advance_to(self.clock.now() + timedelta(**distance))

    def fired(self) -> list[str]:
        return [recorded.event["time"] for recorded in self.bus.events()]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    seams = Seams()
    with mock_aws():
        world = World()
        event_bus(seams, world.bus)
        world.bus.start()
        yield world
        world.scheduler.stop()
        world.bus.stop()
        seams.undo()


def test_a_rate_rule_fires_once_each_interval(world: World) -> None:
    rule = world.schedule("rate(1 minute)")
    world.advance(seconds=59)
    assert world.fired() == []
    world.advance(seconds=2)
    assert len(world.fired()) == 1
    event = world.bus.events()[0].event
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == [rule]
    assert world.bus.idle()
    assert len(world.functions.invoked) == 1


def test_a_jump_over_many_rounds_of_a_rate_fires_one(world: World) -> None:
    world.schedule("rate(1 hour)")
    world.advance(days=3)
    assert len(world.fired()) == 1


def test_a_cron_rule_fires_at_every_moment_that_the_clock_passes(world: World) -> None:
    world.schedule("cron(0 8 ? * * *)")
    world.clock.advance_to(datetime(2036, 1, 31, 12, tzinfo=UTC))
    seen = len(world.fired())
    world.clock.advance_to(datetime(2036, 2, 2, 12, tzinfo=UTC))
    assert world.fired()[seen:] == ["2036-02-01T08:00:00Z", "2036-02-02T08:00:00Z"]


def test_a_disabled_rule_does_not_fire_and_starts_anew_when_enabled(world: World) -> None:
    world.schedule("rate(1 minute)", "DISABLED")
    world.advance(minutes=10)
    world.events.enable_rule(Name="sweep")
    world.advance(seconds=30)
    assert world.fired() == []
    world.advance(seconds=31)
    assert len(world.fired()) == 1
    world.events.disable_rule(Name="sweep")
    world.advance(minutes=10)
    assert len(world.fired()) == 1


def test_the_scheduler_fires_by_itself_and_leaves_no_thread(world: World) -> None:
    world.schedule("rate(1 minute)")
    world.scheduler.start()
    world.advance(minutes=1, seconds=1)
    world.scheduler.stop()
    assert len(world.fired()) == 1


def test_the_clock_does_not_go_back(world: World) -> None:
    with pytest.raises(ValueError, match="does not go back"):
        world.advance(minutes=-1)
    with pytest.raises(ValueError, match="time zone"):
        world.clock.advance_to(datetime(2036, 1, 1))


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 8 * * * *)",
        "cron(0 8)",
    ],
)
def test_a_schedule_that_aws_refuses_is_refused(world: World, expression: str) -> None:
    with pytest.raises(ClientError, match="ScheduleExpression is not valid"):
        world.schedule(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", datetime(2026, 1, 30, 12, 5, tzinfo=UTC)),
        ("rate(1 day)", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("cron(0/15 * * * ? *)", datetime(2026, 1, 30, 12, 15, tzinfo=UTC)),
        ("cron(0 8 ? * MON-FRI *)", datetime(2026, 2, 2, 8, tzinfo=UTC)),
        ("cron(0 8 L * ? *)", datetime(2026, 1, 31, 8, tzinfo=UTC)),
        ("cron(0 8 1 1 ? 2026)", None),
    ],
)
def test_the_next_moment_of_a_schedule(expression: str, expected: datetime | None) -> None:
    assert parse_schedule(expression).after(datetime(2026, 1, 30, 12, tzinfo=UTC)) == expected
