"""Requests that are malformed or contradict themselves: each violation by its field; nothing is stored."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from signalbox_local.sample_service import SampleService
from tests.scenario.conftest import LocalRuntime
from tests.scenario.refusals import put, refused, send_signed, start, traffic
from tests.scenario.world import World

Spec = dict[str, Any]


@pytest.fixture(scope="module")
def service(runtime: LocalRuntime) -> SampleService:
    """A registered service that nothing rolls out; every refusal is tried on it."""
    world = World(runtime)
    made = world.service(size=1, rules=2)
    world.register(made)
    return made


@pytest.fixture(autouse=True)
def _stores_nothing(world: World, service: SampleService) -> Iterator[None]:
    """A refused call leaves the table as it was."""
    before = world.items()
    yield
    assert world.items() == before


def test_every_violation_of_the_schema_is_told_at_once_by_its_field(
    world: World, service: SampleService
) -> None:
    told = put(
        world,
        service,
        400,
        owner="",
        platform={"kind": "ec2", "group": 7, "zone": "a"},
        strategy={"preset": "bluegreen", "canary": 0, "batch": 101, "bake": "10 minutes"},
        guards={"alarms": ["a"] * 11, "min_healthy_percent": 101},
        colour="blue",
    )
    assert told.keys() == {
        *("owner", "platform.kind", "platform.group", "platform.zone", "colour"),
        *("strategy.preset", "strategy.canary", "strategy.batch", "strategy.bake"),
        *("guards.alarms", "guards.min_healthy_percent"),
    }
    assert told["colour"] == told["platform.zone"] == "this field is not known"
    assert "'blue-green' or 'ab-test'" in told["strategy.preset"]
    assert told["strategy.bake"] == "give a duration such as 90s, 10m, 2h or 3d"


def test_steps_are_told_by_their_number(world: World, service: SampleService) -> None:
    steps = [
        {"provision": {"percent": 0}},
        {"shift": {"percent": 120}},
        {"shift": {"percent": -1}},
        {"bake": {"for": "x"}},
        {"dance": {}},
    ]
    assert put(world, service, 400, strategy={"steps": steps}).keys() == {
        "strategy.steps.0.provision.percent",
        "strategy.steps.1.shift.percent",
        "strategy.steps.2.shift.percent",
        "strategy.steps.3.bake.for",
        "strategy.steps.4.dance",
    }


@pytest.mark.parametrize(
    ("strategy", "field", "what_is_right"),
    [
        ({}, "strategy", "either a preset (all-at-once, rolling, "),
        ({"preset": "canary", "steps": [{"pause": {}}]}, "strategy", "either a preset"),
        ({"preset": "canary", "every": "1m"}, "strategy.every", "it takes: bake, batch, batch_count, canary"),
        ({"steps": [{"shift": {"percent": 100}}]}, "strategy.steps", "provision must come before"),
        ({"steps": [{"pause": {}}]}, "strategy.steps", "add shift or replace"),
        ({"steps": [{}]}, "strategy.steps.0", "give exactly one of provision, shift"),
        ({"steps": [{"pause": {}, "retire": {}}]}, "strategy.steps.0", "give exactly one of provision"),
        ({"steps": [{"provision": {}}]}, "strategy.steps.0.provision", "either percent or count"),
        ({"steps": [{"replace": {"percent": 50}}]}, "strategy.steps", "last replace must be to 100"),
    ],
)
def test_a_strategy_that_contradicts_itself_is_told_what_would_be_right(
    world: World, service: SampleService, strategy: Spec, field: str, what_is_right: str
) -> None:
    assert what_is_right in put(world, service, 400, strategy=strategy)[field]
    assert what_is_right in start(world, service, 400, strategy=strategy)[field]


def test_a_service_that_contradicts_itself_is_told_all_of_it(world: World, service: SampleService) -> None:
    slot = {"group": service.name, "target_group_arn": service.target_groups[0]}
    told = put(
        world,
        service,
        400,
        name=f"{service.name}-other",
        platform={"kind": "autoscaling", "group": service.name, "slots": [slot, slot]},
        traffic=traffic(service, listener_arn=service.listener),
        strategy={"preset": "linear", "canary": 1},
    )
    assert told.keys() == {
        *("name", "platform", "platform.slots", "strategy.canary"),
        *("traffic", "traffic.target_group_arn"),
    }
    assert service.name in told["name"]


@pytest.mark.parametrize("name", ["with space", "a/b", "-dash", "naïve", "a.b", "a#b"])
def test_a_name_that_aws_could_not_carry_is_malformed(
    world: World, service: SampleService, name: str
) -> None:
    assert "letters, digits, - and _" in put(world, service, 400, name=name)["name"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b"{not json", 400, "body"),
        (b"[]", 400, "body"),
        (b"", 400, "body"),
        (b'"text"', 400, "body"),
        (b"\xff\xfe", 400, "body"),
        (b"[" * 20_000 + b"]" * 20_000, 400, "body"),
        (b"9" * 5_000, 400, "body"),
        (json.dumps({"name": "x" * 65_536}).encode(), 413, None),
    ],
    ids=["not JSON", "a list", "nothing", "a text", "not UTF-8", "too deep", "too long", "too large"],
)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_body_that_is_none_is_refused(
    world: World, service: SampleService, method: str, body: bytes, status: int, field: str | None
) -> None:
    path = f"/services/{service.name}{'/rollouts' if method == 'POST' else ''}"
    told = refused(send_signed(world, method, path, body), status)
    assert list(told) == ([field] if field else [])


def test_a_start_names_what_it_may_hold(world: World, service: SampleService) -> None:
    told = start(world, service, 400, version="", sequence=-1, reason="x" * 501, force=True)
    assert told.keys() == {"version", "sequence", "reason", "force"}


@pytest.mark.parametrize("verb", ["abort", "pause", "resume", "promote", "retry"])
def test_a_verb_names_what_it_may_hold(world: World, service: SampleService, verb: str) -> None:
    path = f"/services/{service.name}/rollouts/r-00000000000000000/{verb}"
    told = refused(send_signed(world, "POST", path, {"reason": "x" * 501, "by": "me"}), 400)
    assert told.keys() == {"reason", "by"}
    assert refused(send_signed(world, "POST", path, {}), 404) == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/services/{nobody}"),
        ("DELETE", "/services/{nobody}"),
        ("POST", "/services/{nobody}/plan"),
        ("POST", "/services/{nobody}/rollouts"),
        ("GET", "/services/{name}/rollouts/r-00000000000000000"),
        ("GET", "/services/{name}/rollouts/r-00000000000000000/timeline"),
        ("GET", "/services/{nobody}/rollouts/r-00000000000000000"),
    ],
)
def test_what_is_not_there_is_404(world: World, service: SampleService, method: str, path: str) -> None:
    concrete = path.replace("{nobody}", "nobody").replace("{name}", service.name)
    body = {"version": "1"} if method == "POST" else b""
    assert refused(send_signed(world, method, concrete, body), 404) == {}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("/services?limit=0", "limit"),
        ("/services?limit=101", "limit"),
        ("/services/{name}/rollouts?limit=x", "limit"),
        ("/services/{name}/rollouts/r-00000000000000000/timeline?limit=1001", "limit"),
        ("/services/{name}/rollouts/r-00000000000000000/timeline?cursor=x", "cursor"),
    ],
)
def test_a_page_that_cannot_be_is_malformed(
    world: World, service: SampleService, query: str, field: str
) -> None:
    asked = send_signed(world, "GET", query.replace("{name}", service.name), b"")
    assert refused(asked, 400).keys() == {field}
