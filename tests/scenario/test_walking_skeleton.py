"""The two rollouts of the demo, as stories."""

from tests.scenario.world import World


def test_a_good_version_is_rolled_out_by_canary(world: World) -> None:
    service = world.service()
    world.register(service)
    story = world.start(service, reason="a story")
    assert story.until_ended()["phase"] == "succeeded"
    assert world.images(service.name) == {service.images["v2"]}
    assert world.group(f"{service.name}-sb-{story.rollout_id[-8:]}") is None


def test_a_bad_version_is_thrown_back_by_its_alarm(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    story = world.start(service)
    story.until_holding("bake")
    assert sum(world.weights(service.rules[0]).values()) == 100
    world.errors(f"signalbox-{story.rollout_id}-{service.alarm}")
    ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["evidence"]["alarm"].endswith("-5xx")
    assert world.images(service.name) == {service.images["v1"]}
