"""Services: registered, read, listed, replaced and forgotten; AWS is read meanwhile, never changed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import count

import pytest

from signalbox_cli.client import Answer
from signalbox_local.sample_service import SampleService
from tests.scenario.conftest import LocalRuntime
from tests.scenario.world import World

READING = ("Describe", "List", "Get")
NUMBERS = count(1)


@pytest.fixture(scope="module")
def service(runtime: LocalRuntime) -> SampleService:
    """One estate; several services stand on it."""
    return World(runtime).service(size=1)


@pytest.fixture
def named(service: SampleService) -> dict[str, object]:
    """A registration of the test's own, not yet put."""
    return {**service.spec(), "name": f"{service.name}-{next(NUMBERS)}"}


def _put(world: World, spec: dict[str, object]) -> Answer:
    return world.api().request("PUT", f"/services/{spec['name']}", spec)


def _path(spec: dict[str, object]) -> str:
    return f"/services/{spec['name']}"


def test_a_service_is_created_then_replaced(world: World, named: dict[str, object]) -> None:
    created = _put(world, named)
    assert created.status == 201, created
    replaced = _put(world, {**named, "owner": "checkout-team"})
    assert replaced.status == 200
    assert replaced.body["owner"] == "checkout-team"
    assert replaced.body["created_at"] == created.body["created_at"]
    assert datetime.fromisoformat(replaced.body["updated_at"]) > datetime.fromisoformat(
        created.body["updated_at"]
    )
    assert replaced.body["updated_by"].endswith(":user/operator")


def test_what_was_put_is_what_is_read(world: World, named: dict[str, object]) -> None:
    put = _put(world, named)
    assert world.api("viewer").request("GET", _path(named)).body == put.body
    told = {name: put.body[name] for name in named}
    assert _without_nulls(told) == named | {"guards": told["guards"]}
    assert put.body["guards"]["deadline"] == "30m"


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def test_putting_reads_aws_and_changes_nothing_there(world: World, named: dict[str, object]) -> None:
    since = world.last_call()
    assert _put(world, named).status == 201
    calls = [call for call in world.calls(since) if "ApiFunction" in call["principal"]]
    assert {call["service"] for call in calls} >= {"autoscaling", "elbv2", "ec2", "cloudwatch", "dynamodb"}
    elsewhere = {call["operation"] for call in calls if call["service"] != "dynamodb"}
    assert [operation for operation in elsewhere if not operation.startswith(READING)] == []


def test_a_plan_makes_no_write_at_all(world: World, service: SampleService, named: dict[str, object]) -> None:
    assert _put(world, named).status == 201
    before, since = world.items(), world.last_call()
    asked = world.api("viewer").request("POST", f"{_path(named)}/plan", {"version": service.images["v2"]})
    assert asked.status == 200, asked
    assert [step["kind"] for step in asked.body["steps"]] == ["provision", "bake", "replace", "retire"]
    calls = [call for call in world.calls(since) if "ApiFunction" in call["principal"]]
    assert [call["operation"] for call in calls if not call["operation"].startswith(READING)] == []
    assert world.items() == before


def test_services_are_listed_newest_first_a_page_at_a_time(world: World, named: dict[str, object]) -> None:
    names = [f"{named['name']}-{number}" for number in range(3)]
    for name in names:
        assert _put(world, {**named, "name": name}).status == 201
    assert _put(world, {**named, "name": names[0]}).status == 200  # replacing does not make it newer
    listed, cursor, pages = [], "", 0
    while cursor is not None:
        following = f"&cursor={cursor}" if cursor else ""
        page = world.api("viewer").request("GET", f"/services?limit=2{following.replace('#', '%23')}").body
        assert len(page["items"]) <= 2
        listed += [item["name"] for item in page["items"]]
        cursor, pages = page["cursor"], pages + 1
    assert [name for name in listed if name in names] == names[::-1]
    assert len(listed) == len(set(listed))
    assert pages >= 2


def test_many_registrations_of_one_name_at_once_make_one_service(
    world: World, named: dict[str, object]
) -> None:
    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(lambda _: _put(world, named), range(4)))
    assert [answer.status for answer in answers].count(201) == 1, answers
    assert {answer.status for answer in answers} <= {200, 201, 409}
    listed = world.api().request("GET", "/services").body["items"]
    assert [item["name"] for item in listed].count(named["name"]) == 1


def test_a_forgotten_service_is_gone_and_may_come_again(world: World, named: dict[str, object]) -> None:
    assert _put(world, named).status == 201
    assert world.api().request("DELETE", _path(named)) == Answer(status=204, body=None)
    assert world.api().request("GET", _path(named)).status == 404
    assert world.api().request("DELETE", _path(named)).status == 404
    listed = world.api().request("GET", "/services").body["items"]
    assert named["name"] not in [item["name"] for item in listed]
    assert _put(world, named).status == 201


def test_a_service_is_not_forgotten_while_its_rollout_is_open_and_past_ones_stay(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    story = world.start(service, reason="a story")
    refused = world.api().request("DELETE", f"/services/{service.name}")
    assert refused.status == 409
    assert service.name in refused.body["detail"]
    assert story.ask("abort").status == 202
    ended = story.until_ended()
    assert world.api().request("DELETE", f"/services/{service.name}").status == 204
    assert story.read() == ended
    assert story.timeline()
    listed = world.api().request("GET", f"/services/{service.name}/rollouts").body["items"]
    assert [item["rollout_id"] for item in listed] == [story.rollout_id]


def test_a_lower_sequence_than_the_last_accepted_comes_too_late(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    path = f"/services/{service.name}/rollouts"
    body = {"version": service.images["v2"]}
    first = world.start(service, sequence=7)
    first.ask("abort")
    first.until_ended()
    late = world.api().request("POST", path, {**body, "sequence": 6})
    assert late.status == 409
    assert "7" in late.body["detail"]
    assert world.register(service).status == 200  # a new registration does not make it forget
    assert world.api().request("POST", path, {**body, "sequence": 6}).status == 409
    again = world.start(service, sequence=7)
    again.ask("abort")
    again.until_ended()
