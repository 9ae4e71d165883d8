"""Undo: the version that served before comes back, at once, quickly or with all care."""

from dataclasses import replace

import pytest

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, NotFound, Rejected, Unprocessable
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.commands.undo import Undo, undo
from signalbox.rollouts.model import HoldKind, Phase, StepKind
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import Facts, RollbackWindow
from tests.unit.builders import IMAGE, OLD_IMAGE, alarm
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import STORIES, assert_over, begun, promoted, raised_at, world_of

ANA_SAYS_NOTHING = Caller(arn=ANA.arn)
RED = "guards.alarms: checkout-5xx is in ALARM already (Threshold Crossed): it does not guard this undo"


def succeeded(name: str = "blue-green on slots") -> Story:
    story = promoted(begun(name))
    story.world.clock.move(minutes=1)
    return story


def asked(story: Story, version: str | None = None, caller: Caller = ANA_SAYS_NOTHING) -> Rollout:
    return undo(Undo(service=story.service, version=version), caller, story.world.ports)


def followed(story: Story, rollout: Rollout) -> Story:
    return Story(world=story.world, service=story.service, rollout_id=rollout.rollout_id)


@pytest.mark.parametrize("name", STORIES)
def test_within_the_window_the_former_version_comes_back_without_a_hold(name: str) -> None:
    before = succeeded(name)
    rollout = asked(before)
    assert (rollout.version, rollout.previous_version) == (OLD_IMAGE, IMAGE)
    assert rollout.requested_by.reason == f"undo of {before.rollout_id}"
    after = followed(before, rollout).run()
    assert after.rollout.phase is Phase.SUCCEEDED
    assert not {step.kind for step in after.rollout.steps} & {StepKind.BAKE, StepKind.PAUSE}
    assert after.timeline[0].data["fast"] is True


def test_twice_undone_is_as_before() -> None:
    first = succeeded()
    second = followed(first, asked(first)).run()
    assert asked(second).version == IMAGE


@pytest.mark.parametrize("name", STORIES)
def test_a_red_alarm_is_why_somebody_undoes_and_holds_nothing_up(name: str) -> None:
    before = succeeded(name)
    before.raise_alarm()
    after = followed(before, asked(before))
    assert after.rollout.warnings[-1] == RED
    assert after.run().rollout.phase is Phase.SUCCEEDED
    assert RED in [entry.reason for entry in after.told("Guard Warned")]
    assert asked(after).version == IMAGE


def test_with_all_care_too_what_was_red_already_does_not_throw_it_back() -> None:
    before = succeeded()
    before.world.clock.move(days=8)
    before.raise_alarm()
    after = followed(before, asked(before)).run_into(HoldKind.BAKE)
    assert not after.alarm()
    assert after.run().rollout.phase is Phase.SUCCEEDED


def test_what_turns_red_before_it_begins_is_no_guard_either() -> None:
    before = succeeded()
    after = followed(before, asked(before))
    assert RED not in after.rollout.warnings
    before.raise_alarm()
    assert after.run().rollout.phase is Phase.SUCCEEDED
    assert [entry.reason for entry in after.told("Guard Warned")].count(RED) == 1


def test_what_was_green_when_it_began_still_guards() -> None:
    before = guarded_by_two("blue-green on slots")
    before.raise_alarm("checkout-latency")
    after = followed(before, asked(before)).run(lambda now: now.rollout.step == 1)
    after.alarm()
    assert after.run().rollout.phase is Phase.ROLLED_BACK


def guarded_by_two(name: str) -> Story:
    """A rollout that has succeeded, with a second alarm."""
    of = STORIES[name]
    world = world_of(of)
    world.aws.named_alarms["checkout-latency"] = alarm("checkout-latency")
    both = replace(of, guards=replace(of.guards, alarms=("checkout-5xx", "checkout-latency")))
    story = promoted(started(world, both))
    world.clock.move(minutes=1)
    return story


def test_a_dead_guard_does_not_refuse_an_undo_though_it_refuses_a_start() -> None:
    before = succeeded()
    store, name = before.world.store, before.service
    spec = store.services[name].spec
    strict = replace(spec, guards=replace(spec.guards, strict=True))
    store.services[name] = replace(store.services[name], spec=strict)
    before.world.aws.named_alarms["checkout-5xx"] = alarm(state="INSUFFICIENT_DATA")
    with pytest.raises(Unprocessable, match=r"guards.strict: .* a dead guard"):
        start_rollout(StartRollout(service=name, version=OLD_IMAGE), ANA, before.world.ports)
    after = followed(before, asked(before)).run()
    assert any("a dead guard" in warning for warning in after.rollout.warnings)
    assert after.rollout.phase is Phase.SUCCEEDED


CONTRACTED = "facts.schema_state is contracted: only what serves now can work with the schema"
BESIDE = "facts.vendor_unsupported: a second installation would run beside the first"


def declared(story: Story, **facts: object) -> Story:
    """The owner has said more of the service since."""
    services = story.world.store.services
    known = services[story.service]
    spec = replace(known.spec, facts=Facts(**facts))  # type: ignore[arg-type]
    services[story.service] = replace(known, spec=spec)
    return story


