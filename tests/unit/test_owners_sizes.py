"""Sizes that an owner or a scheduled action sets while a rollout runs are kept, whatever its end is; those
that the rollout itself set are as before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from signalbox.kernel.errors import Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.estate import Carried, Placement
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.owners import taken_over
from signalbox.rollouts.service import Guards, Strategy
from signalbox.rollouts.steps.turn import LONGEST_STEP
from signalbox.rollouts.strategies.drafts import numbered, provision, shift
from signalbox.rollouts.writes import Write, set_group
from tests.unit.builders import GREEN, group, spec
from tests.unit.machine import ANA, Story, started
from tests.unit.scenes import at, candidate, ready
from tests.unit.stories import STORIES, assert_over, once, promoted, raised_at, surveyed, world_of

MORNING = {"ScheduledActionName": "morning", "MinSize": 8, "MaxSize": 20, "DesiredCapacity": 8}
EVENING = {"ScheduledActionName": "evening", "MinSize": 2, "MaxSize": 10, "DesiredCapacity": 2}
CLOSING = {"ScheduledActionName": "closing", "MinSize": 2, "MaxSize": 3, "DesiredCapacity": 3}
Sizes = tuple[int, int, int]
STORIES_HERE = {
    **STORIES,
    "kept on a copy": spec(Strategy(preset="blue-green", keep_old_for="1h")),
    "rolling": spec(Strategy(preset="rolling"), guards=Guards(alarms=("checkout-5xx",))),
}


def begun(name: str, *, idle: Sizes = (0, 10, 0)) -> Story:
    """Blue is at minimum 1, maximum 10 and 4 instances, and has scheduled actions."""
    least, most, size = idle
    blue = replace(group(), carried=Carried(actions=(MORNING, EVENING, CLOSING)))
    green = replace(group("green", size=size, serves=GREEN), min=least, max=most)
    found = replace(surveyed(STORIES_HERE[name]), groups={"blue": blue, "green": green})
    return started(world_of(STORIES_HERE[name], found), STORIES_HERE[name])


def sizes(story: Story, name: str = "blue") -> Sizes:
    one = story.world.aws.groups[name]
    return (one.min, one.max, one.desired)


def set_by_owner(story: Story, name: str = "blue", **fields: int) -> None:
    """What a scheduled action or a person sets; AWS keeps the desired capacity within it, and it settles."""
    one = replace(story.world.aws.groups[name], **fields)  # type: ignore[arg-type]
    one = replace(one, desired=min(max(one.desired, one.min), one.max))
    born = replace(one.instances[0], id="")
    grown = [replace(born, id=f"i-{name}-more-{n}") for n in range(one.desired - len(one.present))]
    one = replace(one, instances=(*one.instances, *grown)[: one.desired])
    story.world.aws.groups[name] = one
    for arn in one.target_groups:
        story.world.aws.health[arn] |= {i.id: "healthy" for i in one.instances}


def came_due(story: Story, action: dict[str, object], name: str = "blue") -> None:
    low, most, desired = (int(str(action[key])) for key in ("MinSize", "MaxSize", "DesiredCapacity"))
    set_by_owner(story, name, min=low, max=most, desired=desired)


def aborted(story: Story) -> None:
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)


def alarmed(story: Story) -> None:
    story.alarm()
    assert_over(story.run(), Phase.ROLLED_BACK)


def good(story: Story) -> None:
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert story.rollout.outcome is not None
    assert not story.rollout.outcome.evidence  # nothing of it is left over


ENDINGS = [good, aborted, alarmed]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["canary", "rolling", "blue-green on a copy"])
def test_what_nobody_else_has_changed_is_as_before(name: str, ending: Callable[[Story], None]) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    ending(story)
    assert sizes(story) == (1, 10, 4)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["canary", "rolling"])
def test_a_scheduled_action_that_comes_due_meanwhile_has_come_due(
    name: str, ending: Callable[[Story], None]
) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    came_due(story, MORNING)
    ending(story)
    assert sizes(story) == (8, 20, 8)
    assert not story.told("Drift Detected")


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_that_lowers_sizes_waits_for_the_end(ending: Callable[[Story], None]) -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    came_due(story, EVENING)
    ending(story)
    assert sizes(story) == (2, 10, 4)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_maximum_below_the_size_of_before_is_its_owners_word(ending: Callable[[Story], None]) -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    came_due(story, CLOSING)
    ending(story)
    assert sizes(story) == (2, 3, 3)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_maximum_that_a_person_sets_is_kept(ending: Callable[[Story], None]) -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    set_by_owner(story, max=12)
    ending(story)
    assert sizes(story) == (1, 12, 4)


@pytest.mark.parametrize("verb", [promote, resume, abort])
def test_a_minimum_that_a_person_sets_is_kept_after_the_pause(verb: Callable[..., object]) -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    set_by_owner(story, min=3)
    story.run_into(HoldKind.PAUSE)
    assert [drift.data["found"] for drift in story.told("Drift Detected")] == [3]
    verb(story.service, story.rollout_id, ANA, story.world.ports)
    story.run()
    assert story.has_ended
    assert sizes(story) == (3, 10, 4)


@pytest.mark.parametrize("ending", [good, aborted])
def test_what_comes_due_on_a_copy_with_all_of_the_traffic_is_meant_for_its_original(
    ending: Callable[[Story], None],
) -> None:
    story = begun("kept on a copy").run_into(HoldKind.BAKE)
    story.step()
    story.run_into(HoldKind.BAKE)  # the old ones are kept
    came_due(story, MORNING, story.rollout.layout.candidate_group)
    ending(story)
    assert sizes(story) == (8, 20, 8)
    assert not story.told("Drift Detected")


def test_a_slot_has_its_own_maximum_again() -> None:
    story = begun("blue-green on slots", idle=(0, 6, 0))
    good(story)
    assert sizes(story, "green") == (1, 6, 4)
    assert sizes(story) == (0, 10, 0)


def test_a_slot_whose_own_maximum_leaves_no_room_keeps_that_of_the_other() -> None:
    story = begun("blue-green on slots", idle=(0, 3, 0))
    good(story)
    assert sizes(story, "green") == (1, 10, 4)


def test_what_is_set_on_a_slot_while_it_serves_stays() -> None:
    story = begun("blue-green on slots").run_into(HoldKind.BAKE)
    set_by_owner(story, "green", min=7, max=20)
    story.run_into(HoldKind.PAUSE)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    good(story)
    assert sizes(story, "green") == (7, 20, 7)


@pytest.mark.parametrize(("low", "most", "kept"), [(0, 10, (0, 10, 4)), (2, 6, (2, 6, 4))])
def test_what_is_lowered_on_a_slot_while_it_serves_stays(low: int, most: int, kept: Sizes) -> None:
    story = begun("blue-green on slots", idle=(0, 10, 0))
    story.world.aws.groups["blue"] = replace(story.world.aws.groups["blue"], min=4)
    story.run_into(HoldKind.BAKE)
    set_by_owner(story, "green", min=low, max=most)
    story.run_into(HoldKind.PAUSE)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    good(story)
    assert sizes(story, "green") == kept
    assert sizes(story) == (0, 10, 0)


def test_what_is_lowered_on_a_slot_while_the_other_one_empties_stays() -> None:
    story = begun("blue-green on slots", idle=(0, 12, 0))
    story.world.aws.groups["blue"] = replace(story.world.aws.groups["blue"], min=4)
    story.world.aws.slow = True
    story.run(lambda told: told.rollout.past_return)
    set_by_owner(story, "green", min=3, max=3)
    story.run_into(HoldKind.PAUSE)
    promote(story.service, story.rollout_id, ANA, story.world.ports)
    good(story)
    assert sizes(story, "green") == (3, 3, 3)


def test_a_slot_that_goes_back_does_not_run_idle_for_a_minimum_of_meanwhile() -> None:
    story = begun("blue-green on slots").run_into(HoldKind.BAKE)
    set_by_owner(story, "green", min=7, max=20)
    story.run_into(HoldKind.PAUSE)
    aborted(story)
    assert sizes(story, "green") == (0, 20, 0)
    assert sizes(story) == (1, 10, 4)


def test_what_the_old_slot_is_set_to_while_it_is_emptied_is_not_for_the_new_one() -> None:
    before = ready()
    emptied = at(before, stable=replace(before.estate.stable, min=8, max=20))
    steps = numbered([provision(percent=100), shift(100)])
    expected = before.estate.settings()
    assert taken_over([expected], emptied, steps, 1, past_return=True) == emptied.snapshot
    assert taken_over([expected], emptied, steps, 1).stable.min == 8


def test_a_copy_without_all_of_the_traffic_has_nothing_to_say_for_its_original() -> None:
    before = ready(Placement.COPY)
    changed = at(before, candidate=replace(candidate(before), min=2))
    steps = numbered([provision(percent=100), shift(100)])
    assert taken_over([before.estate.settings()], changed, steps, 1) == changed.snapshot


def test_a_candidate_that_was_just_made_is_our_own() -> None:
    before = ready(Placement.SLOT)
    steps = numbered([provision(percent=100), shift(100)])
    expected = replace(before.estate.settings(), candidate=None)
    assert taken_over([expected], before, steps, 0) == before.snapshot
    assert taken_over([expected], before, steps, len(steps)) == before.snapshot


def test_what_an_owner_has_set_is_kept_though_the_way_back_could_not_look_at_first() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    came_due(story, MORNING)
    estates = story.world.ports.estates
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    estates.observe = once(Transient("slow down"), estates.observe)  # type: ignore[method-assign]
    assert_over(story.run(), Phase.ABORTED)
    assert sizes(story) == (8, 20, 8)


def going_back(name: str) -> Story:
    """Aborted while it is watched, on an AWS that takes its time; at the first wait of the way back."""
    story = begun(name).run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    return story.run_into(HoldKind.SETTLING)


@pytest.mark.parametrize("name", ["canary", "rolling", "blue-green on a copy", "blue-green on slots"])
@pytest.mark.parametrize(
    ("action", "kept"), [(MORNING, (8, 20, 8)), (EVENING, (2, 10, 4)), (CLOSING, (2, 3, 3))]
)
def test_what_comes_due_on_the_way_back_has_come_due(
    name: str, action: dict[str, object], kept: Sizes
) -> None:
    story = going_back(name)
    came_due(story, action)
    assert_over(story.run(), Phase.ABORTED)
    assert sizes(story) == kept


@pytest.mark.parametrize("name", ["canary", "rolling", "blue-green on a copy", "blue-green on slots"])
@pytest.mark.parametrize("place", range(6))
def test_what_is_set_between_a_write_of_the_way_back_and_its_look_is_kept(name: str, place: int) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    writes = iter(range(100))

    def after(write: Write) -> None:
        if next(writes) == place:
            set_by_owner(story, min=2, max=12)

    story.world.aws.interrupt = after
    aborted(story)
    if next(writes) > place:
        assert sizes(story)[:2] == (2, 12)
    else:
        assert sizes(story) == (1, 10, 4)


@pytest.mark.parametrize("name", ["canary", "rolling", "blue-green on a copy", "blue-green on slots"])
@pytest.mark.parametrize("place", range(8))
def test_what_a_way_back_that_was_cut_off_has_written_is_its_own(name: str, place: int) -> None:
    story = begun(name).run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    story.world.aws.interrupt = raised_at(place, Transient("the function has died"))
    aborted(story)
    assert sizes(story) == (1, 10, 4)
    assert sizes(story, "green") == (0, 10, 0)


def test_what_comes_due_on_a_copy_that_carried_all_traffic_is_meant_for_its_original_on_the_way_back() -> (
    None
):
    story = begun("kept on a copy").run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    refused: list[Write] = []

    def late(write: Write) -> None:
        if not refused and write.operation == "ModifyRule":
            refused.append(write)
            came_due(story, MORNING, story.rollout.layout.candidate_group)

    story.world.aws.interrupt = late
    aborted(story)
    assert sizes(story) == (8, 20, 8)


def test_what_is_set_on_an_idle_slot_on_the_way_back_stays() -> None:
    story = going_back("blue-green on slots")
    set_by_owner(story, "green", max=7)
    assert_over(story.run(), Phase.ABORTED)
    assert sizes(story, "green") == (0, 7, 0)


def test_no_size_is_an_owners_while_a_step_that_was_given_up_may_write() -> None:
    story = begun("canary").run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    key = (story.service, story.rollout_id)
    records = story.world.store.records
    busy = story.world.clock() + LONGEST_STEP
    records[key] = replace(records[key], busy_until=busy, busy_generation=records[key].generation)
    story.run_into(HoldKind.SETTLING)
    set_by_owner(story, min=4)  # as the step would
    assert_over(story.run(), Phase.ABORTED)
    assert sizes(story) == (1, 10, 4)


@pytest.mark.parametrize("place", range(12))
def test_what_is_set_between_two_writes_of_a_step_is_kept(place: int) -> None:
    story = begun("blue-green on a copy")
    writes = iter(range(100))

    def after(write: Write) -> None:
        if next(writes) == place:
            set_by_owner(story, max=12)

    story.world.aws.interrupt = after
    good(story)
    assert sizes(story) == (1, 12, 4)


def test_what_another_delivery_of_the_step_writes_meanwhile_is_our_own() -> None:
    """Seen in the simulation: two retired at once, and one took the other's minimum of 0 for the owner's."""
    story = begun("blue-green on a copy")

    def after(write: Write) -> None:
        if story.rollout.past_return and "LaunchTemplate" in write.parameters:
            story.world.aws.interrupt = lambda _: None
            emptied = set_group(story.world.aws.groups["blue"], min_size=0, desired=0)
            story.world.aws.apply(emptied)

    story.world.aws.interrupt = after
    good(story)
    assert sizes(story) == (1, 10, 4)


@pytest.mark.parametrize("place", range(8))
def test_the_room_for_both_versions_that_the_way_back_made_is_its_own(place: int) -> None:
    story = begun("rolling")
    story.world.aws.groups["blue"] = replace(story.world.aws.groups["blue"], max=4)
    story.run_into(HoldKind.BAKE)
    story.world.aws.slow = True
    story.world.aws.interrupt = raised_at(place, Transient("the function has died"))
    widest = []
    story.alarm()
    while not story.has_ended:
        story.step()
        widest.append(story.world.aws.groups["blue"].max)
    assert_over(story, Phase.ROLLED_BACK)
    assert sizes(story) == (1, 4, 4)
    assert max(widest) == story.rollout.room == 5
