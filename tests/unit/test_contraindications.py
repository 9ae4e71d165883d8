"""Strategies that do not suit a service: why, and which is left."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from signalbox.kernel.errors import Unprocessable
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.contraindications import SAFEST_FIRST, Suitability
from signalbox.rollouts.databases import Cluster, cannot_be_doubled
from signalbox.rollouts.draft import draft
from signalbox.rollouts.estate import Carried, Group
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.service import Facts, Provision, Replace, Retire, ServiceSpec, StepSpec, Strategy
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox.rollouts.survey import Survey
from tests.unit.builders import BLUE, GREEN, IMAGE, TEMPLATE, group, rule, spec, survey, target_group
from tests.unit.experiments import ab_test
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA

SHARING = {"traffic-splitting", "linear", "ab-test"}
SECOND = {"immutable", "blue-green", *SHARING}
MORE = {"canary", "rolling-with-additional-batch", *SECOND}


def service(**facts: object) -> ServiceSpec:
    declared = Facts(**facts)  # type: ignore[arg-type]
    return replace(spec(Strategy(preset="blue-green")), facts=declared)


def found(of: ServiceSpec, seen: Survey | None = None) -> Suitability:
    return draft(of, seen or survey(), IMAGE).suitability


def test_every_preset_has_its_place_in_the_order() -> None:
    assert set(SAFEST_FIRST) == set(PRESETS)


def test_a_service_without_peculiarities_may_have_every_strategy() -> None:
    assert found(service()) == Suitability(safest="canary")


@pytest.mark.parametrize(
    ("facts", "unsuitable"),
    [
        ({"schema_coupled": True}, {"rolling", *MORE}),
        ({"upgrade_routine": True}, {"rolling", *MORE}),
        ({"schema_state": "contracted"}, {"rolling", *MORE}),
        ({"schema_coupled": True, "schema_state": "expanded"}, set()),
        ({"upgrade_routine": True, "schema_state": "expanded"}, {"rolling", *MORE}),
        ({"vendor_unsupported": True}, MORE),
        ({"singleton_leader": True}, MORE),
        ({"stateful_volumes": True}, {"all-at-once", *SECOND}),
    ],
)
def test_what_the_owner_declares_rules_strategies_out(facts: dict[str, object], unsuitable: set[str]) -> None:
    suit = found(service(**facts))
    assert set(suit.unsuitable) == unsuitable
    assert suit.safest == next(name for name in SAFEST_FIRST if name not in unsuitable)


def under(floor: int | None, of: ServiceSpec) -> ServiceSpec:
    return replace(of, guards=replace(of.guards, min_healthy_percent=floor))


def test_the_safest_that_is_left_is_one_that_can_run() -> None:
    suit = found(under(100, service(vendor_unsupported=True)))
    assert set(suit.unsuitable) == {"rolling", "all-at-once", *MORE}
    why = "guards.min_healthy_percent: with a floor of 100 % none of 4 instances may go before others come"
    assert suit.unsuitable["rolling"] == (why,)
    assert suit.safest is None
    assert suit.told is not None
    assert suit.told.endswith("; no preset is left")
    assert found(under(75, service(vendor_unsupported=True))).safest == "rolling"


@pytest.mark.parametrize(("floor", "unsuitable"), [(None, False), (0, False), (1, True), (75, True)])
def test_all_at_once_above_a_floor_runs_two_versions_side_by_side(
    floor: int | None, *, unsuitable: bool
) -> None:
    of = under(floor, service(schema_coupled=True))
    assert ("all-at-once" in found(of).unsuitable) is unsuitable
    suit = found(replace(of, strategy=Strategy(preset="all-at-once")))
    side_by_side = ("facts.schema_coupled: old and new would run side by side",)
    assert suit.against == (side_by_side if unsuitable else ())


@pytest.mark.parametrize("floor", [0, 100])
def test_all_at_once_beside_additional_instances_runs_two_versions_side_by_side(floor: int) -> None:
    steps = (
        StepSpec(provision=Provision(percent=100)),
        StepSpec(replace=Replace(batch=100)),
        StepSpec(retire=Retire()),
    )
    of = under(floor, replace(service(schema_coupled=True), strategy=Strategy(steps=steps)))
    assert found(of).against == ("facts.schema_coupled: old and new would run side by side",)


def test_half_of_the_group_at_once_is_not_all_at_once() -> None:
    steps = (StepSpec(replace=Replace(percent=50, batch=100)), StepSpec(replace=Replace(batch=100)))
    of = under(0, replace(service(schema_coupled=True), strategy=Strategy(steps=steps)))
    assert found(of).against == ("facts.schema_coupled: old and new would run side by side",)


def test_above_a_floor_data_does_not_all_go_at_once() -> None:
    assert "all-at-once" in found(under(None, service(stateful_volumes=True))).unsuitable
    assert "all-at-once" not in found(under(75, service(stateful_volumes=True))).unsuitable


def test_the_floor_that_this_rollouts_preset_implies_is_not_that_of_others() -> None:
    of = service(vendor_unsupported=True)
    assert found(under(None, of)).safest == "rolling"
    assert set(found(under(None, replace(of, strategy=Strategy(preset="rolling")))).unsuitable) == MORE


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("floor", [None, 0, 75, 100])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_what_is_said_to_be_left_is_not_refused_and_what_is_refused_is_not_left(
    name: str, floor: int | None, size: int
) -> None:
    seen = survey(groups={"blue": group(size=size)})
    of = under(floor, spec(ab_test() if name == "ab-test" else Strategy(preset=name)))  # type: ignore[arg-type]
    told = found(under(floor, service()), seen).unsuitable.get(name, ())
    may_go = not any(why.startswith("guards.min_healthy_percent") for why in told)
    with nullcontext() if may_go else pytest.raises(Unprocessable, match="would never settle"):
        draft(of, seen, IMAGE)


def test_a_volume_that_was_attached_to_an_instance_is_found_and_named() -> None:
    suit = found(service(), survey(attached={"blue": ("/dev/sdf",)}))
    assert set(suit.unsuitable) == {"all-at-once", *SECOND}
    assert suit.against == (
        "volume /dev/sdf, attached to instances of blue: its data would not be in the second group",
    )


def test_alarms_that_call_a_policy_do_not_follow_to_a_copy() -> None:
    scaled = replace(group(), carried=Carried(alarms={"up": ("cpu-high", "cpu-higher")}))
    seen = survey(groups={"blue": scaled, "green": group("green", size=0)})
    suit = found(service(), seen)
    assert set(suit.unsuitable) == SECOND
    assert suit.against == (
        "cpu-high, cpu-higher would not call scaling policy up of a copy of blue, which would not grow by it",
    )
    assert found(spec(Strategy(preset="blue-green"), slots=True), _in_slots(scaled)) == Suitability(
        safest="canary"
    )


def _in_slots(blue: Group) -> Survey:
    return survey(groups={"blue": blue, "green": group("green", size=0, serves=GREEN)})


def test_everything_together_leaves_nothing_and_says_so() -> None:
    facts = dict.fromkeys(("schema_coupled", "vendor_unsupported", "stateful_volumes"), True)
    suit = found(service(**facts))
    assert suit.safest is None
    assert suit.told == (
        "this strategy does not suit the service: facts.schema_coupled: old and new would run side by side; "
        "facts.vendor_unsupported: a second installation would run beside the first; "
        "facts.stateful_volumes: its data would not be in the second group; no preset is left"
    )


def test_a_volume_with_data_is_found_in_the_launch_template() -> None:
    seen = survey(data_volumes={TEMPLATE: {"1": ("/dev/sdf",), "7": ("/dev/sdg",)}})
    suit = found(service(), seen)
    assert suit.against == ("volume /dev/sdf of blue: its data would not be in the second group",)
    assert suit.unsuitable["all-at-once"] == ("volume /dev/sdf of blue: its data would all go at once",)
    assert suit.safest == "canary"


def test_a_single_instance_is_not_replaced_in_place_unless_all_at_once_is_asked_for() -> None:
    suit = found(service(), survey(groups={"blue": group(size=1)}))
    assert set(suit.unsuitable) == {"rolling"}


@pytest.mark.parametrize(("seconds", "unsuitable"), [("3600", set()), ("3601", SHARING)])
def test_long_cookies_of_a_target_group_or_a_rule_defeat_shares(seconds: str, unsuitable: set[str]) -> None:
    cookie = {"stickiness.enabled": "true", "stickiness.lb_cookie.duration_seconds": seconds}
    sticky = survey(target_groups={BLUE: target_group(attributes=cookie)})
    assert set(found(service(), sticky).unsuitable) == unsuitable
    actions = [dict(action) for action in rule().actions]
    forward = actions[0]["ForwardConfig"]
    assert isinstance(forward, dict)
    forward["TargetGroupStickinessConfig"] = {"Enabled": True, "DurationSeconds": int(seconds)}
    kept = replace(rule(), actions=tuple(actions))
    assert set(found(service(), survey(rules={kept.arn: kept}, references=(kept,))).unsuitable) == unsuitable


def world_of(of: ServiceSpec) -> World:
    world = World(aws=FakeAws(survey()))
    world.store.services[of.name] = Registered(spec=of, created_at="", updated_at="", updated_by="")
    return world


def test_a_strategy_that_does_not_suit_is_refused_with_the_safest_that_is_left() -> None:
    world = world_of(service(vendor_unsupported=True))
    with pytest.raises(Unprocessable) as refused:
        start_rollout(StartRollout(service="checkout", version=IMAGE), ANA, world.ports)
    told = refused.value.violations[0]
    assert told.field == "strategy"
    assert "the safest that is left is rolling; choose that one, or say in `override` why" in told.message
    assert not world.store.records


def test_a_registration_says_what_does_not_suit_and_what_is_left() -> None:
    of = service(singleton_leader=True)
    registered, _ = put_service(of, ANA, World(aws=FakeAws(survey())).ports)
    assert (set(registered.unsuitable), registered.safest) == (MORE, "rolling")
    assert registered.unsuitable["canary"] == ("facts.singleton_leader: two leaders would run at once",)


def test_where_none_is_left_nothing_is_told_to_be_chosen() -> None:
    world = world_of(under(100, service(vendor_unsupported=True)))
    with pytest.raises(Unprocessable) as refused:
        start_rollout(StartRollout(service="checkout", version=IMAGE), ANA, world.ports)
    told = refused.value.violations[0]
    assert told.message.endswith("no preset is left; say in `override` why this one is run all the same")


def test_who_overrides_says_why_and_it_is_in_the_timeline() -> None:
    world = world_of(service(vendor_unsupported=True))
    command = StartRollout(service="checkout", version=IMAGE, override="the vendor has agreed")
    rollout = start_rollout(command, ANA, world.ports)
    told = world.store.entries[rollout.rollout_id][1]
    assert (told.type, told.actor, told.reason) == (
        "Contraindications Overridden",
        ANA.arn,
        "the vendor has agreed",
    )
    assert told.data["against"] == [
        "facts.vendor_unsupported: a second installation would run beside the first"
    ]
    assert rollout.warnings[-1].startswith("strategy: this strategy does not suit the service")


def test_where_nothing_is_overridden_nothing_is_told() -> None:
    world = world_of(service())
    command = StartRollout(service="checkout", version=IMAGE, override="just in case")
    rollout = start_rollout(command, ANA, world.ports)
    assert [entry.type for entry in world.store.entries[rollout.rollout_id]] == ["Rollout Requested"]


def test_what_serves_already_is_no_matter_of_strategy() -> None:
    world = world_of(service(vendor_unsupported=True))
    assert start_rollout(StartRollout(service="checkout", version="1"), ANA, world.ports).steps == ()


def cluster(engine: str, version: str, mode: str = "provisioned") -> Cluster:
    return Cluster(name="orders", engine=engine, version=version, mode=mode)


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (cluster("aurora-postgresql", "13.11"), "older than the first that takes blue/green deployments"),
        (cluster("aurora-postgresql", "10.20"), "older than the first that takes blue/green deployments"),
        (cluster("aurora-postgresql", "16.1"), None),
        (cluster("aurora-postgresql", "17"), None),
        (cluster("aurora-postgresql", "17.3"), "older than the first that takes blue/green deployments"),
        (cluster("aurora-postgresql", "17.4"), None),
        (cluster("aurora-postgresql", "18.1"), None),
        (cluster("aurora-postgresql", "9.6.25"), "older than the first that takes blue/green deployments"),
        (cluster("aurora-postgresql", "16.4-limitless"), None),
        (cluster("aurora-mysql", "8.0.mysql_aurora.3.04.0"), None),
        (cluster("aurora-mysql", "5.7.mysql_aurora.2.08.3", "serverless"), "Aurora Serverless v1"),
        (cluster("aurora", "5.6.mysql_aurora.1.22.2"), None),
        (cluster("postgres", "13.4"), None),
    ],
)
def test_aurora_clusters_are_known_by_engine_version_and_mode(of: Cluster, why: str | None) -> None:
    told = cannot_be_doubled(of)
    assert told == (f"database cluster orders ({of.engine} {of.version}) is {why}" if why else None)


def test_a_cluster_that_cannot_be_doubled_rules_a_second_group_out() -> None:
    of, old = service(database_cluster="orders"), survey(cluster=cluster("aurora-postgresql", "13.4"))
    suit = found(of, old)
    assert set(suit.unsuitable) == SECOND
    assert suit.safest == "canary"
    assert suit.against[0].endswith("both groups would share it")
    both = service(database_cluster="orders", schema_state="expanded")
    assert found(both, old) == found(of, survey(cluster=cluster("aurora-postgresql", "16.4")))
    assert found(both, old) == Suitability(safest="canary")


def test_a_cluster_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Unprocessable) as told:
        found(service(database_cluster="orders"))
    (violation,) = told.value.violations
    assert violation.field == "facts.database_cluster"
    assert violation.message == "database cluster orders does not exist in eu-west-1"
