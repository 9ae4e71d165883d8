"""Registering, planning and starting: what is read, refused and stored."""

from dataclasses import replace

import pytest

from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient, Unprocessable
from signalbox.rollouts.commands.on_platform_event import InstanceChanged, on_platform_event
from signalbox.rollouts.commands.plan_rollout import plan_rollout
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.commands.signalling import wake
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.model import HoldKind, Phase, Told
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.progress import Progress, State, back
from signalbox.rollouts.service import Guards, ServiceSpec, Strategy
from signalbox.rollouts.signals import Signals
from tests.unit.builders import (
    BLUE_GREEN,
    CANARY,
    IMAGE,
    OLD_IMAGE,
    ROLLOUT,
    alarm,
    group,
    spec,
    survey,
)
from tests.unit.fakes import FakeAws, World
from tests.unit.machine import ANA, Story, started

WRONG = Strategy(preset="linear", canary=1)


def registered(world: World, of: ServiceSpec | None = None, *, sequence: int | None = None) -> ServiceSpec:
    of = of or spec()
    stored = Registered(spec=of, created_at="", updated_at="", updated_by="", sequence=sequence)
    world.store.services[of.name] = stored
    return of


def ask(world: World, **fields: object) -> object:
    command = StartRollout(service="checkout", version=IMAGE)
    return start_rollout(replace(command, **fields), ANA, world.ports)  # type: ignore[arg-type]


def seeing(**found: object) -> World:
    return World(aws=FakeAws(survey(**found)))


def test_a_service_is_created_and_then_replaced() -> None:
    world = World()
    service, is_new = put_service(spec(), ANA, world.ports)
    assert is_new
    assert (service.created_at, service.updated_by) == ("2026-11-22T08:00:00.000Z", ANA.arn)
    world.clock.move(hours=1)
    again, is_new = put_service(spec(BLUE_GREEN), ANA, world.ports)
    assert not is_new
    assert again.created_at == service.created_at
    assert again.updated_at == "2026-11-22T09:00:00.000Z"
    assert not world.aws.writes


def test_a_replaced_service_keeps_the_order_of_its_rollouts() -> None:
    world = World()
    registered(world, sequence=7)
    service, _ = put_service(spec(BLUE_GREEN), ANA, world.ports)
    assert service.sequence == 7


def test_a_service_that_contradicts_itself_is_refused_before_aws_is_asked() -> None:
    world = seeing(groups={})
    with pytest.raises(Invalid) as refused:
        put_service(spec(WRONG), ANA, world.ports)
    assert not isinstance(refused.value, Unprocessable)
    assert not world.store.services


def test_a_service_that_aws_does_not_know_is_refused() -> None:
    world = seeing(groups={})
    with pytest.raises(Unprocessable, match="does not exist"):
        put_service(spec(), ANA, world.ports)
    assert not world.store.services


def test_warnings_are_stored_with_the_service() -> None:
    world = seeing(groups={"blue": group(tags={})})
    assert put_service(spec(), ANA, world.ports)[0].warnings == (
        "blue is not tagged signalbox:managed=true: the permissions of Signalbox allow no write to it",
    )


def test_strict_refuses_guards_that_would_let_everything_pass_and_nothing_else() -> None:
    strict = spec(guards=Guards(alarms=("checkout-5xx",), strict=True))
    owned = seeing(groups={"blue": group(tags={"signalbox:managed": "true", "terraform": "shop"})})
    assert put_service(strict, ANA, owned.ports)[1]
    dead = seeing(alarms={"checkout-5xx": alarm(state="INSUFFICIENT_DATA")})
    with pytest.raises(Unprocessable, match=r"guards.strict: guards.alarms: checkout-5xx has no data yet"):
        put_service(strict, ANA, dead.ports)
    registered(dead, strict)
    with pytest.raises(Unprocessable, match=r"guards.strict"):
        ask(dead)


def test_a_plan_names_what_it_creates_and_removes() -> None:
    world = World()
    registered(world, spec(BLUE_GREEN, slots=True))
    plan = plan_rollout("checkout", IMAGE, None, world.ports)
    assert [name.split(":")[0] for name in plan.creates] == [
        "CreateLaunchTemplateVersion",
        "PutMetricAlarm",
        "PutMetricAlarm",
    ]
    assert plan.removes[-1] == "all instances of blue"
    assert [name.split(":")[0] for name in plan.removes[:-1]] == ["DeleteAlarms"]
    assert not world.aws.writes


def test_a_plan_of_a_canary_names_the_instances_that_go() -> None:
    world = World()
    registered(world)
    removes = plan_rollout("checkout", IMAGE, None, world.ports).removes
    assert "TerminateInstanceInAutoScalingGroup: i-blue-1-0" in removes
    assert removes[-1].startswith("DeleteAutoScalingGroup: blue-sb-")


def test_a_plan_for_a_copied_group_tells_both_ways() -> None:
    world = World()
    registered(world, spec(BLUE_GREEN))
    plan = plan_rollout("checkout", IMAGE, None, world.ports)
    assert plan.replaces == ("blue: 100 %, while the candidate serves",)
    assert [text.partition(": ")[2] for text in plan.switches] == [
        "the candidate gets 100 %, then blue with the new version gets it back"
    ]
    assert any(text.startswith("DeleteTargetGroup") for text in plan.removes)


def test_a_plan_to_what_serves_already_is_empty() -> None:
    world = World()
    registered(world, spec(BLUE_GREEN, slots=True))
    plan = plan_rollout("checkout", OLD_IMAGE, None, world.ports)
    assert (plan.writes, plan.creates, plan.removes) == ((), (), ())
    world.aws.named_alarms["checkout-5xx"] = alarm(state="ALARM")
    assert not plan_rollout("checkout", OLD_IMAGE, None, world.ports).warnings


