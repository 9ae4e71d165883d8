"""What is wrong with a rehearsal is said before anything starts."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signalbox.rollouts.service import (
    Analyse,
    Bake,
    Pause,
    Provision,
    Retire,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox_local.rehearsal.blueprint import CannotReplicate, blueprint
from signalbox_local.rehearsal.script import Script, TooFast, UnknownVersion, Wishes, write_script
from signalbox_local.rehearsal.spec import (
    ANSWERS,
    BadSpec,
    divided,
    experiments,
    paced,
    read_spec,
    strategy_body,
    with_preset,
)
from signalbox_local.world import World
from tests.unit.experiments import ab_test, conversion, latency
from tests.unit.rehearsals import ROOT, script

ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012"
SERVICE = (ROOT / "examples/service.yaml").read_text("utf-8")


def world(**changes: Any) -> World:
    given = {
        "title": "a world",
        "versions": {"stable": {}, "candidate": {}},
        "expected": {"phase": "succeeded"},
    }
    return World.model_validate({**given, **changes})


def read(folder: Path, text: str) -> Script:
    file = folder / "service.yaml"
    file.write_text(text, "utf-8")
    return write_script(read_spec(file), world(), Wishes())


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy(preset="canary"), {"preset": "canary", "bake": "30s"}),
        (Strategy(preset="canary", bake="1h", batch=50), {"preset": "canary", "bake": "3m", "batch": 50}),
        (Strategy(preset="blue-green", bake="5s"), {"preset": "blue-green", "bake": "1s"}),
        (Strategy(preset="linear", share=50), {"preset": "linear", "share": 50, "every": "15s"}),
        (
            Strategy(preset="immutable", check="2m", keep_old_for="1h"),
            {"preset": "immutable", "check": "6s", "bake": "30s", "keep_old_for": "3m"},
        ),
    ],
)
def test_what_a_preset_waits_for_is_divided_by_the_speed(
    strategy: Strategy, expected: dict[str, object]
) -> None:
    assert strategy_body(paced(strategy, 20)) == expected


def test_bakes_among_steps_are_divided_and_pauses_left_out() -> None:
    steps = (
        StepSpec(provision=Provision(percent=100)),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(bake=Bake(for_="10m")),
        StepSpec(pause=Pause()),
        StepSpec(retire=Retire()),
    )
    assert strategy_body(paced(Strategy(steps=steps), 10)) == {
        "steps": [
            {"provision": {"percent": 100}},
            {"shift": {"percent": 100}},
            {"bake": {"for": "1m"}},
            {"retire": {}},
        ]
    }


def test_a_part_of_a_second_is_rounded_and_nothing_is_shorter_than_one() -> None:
    assert [divided(text, 20) for text in ("30s", "29s", "1s", "10m")] == ["2s", "1s", "1s", "30s"]


def test_another_preset_keeps_the_parameters_that_it_shares_with_the_services_own() -> None:
    spec = read_spec(ROOT / "examples/service.yaml")
    assert strategy_body(with_preset(spec, "blue-green")) == {"preset": "blue-green", "bake": "10m"}
    assert with_preset(spec, "canary") is spec.strategy
    assert strategy_body(with_preset(spec, "linear")) == {"preset": "linear"}


def test_an_unknown_preset_is_named_with_those_that_exist() -> None:
    with pytest.raises(BadSpec, match="no preset 'yolo'; there are: all-at-once, rolling, "):
        script(preset="yolo")


def test_an_unknown_version_is_named_with_those_that_the_world_has() -> None:
    with pytest.raises(UnknownVersion, match="no version 'v9'; it has: good, bad"):
        script(version="v9")


def test_the_version_that_serves_is_no_candidate() -> None:
    with pytest.raises(UnknownVersion, match="'good' is the version that serves already"):
        script(version="good")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", "not YAML"),
        ("a: &x [1]\nb: *x\n", "aliases are refused"),
        ("[" * 50 + "]" * 50, "nested too deep"),
        ("x" * 70_000, "larger than 64 KiB"),
        (SERVICE + "colour: green\n", "colour: "),
        (SERVICE.replace("preset: canary", "preset: yolo"), "strategy.preset"),
        (SERVICE.replace("  canary: 1", "  every: 1m"), "strategy.every: preset canary does not take it"),
        ("just words", "the file: "),
    ],
)
def test_a_file_that_is_no_service_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadSpec) as refused:
        read(tmp_path, text)
    assert message in str(refused.value)
    assert "service.yaml" in str(refused.value)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "listener-rule/app/shop",
            "listener-rule/net/shop",
            "is not the ARN of a listener or rule of an Applic",
        ),
        ("targetgroup/checkout", "targetgroup/check_out", "is not the ARN of a target group"),
        (
            "elasticloadbalancing:eu-west-1:123456789012:targetgroup",
            "ecs:eu-west-1:1:targetgroup",
            "is not the ARN",
        ),
    ],
)
def test_what_a_replica_cannot_do_is_refused(tmp_path: Path, right: str, wrong: str, message: str) -> None:
    with pytest.raises(CannotReplicate) as refused:
        read(tmp_path, SERVICE.replace(right, wrong))
    assert message in str(refused.value)


def test_an_alarm_that_no_pattern_fits_is_refused_by_name() -> None:
    alarms = {"*latency*": {"watches": "p99", "above": 1}}
    with pytest.raises(CannotReplicate, match="no pattern of the world's alarms fits 'checkout-5xx'"):
        blueprint(read_spec(ROOT / "examples/service.yaml"), world(alarms=alarms))


def test_the_first_pattern_that_fits_decides() -> None:
    plan = script().plan
    assert {name: shape.watches for name, shape in plan.alarms.items()} == {
        "checkout-5xx": "error-rate",
        "checkout-latency": "p99",
    }


def test_a_replica_of_slots_has_both_pairs_and_every_rule() -> None:
    plan = blueprint(read_spec(ROOT / "examples/service-slots.yaml"), world())
    assert [(pair.group, pair.target_group) for pair in plan.pairs] == [
        ("search-blue", "search-blue"),
        ("search-green", "search-green"),
    ]
    assert [(one.balancer, one.is_rule) for one in plan.references] == [("shop", True), ("shop", True)]


def test_a_speed_at_which_an_alarm_would_see_nothing_is_refused() -> None:
    assert script(speed=240).speed == 240
    with pytest.raises(TooFast, match="--speed 241: checkout-5xx looks at periods of 60 s, which allow 240"):
        script(speed=241)


def test_periods_of_metrics_follow_the_speed_but_not_without_end() -> None:
    seconds = [script(speed=speed).pace()["SIGNALBOX_LOCAL_METRIC_SECONDS"] for speed in (1, 20, 100)]
    assert seconds == ["10", "0.5", "0.25"]


def test_an_experiment_is_shorter_but_has_some_minutes_and_asks_nobody() -> None:
    steps = (
        StepSpec(provision=Provision(percent=100)),
        StepSpec(shift=Shift(percent=10)),
        StepSpec(analyse=Analyse(experiment=conversion(duration="2d"))),
        StepSpec(shift=Shift(percent=100)),
        StepSpec(retire=Retire()),
    )
    of_steps = Strategy(steps=steps)
    asking = ab_test(conversion(duration="30m", otherwise="ask"))
    found = [one for strategy in (asking, of_steps) for one in experiments(paced(strategy, 20))]
    assert [(one.duration, one.otherwise) for one in found] == [("3m", "return"), ("144m", "return")]
    (mean,) = experiments(paced(ab_test(latency()), 20))
    assert mean.duration == "31m", "a mean needs half an hour of samples"


def test_an_a_b_test_without_an_experiment_looks_at_the_answers() -> None:
    asked = script(preset="ab-test").paced.experiment
    assert asked is not None
    assert (asked.rate, asked.duration) == (ANSWERS.rate, "6m")


def test_what_is_done_otherwise_than_for_the_service_is_told() -> None:
    spec = read_spec(ROOT / "examples/service-experiment.yaml")
    assert write_script(spec, world(), Wishes()).notes == (
        "strategy.experiment: nobody is there to be asked; where a person would be, it goes back",
    )
    named = write_script(read_spec(ROOT / "examples/service-by-name.yaml"), world(), Wishes(speed=40))
    assert named.notes == ("traffic.record_name: resolvers remember it for 2 s here, for 60 s at real speed",)


def test_a_mean_of_the_applications_own_is_refused() -> None:
    spec = read_spec(ROOT / "examples/service-experiment.yaml")
    own = replace(spec, strategy=ab_test(latency()))
    with pytest.raises(
        CannotReplicate, match=r"experiment\.mean: a world tells rates only, .* of Shop Latency"
    ):
        write_script(own, world(), Wishes())


def test_a_replica_by_name_has_a_side_for_each_pair_and_alarms_of_their_own() -> None:
    plan = blueprint(read_spec(ROOT / "examples/service-by-name.yaml"), world())
    assert (plan.host, plan.zone, plan.references) == ("shop.example.com", "Z0123456789ABCDEFGHIJ", ())
    assert [(pair.group, pair.side) for pair in plan.pairs] == [
        ("shop-blue", "blue"),
        ("shop-green", "green"),
    ]
    assert {name: plan.watched_by(name) for name in (*plan.alarms, "errors")} == {
        "shop-blue-5xx": 0,
        "shop-green-5xx": 1,
        "errors": 0,
    }


def test_an_alarm_belongs_to_the_group_that_it_names_most_closely() -> None:
    plan = blueprint(read_spec(ROOT / "examples/service-by-name.yaml"), world())
    pairs = tuple(
        replace(pair, group=name) for pair, name in zip(plan.pairs, ("shop", "shop-b"), strict=True)
    )
    named = replace(plan, pairs=pairs)
    assert [named.watched_by(name) for name in ("shop-5xx", "shop-b-5xx", "cart-5xx")] == [0, 1, 0]


def test_a_name_is_remembered_for_as_much_shorter_as_everything_goes_faster() -> None:
    seconds = [script(speed=speed).paced_world.traffic.ttl_seconds for speed in (1, 20, 200)]
    assert seconds == [60, 3, 1]
    assert script().parameters() == {}
    named = write_script(read_spec(ROOT / "examples/service-by-name.yaml"), world(), Wishes())
    assert named.parameters() == {"HostedZoneArns": "arn:aws:route53:::hostedzone/*"}
