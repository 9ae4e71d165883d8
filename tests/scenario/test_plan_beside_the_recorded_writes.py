"""What a plan says is what is done: the same writes in the same order, by the call record."""

import json
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_nothing_left
from tests.scenario.world import Story, World

STEPS = ("Provision", "ShiftTraffic", "ReplaceBatch", "Retire", "Finish")
WRITTEN = ("autoscaling", "cloudwatch", "ec2", "elbv2")
DRAFT = "r-00000000000000000"  # the id that stands in a plan for one that is still to be born


@pytest.mark.parametrize(
    ("wish", "strategy"),
    [
        pytest.param(
            {}, {"preset": "canary", "canary": 1, "bake": "1s", "batch": 50}, id="canary in one group"
        ),
        pytest.param({}, {"preset": "blue-green", "bake": "1s"}, id="blue-green with a copy of the group"),
        pytest.param({"slots": True}, {"preset": "blue-green", "bake": "1s"}, id="blue-green between slots"),
        pytest.param(
            {"slots": True, "rules": 3},
            {"preset": "linear", "share": 40, "every": "1s"},
            id="linear between slots with three rules",
        ),
        pytest.param(
            {"size": 2},
            {"preset": "rolling-with-additional-batch", "batch": 50, "bake": "1s"},
            id="rolling with an additional batch",
        ),
        pytest.param(
            {"slots": True}, {"preset": "immutable", "check": "1s", "bake": "1s"}, id="immutable on slots"
        ),
        pytest.param({"size": 2}, {"preset": "all-at-once", "bake": "1s"}, id="all at once"),
        pytest.param(
            {"size": 2},
            {"preset": "traffic-splitting", "shares": [20], "every": "1s", "bake": "1s"},
            id="traffic splitting with a copy of the group",
        ),
        pytest.param(
            {"rules": 0, "size": 2},
            {"steps": [{"replace": {"percent": 100, "batch": 50}}]},
            id="replace behind a listener",
        ),
    ],
)
def test_a_rollout_makes_the_writes_of_its_plan(
    world: World, wish: dict[str, Any], strategy: dict[str, Any]
) -> None:
    service = world.service(**wish)
    floor = 0 if strategy.get("preset") == "all-at-once" else 50  # which would make batches of it
    guards = {"alarms": [service.alarm], "min_healthy_percent": floor}
    world.register(service, strategy=strategy, guards=guards)
    planned = _plan(world, service)
    since = world.last_call()
    story = world.start(service)
    assert story.until_ended()["phase"] == "succeeded"
    calls = world.calls(since)
    births = _births(world, service, story, calls)
    assert [_born(_line(write), births) for write in planned] == _recorded(calls)
    assert_nothing_left(world, service, story)


def test_a_plan_writes_nothing(world: World) -> None:
    service = world.service()
    world.register(service)
    since = world.last_call()
    _plan(world, service)
    operations = {call["operation"] for call in world.calls(since) if "Function" in call["principal"]}
    assert {
        name for name in operations if not name.startswith(("Describe", "Get", "BatchGet", "Query"))
    } == set()


def test_a_plan_for_what_serves_already_has_no_steps(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    answer = world.api().request("POST", f"/services/{service.name}/plan", {"version": service.images["v1"]})
    assert (answer.body["steps"], answer.body["writes"]) == ([], [])
    story = world.start(service, "v1")
    assert story.until_ended()["outcome"]["reason"].endswith("already serves: nothing to do")
    assert_nothing_left(world, service, story)


def _plan(world: World, service: SampleService) -> list[dict[str, Any]]:
    """A viewer may ask for it."""
    body = {"version": service.images["v2"]}
    answer = world.api("viewer").request("POST", f"/services/{service.name}/plan", body)
    assert answer.status == 200, answer
    return list(answer.body["writes"])


def _recorded(calls: list[dict[str, Any]]) -> list[str]:
    """The writes of the steps, one line each; a write that settling repeats stands there once."""
    writes = [
        call
        for call in calls
        if call["principal"].rsplit("-", 1)[-1].removesuffix("Function") in STEPS
        and call["service"] in WRITTEN
        and not call["operation"].startswith("Describe")
    ]
    assert [call for call in writes if call["error"]] == []
    return list(dict.fromkeys(_line(call) for call in writes))


def _line(write: dict[str, Any]) -> str:
    return (
        f"{write['service']}:{write['operation']} {json.dumps(_texts(write['parameters']), sort_keys=True)}"
    )


def _texts(value: Any) -> Any:
    """Numbers as texts: AWS's protocols do not all tell 5 from 5.0 and "5"."""
    if isinstance(value, dict):
        return {key: _texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")


def _born(line: str, births: dict[str, str]) -> str:
    """A line of the plan with what was born during the rollout in place of its placeholders."""
    for placeholder, real in births.items():
        line = line.replace(placeholder, real)
    return line


def _births(
    world: World, service: SampleService, story: Story, calls: list[dict[str, Any]]
) -> dict[str, str]:
    versions = world.aws("ec2").describe_launch_template_versions(LaunchTemplateId=service.template)
    newest = max(version["VersionNumber"] for version in versions["LaunchTemplateVersions"])
    suffix = f"-sb-{story.rollout_id[-8:]}"
    named = [str(call["parameters"].get("TargetGroupArn", "")) for call in calls]
    copy = next((arn for arn in named if suffix in arn), "")
    return {
        '"Value": "{candidate.target_group}"': f'"Value": "{copy.rsplit(":", 1)[-1]}"',
        "{candidate.target_group}": copy,
        "{candidate.version}": str(newest),
        DRAFT: story.rollout_id,
        f"-sb-{DRAFT[-8:]}": suffix,
    }
