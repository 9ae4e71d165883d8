"""A/B tests: the better version gets all traffic, the worse one goes back, and people may end it early."""

from datetime import timedelta
from typing import Any

from signalbox.kernel.clock import from_rfc3339
from signalbox_local.owner import balancer_dimension, targets_dimension
from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import Story, World

FLOOR = 3
TWO_LOOKS = 150  # seconds: the first look that can have samples comes a minute after the shift
BALANCER = "AWS/ApplicationELB"


def _experiment(**changes: object) -> dict[str, Any]:
    """Answers without an error, by what the load balancer counts for each target group."""
    dimensions = {"TargetGroup": "{target_group}", "LoadBalancer": "{load_balancer}"}
    trials = {"namespace": BALANCER, "name": "RequestCount", "dimensions": dimensions}
    successes = {**trials, "name": "HTTPCode_Target_2XX_Count"}
    experiment = {"goal": "increase", "rate": {"trials": trials, "successes": successes}, "duration": "1h"}
    return {"preset": "ab-test", "share": 20, "experiment": {**experiment, **changes}}


def _count(world: World, service: SampleService, story: Story, sides: dict[str, tuple[int, int]]) -> None:
    """Requests and good answers of each target group's first minute in the experiment."""
    at = from_rfc3339(story.read()["analysis"]["began_at"]) + timedelta(seconds=1)
    for target_group, counts in sides.items():
        dimensions = [
            {"Name": "TargetGroup", "Value": targets_dimension(target_group)},
            {"Name": "LoadBalancer", "Value": balancer_dimension(service.load_balancer)},
        ]
        for name, count in zip(("RequestCount", "HTTPCode_Target_2XX_Count"), counts, strict=True):
            datum = {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": float(count)}
            world.aws("cloudwatch").put_metric_data(Namespace=BALANCER, MetricData=[datum])


def _begun(world: World, slots: bool, **changes: object) -> tuple[SampleService, Story]:
    service = world.service(slots=slots)
    world.register(service, strategy=_experiment(**changes))
    story = world.start(service)
    held = story.until_holding("analysis")
    assert held["phase"] == "holding"
    assert held["shares"]["actual"] == {"stable": 80, "candidate": 20}
    return service, story


def _candidate(world: World, service: SampleService) -> str:
    (found,) = set(world.weights(service.rules[0])) - {service.target_groups[0]}
    return found


def test_the_better_version_gets_all_traffic_and_the_worse_one_goes_back(world: World) -> None:
    better, good = _begun(world, slots=True)
    worse = world.service()
    world.register(worse, strategy=_experiment())
    before, bad = picture(world, worse), world.start(worse)
    bad.until_holding("analysis")
    for service, story, successes in ((better, good, 1_900), (worse, bad, 1_500)):
        stable, candidate = service.target_groups[0], _candidate(world, service)
        _count(world, service, story, {stable: (8_000, 6_800), candidate: (2_000, successes)})
    with never_below(world, better, FLOOR), never_below(world, worse, FLOOR):
        assert good.until_ended(TWO_LOOKS)["phase"] == "succeeded"
        ended = bad.until_ended(TWO_LOOKS)
    _assert_won(world, better, good)
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["reason"].startswith("the candidate is worse: 75 % against 85 %: -10 points")
    assert ended["outcome"]["evidence"]["verdict"] == ended["analysis"]["verdict"] == "worse"
    assert ended["shares"]["actual"] == {"stable": 100, "candidate": 0}
    assert_as_before(before, picture(world, worse))
    assert_nothing_left(world, worse, bad)


def _assert_won(world: World, service: SampleService, story: Story) -> None:
    analysis = story.read()["analysis"]
    assert analysis["verdict"] == "better"
    assert analysis["stable"] == {"samples": 8_000, "value": 85.0}
    assert analysis["candidate"] == {"samples": 2_000, "value": 95.0}
    assert 0 < analysis["low"] < analysis["difference"] == 10.0 < analysis["high"]
    types = story.types()
    assert types.index("Experiment Started") < types.index("Experiment Concluded")
    assert world.weights(service.rules[0])[service.target_groups[1]] == 100
    assert world.images(service.groups[1]) == {service.images["v2"]}
    assert_nothing_left(world, service, story)


def test_who_cannot_wait_may_pause_go_on_and_promote(world: World) -> None:
    service, story = _begun(world, slots=True)
    assert story.ask("pause").status == 202
    story.until_holding("pause")
    assert story.ask("resume").status == 202
    story.until_holding("analysis")
    assert story.ask("promote", reason="it is good enough").status == 202
    assert story.until_ended()["phase"] == "succeeded"
    analysis = story.read()["analysis"]
    assert analysis["verdict"] == "promoted"
    assert analysis["reason"].startswith("promoted by hand")
    assert_nothing_left(world, service, story)


def test_an_alarm_ends_an_experiment_at_once(world: World) -> None:
    service = world.service(slots=True)
    world.register(service, strategy=_experiment())
    before, story = picture(world, service), world.start(service)
    story.until_holding("analysis")
    since = world.last_call()
    world.raise_alarm(service.alarm)
    assert story.until_ended()["phase"] == "rolled_back"
    calls = [call["operation"] for call in world.calls(since) if "OnAlarmFunction" in call["principal"]]
    assert calls[:4] == ["Query", "UpdateItem", "ModifyRule", "SendTaskSuccess"]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_an_experiment_that_cannot_tell_both_sides_apart_is_refused(world: World) -> None:
    service = world.service()
    strategy = _experiment()
    strategy["experiment"]["rate"]["trials"]["dimensions"] = {"TargetGroup": "targetgroup/mine/1"}
    answer = world.api().request("PUT", f"/services/{service.name}", service.spec(strategy=strategy))
    assert answer.status == 400
    told = [violation["field"] for violation in answer.body["violations"]]
    assert told == ["strategy.experiment.rate.trials.dimensions"]


def test_a_plan_tells_how_long_an_experiment_may_take(world: World) -> None:
    service = world.service()
    world.register(service, strategy=_experiment())
    body = {"version": service.images["v2"]}
    planned = world.api("viewer").request("POST", f"/services/{service.name}/plan", body).body
    kinds = [step["kind"] for step in planned["steps"]]
    assert kinds == ["provision", "shift", "analyse", "shift", "retire"]
    assert planned["steps"][2]["name"] == "analyse HTTPCode_Target_2XX_Count of RequestCount for at most 1h"
    assert planned["steps"][2]["seconds"] == 3_600
    assert planned["estimate"]["extra_instance_hours"] > 4
