"""What callers may ask of a rollout: each verb does what it says, once; the timeline tells who and why."""

from datetime import datetime, timedelta
from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.world import Story, World

SECOND = timedelta(seconds=1)
ALL_KINDS = [
    {"provision": {"percent": 100}},
    {"shift": {"percent": 20}},
    {"bake": {"for": "5m"}},
    {"pause": {}},
    {"shift": {"percent": 100}},
    {"bake": {"for": "5m"}},
    {"retire": {}},
]


def _begin(world: World, **strategy: object) -> tuple[SampleService, Story]:
    service = world.service(slots=True, size=2)
    world.register(service, strategy=strategy or {"preset": "blue-green", "bake": "5m"})
    return service, world.start(service)


def _ask_while_settling(
    world: World, verb: str, strategy: dict[str, object], **body: object
) -> tuple[SampleService, Story]:
    """A rollout that is asked something while it waits for its first instances."""
    service = world.service(slots=True, size=2)
    world.register(service, strategy=strategy)
    with world.without_capacity():
        story = world.start(service)
        story.until_holding("settling")
        assert story.ask(verb, "operator", **body).status == 202
    return service, story


def _told(story: Story, detail_type: str) -> list[tuple[str, str]]:
    """(who, why) of every such entry of the timeline."""
    found = [entry for entry in story.timeline() if entry["type"] == detail_type]
    return [(entry["actor"].rsplit("/", 1)[-1], entry["reason"]) for entry in found]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _at(story: Story, detail_type: str) -> datetime:
    return _instant(next(entry["at"] for entry in story.timeline() if entry["type"] == detail_type))