def test_a_plan_warns_of_what_would_refuse_the_rollout() -> None:
    world = seeing(alarms={"checkout-5xx": alarm(state="ALARM")})
    registered(world)
    warned = plan_rollout("checkout", IMAGE, None, world.ports).warnings
    assert warned == ("alarm checkout-5xx is in ALARM: Threshold Crossed",)
    with pytest.raises(Unprocessable, match="is in ALARM"):
        ask(world)
    assert not world.store.records


def test_another_strategy_for_this_once() -> None:
    world = World()
    registered(world)
    plan = plan_rollout("checkout", IMAGE, BLUE_GREEN, world.ports)
    assert [step.name for step in plan.draft.steps] == [
        "provision 100 %",
        "shift 100 %",
        "bake 10m",
        "retire",
    ]
    assert world.store.services["checkout"].spec == spec()
    with pytest.raises(Invalid, match="strategy.canary"):
        plan_rollout("checkout", IMAGE, WRONG, world.ports)


def test_what_is_not_registered_cannot_be_planned_or_started() -> None:
    world = World()
    with pytest.raises(NotFound):
        plan_rollout("checkout", IMAGE, None, world.ports)
    with pytest.raises(NotFound):
        ask(world)


def test_a_rollout_is_pending_locked_and_started() -> None:
    world = World()
    story = started(world, spec(CANARY))
    rollout = story.rollout
    assert rollout.phase is Phase.PENDING
    assert (rollout.requested_by.caller, rollout.requested_by.reason) == (ANA.arn, "because")
    assert rollout.rollout_id[:2] == "r-"
    assert [entry.type for entry in story.timeline] == ["Rollout Requested"]
    assert set(world.store.locks.values()) == {("checkout", rollout.rollout_id)}
    assert world.executions.statuses == {(rollout.rollout_id, 1): "RUNNING"}


@pytest.mark.parametrize("error", [Transient("slow down"), Rejected("no")])
def test_a_rollout_whose_machine_does_not_start_is_left_to_the_reconciler(error: Exception) -> None:
    world = World()
    registered(world)

    def refused(service: str, rollout_id: str, generation: int) -> None:
        raise error

    world.executions.start = refused  # type: ignore[method-assign]
    ask(world)
    assert len(world.store.open) == 1


def test_a_group_that_has_lost_its_size_is_not_rolled_out() -> None:
    leaving = replace(group(), desired=0)
    world = seeing(groups={"blue": leaving})
    registered(world)
    with pytest.raises(Unprocessable, match="blue has no instances: scale it up first"):
        ask(world)


@pytest.mark.parametrize(
    ("last", "asked", "accepted"),
    [(None, None, 1), (None, 0, 1), (5, None, 1), (5, 5, 1), (5, 6, 1), (5, 4, 0), (5, 0, 0)],
)
def test_a_request_that_comes_too_late_is_refused(last: int | None, asked: int | None, accepted: int) -> None:
    world = World()
    registered(world, sequence=last)
    if accepted:
        ask(world, sequence=asked)
    else:
        with pytest.raises(Conflict, match=f"sequence {asked} comes after {last} was accepted"):
            ask(world, sequence=asked)
    assert len(world.store.records) == accepted
    assert world.store.services["checkout"].sequence == (asked if accepted and asked is not None else last)


def waiting_for(told: Told, times: int) -> Story:
    """A rollout that waits until AWS has told so much."""
    world = World()
    world.aws.slow = True
    story = started(world, spec(CANARY)).run_into(HoldKind.SETTLING)
    item = world.store.latches[story.rollout_id]
    assert item.signals.hold is not None
    item.signals = replace(item.signals, told={}, hold=replace(item.signals.hold, awaits=told, times=times))
    return story


def tell(story: Story, told: Told, name: str | None = None) -> bool:
    event = InstanceChanged(group=name or story.rollout.layout.candidate_group, told=told)
    return on_platform_event(event, story.world.ports)


def test_settling_ends_with_the_last_event_that_it_awaits() -> None:
    story = waiting_for(Told.LAUNCHED, 2)
    assert not tell(story, Told.LAUNCHED)
    assert not tell(story, Told.TERMINATED)
    assert not tell(story, Told.LAUNCHED, "somebody-elses")
    assert tell(story, Told.LAUNCHED)
    assert story.token in story.world.executions.answers


def test_an_event_for_a_hold_that_ended_by_itself_is_kept_for_the_next() -> None:
    story = waiting_for(Told.LAUNCHED, 1)
    story.world.executions.waiting.clear()
    assert not tell(story, Told.LAUNCHED)
    assert story.world.store.latches[story.rollout_id].signals.told == {Told.LAUNCHED: 1}


def test_an_event_between_two_holds_ends_none() -> None:
    story = waiting_for(Told.LAUNCHED, 1)
    item = story.world.store.latches[story.rollout_id]
    item.signals = replace(item.signals, token=None, hold=None)
    assert not tell(story, Told.LAUNCHED)


def test_an_event_for_a_rollout_that_is_just_closed_is_nothing() -> None:
    story = waiting_for(Told.LAUNCHED, 1)
    story.world.store.latches.clear()
    assert not tell(story, Told.LAUNCHED)


def test_nobody_is_woken_who_does_not_wait() -> None:
    world = World()
    nobody = Signals(rollout_id=ROLLOUT, service="checkout", generation=1)
    assert not wake(nobody, back(0), world.ports)
    assert not wake(replace(nobody, token="dead"), Progress(next=State.FINISH), world.ports)
    world.executions.waiting.add("alive")
    assert wake(replace(nobody, token="alive"), Progress(next=State.FINISH), world.ports)