@pytest.mark.parametrize(
    ("name", "facts", "why", "left"),
    [
        ("all at once", {"schema_state": "contracted"}, CONTRACTED, "no preset is left"),
        ("blue-green on slots", {"schema_state": "contracted"}, CONTRACTED, "no preset is left"),
        ("blue-green on slots", {"vendor_unsupported": True}, BESIDE, "the safest that is left is rolling"),
    ],
)
def test_what_speaks_against_it_takes_a_reason_that_somebody_gave(
    name: str, facts: dict[str, object], why: str, left: str
) -> None:
    before = declared(succeeded(name), **facts)
    with pytest.raises(Unprocessable) as refused:
        asked(before)
    (told,) = refused.value.violations
    assert told.field == "reason"
    assert told.message == (
        f"this strategy does not suit the service: {why}; {left}; "
        f"say in `reason` why {OLD_IMAGE} is brought back by it all the same"
    )
    rollout = asked(before, caller=ANA)
    overridden = before.world.store.entries[rollout.rollout_id][1]
    assert (overridden.type, overridden.reason) == ("Contraindications Overridden", ANA.reason)
    assert overridden.data["against"] == [why]
    assert followed(before, rollout).run().rollout.phase is Phase.SUCCEEDED


def test_a_contracted_schema_says_nothing_against_the_way_to_the_new_version() -> None:
    story = declared(begun("all at once"), schema_state="contracted")
    story.run()
    start = StartRollout(service=story.service, version="ami-0000000000000000c")
    story.world.clock.move(minutes=1)
    assert start_rollout(start, ANA, story.world.ports).steps


def test_what_speaks_against_an_undo_does_not_keep_an_open_rollout_from_going_back() -> None:
    story = declared(begun("blue-green on slots").run_into(HoldKind.BAKE), schema_state="contracted")
    assert asked(story).rollout_id == story.rollout_id
    assert_over(story.run(), Phase.ABORTED)


def test_an_open_rollout_goes_back_at_once() -> None:
    story = begun("blue-green on slots").run_into(HoldKind.BAKE)
    assert asked(story, caller=ANA).rollout_id == story.rollout_id
    assert_over(story.run(), Phase.ABORTED)
    assert story.rollout.outcome is not None
    assert story.rollout.outcome.reason == ANA.reason


def test_an_open_rollout_does_not_lead_to_another_version() -> None:
    story = begun("blue-green on slots").run_into(HoldKind.BAKE)
    with pytest.raises(Conflict, match=f"{story.rollout_id} is open, from {OLD_IMAGE}: abort it first"):
        asked(story, "ami-00000000000000009")


def test_a_stuck_rollout_is_retried_and_not_undone() -> None:
    story = begun("blue-green on slots").run_into(HoldKind.BAKE)
    story.world.aws.refuse = raised_at(1, Rejected("you may not"))
    story.alarm()
    assert story.run().rollout.phase is Phase.STUCK
    with pytest.raises(Conflict, match="stuck on its way back: retry it"):
        asked(story)


def test_past_the_point_of_no_return_it_must_end_first() -> None:
    story = begun("blue-green on slots", slow=True).run(lambda now: now.rollout.past_return)
    with pytest.raises(Conflict, match="past the point of no return"):
        asked(story)


def test_an_old_version_comes_back_with_all_care() -> None:
    before = succeeded()
    before.world.clock.move(days=8)
    after = followed(before, asked(before)).run_into(HoldKind.BAKE)
    assert after.holds is HoldKind.BAKE
    assert "fast" not in after.timeline[0].data


@pytest.mark.parametrize(("rollouts", "fast"), [(1, False), (2, True)])
def test_a_version_of_some_rollouts_ago_comes_back_by_its_name(rollouts: int, *, fast: bool) -> None:
    first = succeeded()
    second = followed(first, asked(first)).run()
    first.world.clock.move(minutes=1)
    store = first.world.store
    spec = replace(STORIES["blue-green on slots"], rollback_window=RollbackWindow(rollouts=rollouts))
    store.services[spec.name] = replace(store.services[spec.name], spec=spec)
    third = start_rollout(
        StartRollout(service=spec.name, version="ami-0000000000000000c"), ANA, first.world.ports
    )
    following = promoted(followed(second, third))
    assert following.rollout.previous_version == OLD_IMAGE
    assert asked(following, IMAGE).fast is fast


@pytest.mark.parametrize("name", ["blue-green on slots", "canary"])
def test_a_rollback_is_nothing_to_undo(name: str) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    story.alarm()
    story.run()
    with pytest.raises(Unprocessable) as refused:
        asked(story)
    assert (
        refused.value.violations[0].message
        == "no rollout of checkout has succeeded: there is nothing to undo"
    )


def test_what_has_never_served_is_named_beside_what_has() -> None:
    with pytest.raises(Unprocessable) as refused:
        asked(succeeded(), "ami-00000000000000009")
    told = refused.value.violations[0]
    assert (told.field, told.message) == (
        "version",
        f"ami-00000000000000009 has not served before; these have: {OLD_IMAGE}",
    )


def test_a_service_that_nobody_registered_is_not_found() -> None:
    with pytest.raises(NotFound):
        undo(Undo(service="nobody"), ANA, begun("canary").world.ports)
