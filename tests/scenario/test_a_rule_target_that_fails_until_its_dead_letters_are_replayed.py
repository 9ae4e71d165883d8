"""An alarm that reaches nobody: its event waits as a dead letter, and the sweep throws the rollout back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.conftest import LocalRuntime
from tests.scenario.schedules import MINUTE, let_pass
from tests.scenario.stack import dead_letter_queue, letters, throttled
from tests.scenario.world import Story, World, eventually

LONG = {"preset": "blue-green", "bake": "5m"}


@pytest.fixture
def service(world: World) -> SampleService:
    made = world.service(size=2)
    world.register(made, strategy=LONG)
    return made


@pytest.fixture(scope="module")
def queue(runtime: LocalRuntime) -> Iterator[str]:
    """The URL of the dead-letter queue, emptied afterwards."""
    url = dead_letter_queue(World(runtime))
    yield url
    runtime.aws("sqs").purge_queue(QueueUrl=url)


def _letters(world: World, queue: str, alarm: str) -> list[dict[str, Any]]:
    """What lies in the queue of an alarm."""
    return [letter for letter in letters(world, queue) if alarm in letter["Body"]]


def _count(world: World, queue: str) -> int:
    """How many letters there are, those included that somebody has taken and not yet deleted."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = world.aws("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def _attributes(letter: dict[str, Any]) -> dict[str, str]:
    return {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}


@contextmanager
def _target_is_gone(world: World) -> Iterator[str]:
    """The alarm rule sends to a version that nobody has permitted it to call; the rule's ARN."""
    events = world.aws("events")
    rule = next(rule for rule in events.list_rules()["Rules"] if "AlarmRule" in rule["Name"])
    targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    broken = [{**target, "Arn": target["Arn"].rpartition(":")[0] + ":gone"} for target in targets]
    events.put_targets(Rule=rule["Name"], Targets=broken)
    try:
        yield rule["Arn"]
    finally:
        events.put_targets(Rule=rule["Name"], Targets=targets)


def _assert_nothing_has_happened(world: World, story: Story, rule: str) -> None:
    rollout = story.read()
    assert (rollout["phase"], rollout["clocks"]["detected_at"]) == ("holding", None)
    assert sorted(world.weights(rule).values()) == [0, 100]


def _assert_thrown_back(story: Story, alarm: str, event: dict[str, Any]) -> None:
    """By the alarm, at the alarm's own time."""
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["evidence"]["alarm"] == alarm
    told = next(entry for entry in story.timeline() if entry["type"] == "Guard Breached")
    assert told["at"][:19] == event["detail"]["state"]["timestamp"][:19]


def test_an_event_that_its_rule_could_not_deliver_is_replayed(
    world: World, service: SampleService, queue: str
) -> None:
    before, waiting = picture(world, service), _count(world, queue)
    story = world.start(service)
    story.until_holding("bake")
    with _target_is_gone(world) as rule:
        world.raise_alarm(service.alarm)
        letter = eventually(lambda: _letters(world, queue, service.alarm))[0]
        told = _attributes(letter)
        assert (told["RULE_ARN"], told["ERROR_CODE"]) == (rule, "NO_PERMISSIONS")
        assert told["TARGET_ARN"].endswith(":gone")
        _assert_nothing_has_happened(world, story, service.rules[0])
    event = json.loads(letter["Body"])
    assert event["detail"]["alarmName"] == service.alarm
    let_pass(world, MINUTE)
    _assert_thrown_back(story, service.alarm, event)
    assert _count(world, queue) == waiting
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_an_event_that_its_function_could_not_take_comes_back_until_it_can(
    world: World, service: SampleService, queue: str
) -> None:
    before, waiting = picture(world, service), _count(world, queue)
    story = world.start(service)
    story.until_holding("bake")
    with throttled(world, "OnAlarmFunction"):
        world.raise_alarm(service.alarm)
        letter = eventually(lambda: _letters(world, queue, service.alarm))[0]
        let_pass(world, MINUTE)  # too early: the replayed event fails again
        again = eventually(lambda: _letters(world, queue, service.alarm))[0]
        assert again["MessageId"] != letter["MessageId"]
        assert again["Body"] == letter["Body"]
        _assert_nothing_has_happened(world, story, service.rules[0])
    let_pass(world, MINUTE)
    _assert_thrown_back(story, service.alarm, json.loads(letter["Body"]))
    assert _count(world, queue) == waiting
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_letter_that_nobody_understands_stays_and_stands_in_nobody_s_way(
    world: World, service: SampleService, queue: str
) -> None:
    waiting = _count(world, queue)
    strange = [json.dumps({"source": "com.example", "detail": {}}), "no JSON at all", "[]"]
    for body in strange:
        world.aws("sqs").send_message(QueueUrl=queue, MessageBody=body)
    story = world.start(service)
    story.until_holding("bake")
    with _target_is_gone(world):
        world.raise_alarm(service.alarm)
        eventually(lambda: _count(world, queue) == waiting + len(strange) + 1)
    let_pass(world, MINUTE)
    assert story.until_ended()["phase"] == "rolled_back"
    assert _count(world, queue) == waiting + len(strange)
