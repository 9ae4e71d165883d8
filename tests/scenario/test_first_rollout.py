"""Nothing serves yet: the first instances launch, and that is the whole rollout."""

from signalbox_local.owner import forwarding
from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.world import World


def _nothing(world: World, *, slots: bool = False) -> SampleService:
    service = world.service(size=0, slots=slots)
    group = service.groups[0]
    world.aws("autoscaling").update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=4)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    return service


def test_a_first_rollout_says_so_launches_and_is_well(world: World) -> None:
    service = _nothing(world, slots=True)
    world.raise_alarm(service.alarm)  # nobody answers
    body = {"version": service.images["v2"], "size": 2}
    plan = world.api().request("POST", f"/services/{service.name}/plan", body).body
    assert [step["name"] for step in plan["steps"]] == ["launch 2, the first"]
    assert [w for w in plan["warnings"] if w.startswith("this is the first rollout")]
    story = world.start(service, size=2)
    assert story.until_ended()["phase"] == "succeeded"
    first, second = (world.group(name) or {} for name in service.groups)
    assert (first["DesiredCapacity"], second["DesiredCapacity"]) == (2, 0)
    assert world.images(service.groups[0]) == {service.images["v2"]}
    assert_nothing_left(world, service, story)


def test_a_first_rollout_that_gets_no_capacity_leaves_nothing(world: World) -> None:
    service = _nothing(world)
    before = picture(world, service)
    with world.without_capacity():
        story = world.start(service)
        story.until_holding("settling")
        assert story.ask("abort").status == 202
        assert story.until_ended()["phase"] == "aborted"
    assert_as_before(before, picture(world, service))
    assert (world.group(service.name) or {})["DesiredCapacity"] == 0
    assert_nothing_left(world, service, story)


def test_a_new_service_beside_another_that_serves_launches_and_says_that_nobody_reaches_it(
    world: World,
) -> None:
    service, other = _nothing(world), world.service(size=2)
    (theirs, ours), (rule,) = (*other.target_groups[:1], *service.target_groups[:1]), service.references
    world.aws("elbv2").modify_rule(RuleArn=rule, Actions=[forwarding([theirs, ours])])
    before = world.weights(rule)
    story = world.start(service)
    ended = story.until_ended()
    assert ended["phase"] == "succeeded"
    assert any(
        f"{rule} sends traffic to {theirs}, where 2 healthy targets serve" in text
        for text in ended["warnings"]
    )
    assert ended["outcome"]["reason"].endswith(f"nobody reaches it until it has weight in {rule}")
    assert world.images(service.groups[0]) == {service.images["v2"]}
    assert world.weights(rule) == before
