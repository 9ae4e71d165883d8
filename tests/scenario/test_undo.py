"""Undo: an open rollout goes back at once, an ended one is undone by a quick one."""

from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import Story, World


def test_what_was_rolled_out_is_undone_without_watching_it_again(world: World) -> None:
    service = world.service(slots=True, size=2)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    first = world.start(service)
    assert first.until_ended()["phase"] == "succeeded"
    with never_below(world, service, 2):
        second = _undone(world, service.name)
        assert second.until_ended()["phase"] == "succeeded"
    undone = second.read()
    assert (undone["version"], undone["previous_version"]) == (service.images["v1"], service.images["v2"])
    assert undone["reason"] == f"undo of {first.rollout_id}"
    assert [step["kind"] for step in undone["steps"]] == ["provision", "shift", "retire"]
    assert world.images(service.groups[0]) == {service.images["v1"]}
    assert_nothing_left(world, service, second)


def test_under_a_red_alarm_the_version_before_comes_back_and_the_answer_says_what_does_not_guard_it(
    world: World,
) -> None:
    service = world.service(slots=True, size=1)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    assert world.start(service).until_ended()["phase"] == "succeeded"
    world.raise_alarm(service.alarm)
    answer = world.api("deployer").request("POST", f"/services/{service.name}/undo", {})
    assert answer.status == 202, answer
    (told,) = [warning for warning in answer.body["warnings"] if service.alarm in warning]
    assert told.endswith("it does not guard this undo")
    undoing = Story(world, service.name, answer.body["rollout_id"])
    assert undoing.until_ended()["phase"] == "succeeded"
    assert told in [e["reason"] for e in undoing.timeline() if e["type"] == "Guard Warned"]
    assert world.images(service.groups[0]) == {service.images["v1"]}


def test_an_open_rollout_is_sent_back(world: World) -> None:
    service = world.service(slots=True, size=1)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before = picture(world, service)
    story = world.start(service)
    story.until_holding("bake")
    assert _undone(world, service.name, reason="second thoughts").rollout_id == story.rollout_id
    ended = story.until_ended()
    assert (ended["phase"], ended["outcome"]["reason"]) == ("aborted", "second thoughts")
    assert_as_before(before, picture(world, service))


def test_without_a_success_there_is_nothing_to_undo(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    answer = world.api("deployer").request("POST", f"/services/{service.name}/undo", {})
    assert answer.status == 422
    assert answer.body["violations"][0]["message"].endswith("has succeeded: there is nothing to undo")
    unknown = world.api("deployer").request("POST", f"/services/{service.name}/undo", {"version": ""})
    assert (unknown.status, unknown.body["violations"][0]["field"]) == (400, "version")


def _undone(world: World, service: str, **body: str) -> Story:
    answer = world.api("deployer").request("POST", f"/services/{service}/undo", body)
    assert answer.status == 202, answer
    return Story(world, service, answer.body["rollout_id"])
