"""An alarm goes off while a step is at work: what the step writes afterwards is taken back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import World, eventually

LOOK_EVERY_SECONDS = 0.005
ATTEMPTS = 3  # at a moment that lasts for milliseconds
MOST_UNDER_WAY = 2  # writes of a step that the latch may overtake: the one being made, the one just decided
FLOOR = 3


@contextmanager
def alarm_after(world: World, service: SampleService, function: str, operation: str) -> Iterator[None]:
    """Raises the service's alarm as soon as a function has made a call, while it goes on."""
    began, stopping = world.last_call(), threading.Event()

    def watch() -> None:
        since = began
        while not stopping.wait(LOOK_EVERY_SECONDS):
            calls = world.calls(since)
            if any(_is_by(call, function, operation) for call in calls):
                world.raise_alarm(service.alarm)
                return
            since = calls[-1]["sequence"] if calls else since

    thread = threading.Thread(target=watch, name="saboteur")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _is_by(call: dict[str, Any], function: str, operation: str) -> bool:
    return function in call["principal"] and call["operation"] == operation


@pytest.fixture
def awake(world: World) -> None:
    """The alarm path has been used before: a cold start would let the moment pass."""
    alarm, since = world.service(size=1).alarm, world.last_call()
    world.raise_alarm(alarm)
    eventually(lambda: any(_is_by(call, "OnAlarm", "Query") for call in world.calls(since)))


MOMENTS = [
    pytest.param("DescribeAlarms", id="after the guards were read"),
    pytest.param("TransactWriteItems", id="after the intent was saved"),
    pytest.param("ModifyRule", id="after the rule was written"),
]


@pytest.mark.usefixtures("awake")
@pytest.mark.parametrize("moment", MOMENTS)
def test_alarm_in_the_middle_of_a_shift(world: World, moment: str) -> None:
    for _ in range(ATTEMPTS):
        if _throw_back_at(world, moment):
            return
    pytest.fail(f"the alarm never came between two calls of the shift: {moment}")


def _throw_back_at(world: World, moment: str) -> bool:
    """Whether the alarm came while the shift was at work; how it ends is the same in any case.

    With many rules the shift takes long enough for the alarm path to write between its writes.
    """
    service = world.service(slots=True, rules=12)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, since = picture(world, service), world.last_call()
    with never_below(world, service, FLOOR), alarm_after(world, service, "ShiftTrafficFunction", moment):
        story = world.start(service)
        assert story.until_ended()["phase"] == "rolled_back"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)
    calls = world.calls(since)
    latched = next(place for place, call in enumerate(calls) if _is_by(call, "OnAlarm", "UpdateItem"))
    later = [call for call in calls[latched:] if "ShiftTraffic" in call["principal"]]
    assert sum(_gives_traffic(call, service.target_groups[1]) for call in later) <= MOST_UNDER_WAY
    return bool(later)


def _gives_traffic(call: dict[str, Any], target_group: str) -> bool:
    """Whether a call gives weight to a target group."""
    actions = call["parameters"].get("Actions", []) if call["operation"] == "ModifyRule" else []
    groups = [group for action in actions for group in action["ForwardConfig"]["TargetGroups"]]
    return any(group["TargetGroupArn"] == target_group and int(group["Weight"]) for group in groups)


def test_alarm_while_the_canary_s_group_is_being_made(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "canary", "canary": 1, "bake": "5m"})
    before = picture(world, service)
    with (
        never_below(world, service, FLOOR),
        alarm_after(world, service, "Provision", "CreateAutoScalingGroup"),
    ):
        story = world.start(service)
        assert story.until_ended()["phase"] == "rolled_back"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_alarm_while_a_batch_is_being_replaced(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "canary", "canary": 1, "bake": "1s", "batch": 25})
    before = picture(world, service)
    moment = ("ReplaceBatch", "TerminateInstanceInAutoScalingGroup")
    with never_below(world, service, FLOOR), alarm_after(world, service, *moment):
        story = world.start(service)
        assert story.until_ended()["phase"] == "rolled_back"
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_alarm_after_the_point_of_no_return_changes_nothing(world: World) -> None:
    service = world.service(slots=True)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    with alarm_after(world, service, "RetireFunction", "UpdateAutoScalingGroup"):
        story = world.start(service)
        assert story.until_ended()["phase"] == "succeeded"
    assert world.weights(service.rules[0]) == dict(zip(service.target_groups, (0, 100), strict=True))
    assert "Rollback Started" not in story.types()
    assert_nothing_left(world, service, story)
