"""AWS refuses the restore: traffic is back, locks stay, people are told; once mended, `retry` ends it."""

from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.roles import lacking
from tests.scenario.world import World


def test_a_rollout_that_gets_stuck_is_retried(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with lacking(world, "RestoreFunction", "RestoreGroups"):
        world.raise_alarm(service.alarm)
        stuck = story.until_ended()
        assert stuck["phase"] == "stuck"
        assert "UpdateAutoScalingGroup" in stuck["outcome"]["reason"]
        assert world.weights(service.rules[0])[service.target_groups[0]] == 100
        assert world.items("LOCK#") != []
        world.calm_alarm(service.alarm)
        second = world.api().request(
            "POST", f"/services/{service.name}/rollouts", {"version": service.images["v3"]}
        )
        assert second.status == 409
        assert story.rollout_id in second.body["detail"]
        assert story.ask("abort").status == 202
        assert story.ask("pause").status == 409
        assert story.read()["phase"] == "stuck"
    answer = story.ask("retry", reason="the statement is back")
    assert (answer.status, answer.body["phase"]) == (202, "rolling_back")
    ended = story.until_ended()
    assert (ended["phase"], ended["generation"]) == ("rolled_back", 2)
    assert ended["outcome"]["evidence"]["alarm"] == service.alarm
    assert [e["reason"] for e in story.timeline() if e["type"] == "Retry Requested"] == [
        "the statement is back"
    ]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_retry_of_what_is_not_mended_is_stuck_again(world: World) -> None:
    service = world.service(slots=True, size=1)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with lacking(world, "RestoreFunction", "RestoreGroups"):
        assert story.ask("abort").status == 202
        assert story.until_ended()["phase"] == "stuck"
        assert story.ask("retry").status == 202
        assert story.until(lambda rollout: rollout["phase"] == "stuck")["generation"] == 2
    assert story.ask("retry").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert story.types().count("Rollout Stuck") == 2
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)