def test_abort_during_a_bake_restores_everything(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    answer = story.ask("abort", "deployer", reason="a hunch")
    assert (answer.status, answer.body["phase"], answer.body["hold"]) == (202, "rolling_back", None)
    ended = story.until_ended()
    assert (ended["phase"], ended["outcome"]["reason"]) == ("aborted", "a hunch")
    assert _told(story, "Abort Requested") == [("deployer", "a hunch")]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_abort_while_capacity_settles_does_not_wait_for_it(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before = picture(world, service)
    with world.without_capacity():
        story = world.start(service)
        story.until_holding("settling")
        assert story.ask("abort").status == 202
        assert story.until_ended()["phase"] == "aborted"
    assert "Capacity Provisioned" not in story.types()
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_abort_at_the_very_beginning_leaves_no_trace(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    before, story = picture(world, service), world.start(service)
    assert story.ask("abort").status == 202
    ended = story.until_ended()
    assert ended["phase"] == ("aborted" if "Step Started" in story.types() else "cancelled")
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_abort_twice_is_one_abort_and_after_the_end_it_changes_nothing(world: World) -> None:
    service, story = _begin(world)
    story.until_holding("bake")
    assert story.ask("abort", reason="first").status == 202
    assert story.ask("abort", reason="second").status in (200, 202)
    ended = story.until_ended()
    assert ended["outcome"]["reason"] == "first"
    assert _told(story, "Abort Requested") == [("operator", "first")]
    answer = story.ask("abort", reason="third")
    assert (answer.status, answer.body) == (200, story.read())
    assert story.read() == ended
    assert_nothing_left(world, service, story)


def test_after_the_end_every_verb_answers_what_is(world: World) -> None:
    service, story = _begin(world, preset="blue-green", bake="1s")
    ended = story.until_ended()
    for verb in ("abort", "pause", "resume", "promote", "retry"):
        assert story.ask(verb).status == 200
    assert story.read() == ended
    assert_nothing_left(world, service, story)


def test_a_pause_keeps_the_rest_of_a_bake_and_a_resumption_goes_on_with_it(world: World) -> None:
    service, story = _begin(world, preset="blue-green", bake="4s")
    until = _instant(story.until_holding("bake")["hold"]["until"])
    assert story.ask("pause", reason="lunch").status == 202
    assert story.until_holding("pause")["phase"] == "holding"
    rest = until - _at(story, "Pause Requested")
    story.until(lambda _: datetime.now(until.tzinfo) > until + SECOND)
    assert story.ask("resume", reason="back").status == 202
    resumed_until = _instant(story.until_holding("bake")["hold"]["until"])
    assert abs(resumed_until - _at(story, "Resumption Requested") - rest) < SECOND
    assert story.until_ended()["phase"] == "succeeded"
    assert _told(story, "Pause Requested") == [("operator", "lunch")]
    assert _told(story, "Resumption Requested") == [("operator", "back")]
    assert _at(story, "Point Of No Return Passed") >= resumed_until
    assert_nothing_left(world, service, story)


def test_a_pause_while_capacity_settles_takes_effect_before_the_next_step(world: World) -> None:
    service, story = _ask_while_settling(world, "pause", {"preset": "blue-green", "bake": "1s"})
    held = story.until_holding("pause")
    assert held["step"]["kind"] == "provision"
    assert story.types()[-2:] == ["Capacity Provisioned", "Rollout Held"]
    assert world.weights(service.rules[0]) == dict(zip(service.target_groups, (100, 0), strict=True))
    assert story.ask("pause").status == 202
    assert len(_told(story, "Pause Requested")) == 1
    assert story.ask("resume").status == 202
    assert story.until_ended()["phase"] == "succeeded"
    assert_nothing_left(world, service, story)


def test_promote_ends_one_hold_and_full_ends_all(world: World) -> None:
    service, story = _begin(world, steps=ALL_KINDS)
    story.until_holding("bake")
    assert story.ask("promote", "deployer", reason="looks well").status == 202
    story.until_holding("pause")
    assert sorted(world.weights(service.rules[0]).values()) == [20, 80]
    assert story.ask("promote", reason="all the way", full=True).status == 202
    assert story.until_ended()["phase"] == "succeeded"
    assert _told(story, "Promotion Requested") == [("deployer", "looks well"), ("operator", "all the way")]
    assert _shares(story) == [20, 100]
    assert_nothing_left(world, service, story)


def test_promote_full_at_the_start_leaves_out_all_holds(world: World) -> None:
    service, story = _ask_while_settling(world, "promote", {"steps": ALL_KINDS}, full=True)
    assert story.until_ended()["phase"] == "succeeded"
    assert "Rollout Held" not in story.types()
    assert _shares(story) == [20, 100]
    assert_nothing_left(world, service, story)


def _shares(story: Story) -> list[int]:
    return [entry["data"]["candidate"] for entry in story.timeline() if entry["type"] == "Traffic Shifted"]


def test_a_verb_that_is_out_of_place_is_a_conflict_and_changes_nothing(world: World) -> None:
    service = world.service(slots=True, size=2)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    with world.without_capacity():
        story = world.start(service)
        story.until_holding("settling")
        assert story.ask("promote").status == 409
    story.until_holding("bake")
    before = story.types()
    assert {verb: story.ask(verb).status for verb in ("resume", "retry")} == {"resume": 409, "retry": 409}
    assert story.types() == before
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert _told(story, "Promotion Requested") == _told(story, "Resumption Requested") == []
    assert_nothing_left(world, service, story)


def test_past_the_point_of_no_return_nothing_can_be_taken_back(world: World) -> None:
    service = world.service(slots=True, size=2)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    old = {"AutoScalingGroupName": service.groups[0], "ScalingProcesses": ["Terminate"]}
    world.aws("autoscaling").suspend_processes(**old)
    story = world.start(service)
    story.until_step("retire")
    story.until_holding("settling")
    refused = story.ask("abort")
    assert refused.status == 409
    assert "let it end, then undo it" in refused.body["detail"]
    assert story.ask("pause").status == 409
    world.aws("autoscaling").resume_processes(**old)
    assert story.until_ended()["phase"] == "succeeded"
    assert _told(story, "Abort Requested") == []
    assert_nothing_left(world, service, story)


def test_the_same_key_starts_one_rollout_and_another_body_is_refused(world: World) -> None:
    service = world.service(size=1)
    world.register(service, strategy={"preset": "canary", "bake": "5m"})
    first, again = _start(world, service, "v2"), _start(world, service, "v2")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert _start(world, service, "v3").status == 422
    other = _start(world, service, "v2", key="another")
    assert other.status == 409
    assert first.body["rollout_id"] in other.body["detail"]
    story = Story(world, service.name, first.body["rollout_id"])
    assert story.ask("abort").status == 202
    story.until_ended()
    assert _start(world, service, "v2").body == first.body
    assert_nothing_left(world, service, story)


def _start(world: World, service: SampleService, version: str, key: str = "a key") -> Any:
    body = {"version": service.images[version]}
    return world.api().request("POST", f"/services/{service.name}/rollouts", body, {"Idempotency-Key": key})
