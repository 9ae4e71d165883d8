"""The sweep: it finds what nobody looks after, and sleeps while there is nothing to find."""

import time
from collections.abc import Iterator

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.conftest import serving
from tests.scenario.roles import lacking
from tests.scenario.schedules import HOUR, MINUTE, let_pass
from tests.scenario.stack import executions, machine_arn
from tests.scenario.world import World, eventually

GRACE_SECONDS = 30  # the sweep takes a younger rollout for one that is just being started
LONG = {"preset": "blue-green", "bake": "5m"}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own: whether anything is open is what these stories are about."""
    with serving(tmp_path_factory.mktemp("alone")) as runtime:
        yield World(runtime)


@pytest.fixture
def service(alone: World) -> SampleService:
    made = alone.service(size=2)
    alone.register(made, strategy=LONG)
    return made


def _rule_is_enabled(world: World) -> bool:
    found = world.aws("events").list_rules(NamePrefix="signalbox-sweep-each-minute")["Rules"]
    return [rule["State"] for rule in found] == ["ENABLED"]


def test_a_rollout_whose_execution_was_never_started_is_started_by_the_sweep(
    alone: World, service: SampleService
) -> None:
    with lacking(alone, "ApiFunction", "StartRollouts"):
        story = alone.start(service, strategy={"preset": "canary", "canary": 1, "bake": "1s", "batch": 100})
    began = time.monotonic()
    assert story.read()["phase"] == "pending"
    assert executions(alone, service.name) == []
    refused = alone.api().request(
        "POST", f"/services/{service.name}/rollouts", {"version": service.images["v3"]}
    )
    assert refused.status == 409
    assert story.rollout_id in refused.body["detail"]
    let_pass(alone, HOUR)
    assert executions(alone, service.name) == []  # too young: its caller may just be about to start it
    time.sleep(max(0, began + GRACE_SECONDS + 1 - time.monotonic()))
    let_pass(alone, HOUR)
    assert story.until_ended()["phase"] == "succeeded"
    assert executions(alone, service.name) == [f"{story.rollout_id}-g1"]
    assert alone.images(service.name) == {service.images["v2"]}
    assert_nothing_left(alone, service, story)


def test_the_sweep_is_awake_while_a_rollout_is_open_and_sleeps_afterwards(
    alone: World, service: SampleService
) -> None:
    let_pass(alone, HOUR)
    eventually(lambda: not _rule_is_enabled(alone))
    story = alone.start(service)
    story.until_holding("bake")
    assert _rule_is_enabled(alone)
    let_pass(alone, MINUTE)
    assert _rule_is_enabled(alone)
    assert story.ask("abort").status == 202
    story.until_ended()
    eventually(lambda: not alone.items("OPEN"))
    let_pass(alone, MINUTE)
    eventually(lambda: not _rule_is_enabled(alone))
    assert executions(alone, service.name) == [f"{story.rollout_id}-g1"]


def test_a_dead_execution_that_nobody_told_of_is_taken_over_within_a_minute(
    alone: World, service: SampleService
) -> None:
    before = picture(alone, service)
    rules, machines = alone.aws("events"), alone.aws("stepfunctions")
    told = next(rule["Name"] for rule in rules.list_rules()["Rules"] if "ExecutionEnded" in rule["Name"])
    story = alone.start(service)
    story.until_holding("bake")
    rules.disable_rule(Name=told)
    try:
        machine = machine_arn(alone, "RolloutMachine")
        running = machines.list_executions(stateMachineArn=machine, statusFilter="RUNNING")["executions"]
        machines.stop_execution(executionArn=running[0]["executionArn"])
        assert story.read()["phase"] == "holding"
        let_pass(alone, MINUTE)
        ended = story.until_ended()
    finally:
        rules.enable_rule(Name=told)
    assert (ended["phase"], ended["generation"]) == ("rolled_back", 2)
    assert_as_before(before, picture(alone, service))
    assert_nothing_left(alone, service, story)
