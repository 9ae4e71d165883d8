"""Somebody sets all weights to 0 while a rollout runs: a name then splits equally, a load balancer answers
nobody. It never counts as a share that was wanted."""

from dataclasses import replace

import pytest

from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.decisions.retire import decide_retire
from signalbox.rollouts.decisions.shift import decide_shift
from signalbox.rollouts.estate import Placement
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.model import HoldKind, Phase, Split
from signalbox.rollouts.strategies.drafts import numbered, provision, shift
from signalbox.rollouts.writes import Write
from tests.unit.builders import BLUE, GREEN, RULE, forward_action, forwarding_to, name_rule, rule
from tests.unit.machine import ANA, Story
from tests.unit.scenes import at, operations, ready, weights_of
from tests.unit.stories import assert_as_before, assert_over, begun, look, promoted

NAMES = ["blue-green on slots", "blue-green on a copy", "blue-green by name", "blue-green by name, copied"]


@pytest.mark.parametrize("percent", [20, 100])
def test_a_shift_writes_its_share(percent: int) -> None:
    zero = at(ready(), rules=(rule(actions=forwarding_to(blue=0, green=0)),))
    (all_, share) = numbered([provision(percent=100), shift(percent)])
    assert weights_of(decide_shift(zero, share, all_)) == {BLUE: 100 - percent, GREEN: percent}


@pytest.mark.parametrize(
    "rules", [(rule(actions=forwarding_to(blue=0, green=0)),), (name_rule(blue=0, green=0),)]
)
def test_nothing_is_emptied_that_may_serve(rules: tuple[object, ...]) -> None:
    decision = decide_retire(at(ready(), rules=rules))
    assert decision.reason == "all traffic leaves what goes"
    assert operations(decision) in (["ModifyRule"], ["ChangeResourceRecordSets"])


def test_an_original_is_not_emptied_either() -> None:
    here = at(ready(Placement.COPY), rules=(rule(actions=forwarding_to(blue=0, copy=0)),))
    renamed = replace(here.estate.stable, template_version="2", resolved_version="2")
    assert decide_retire(at(here, stable=renamed)).reason == "all traffic leaves what goes"


def zeroed(name: str) -> Story:
    """In the last bake; the next step notices, and pauses."""
    story = begun(name).run_into(HoldKind.BAKE)
    (arn, before) = next(iter(story.world.aws.rules.items()))
    nothing = dict.fromkeys(weights(before.actions), 0)
    records = {side: {**record, "Weight": 0} for side, record in before.records.items()}
    story.world.aws.rules[arn] = replace(before, actions=forward_action(nothing), records=records)
    return story.run_into(HoldKind.PAUSE)


def seen(story: Story) -> dict[str, int]:
    return weights(next(iter(story.world.aws.rules.values())).actions)


@pytest.mark.parametrize("name", NAMES)
def test_whoever_resumes_has_the_weights_written_before_anything_is_emptied(name: str) -> None:
    story = zeroed(name)
    assert [entry.data["field"] for entry in story.told("Drift Detected")] == ["weights"]

    def check(write: Write) -> None:
        if write.parameters.get("DesiredCapacity") == 0:
            assert any(seen(story).values())

    story.world.aws.interrupt = check
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert any(seen(story).values())


@pytest.mark.parametrize("name", NAMES)
def test_the_way_back_leads_out_of_it(name: str) -> None:
    before = look(begun(name).world)
    story = zeroed(name)
    story.world.aws.interrupt = lambda _: None
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert_as_before(story.world, before)


def test_of_a_name_it_is_an_equal_split() -> None:
    assert zeroed("blue-green by name").rollout.actual == Split(stable=50, candidate=50)
    assert zeroed("blue-green on slots").rollout.actual == Split(stable=100, candidate=0)


def test_a_rule_is_told_as_it_is_found() -> None:
    (drift,) = zeroed("blue-green on slots").told("Drift Detected")
    assert (drift.data["resource"], drift.data["found"]) == (RULE, {BLUE: 0, GREEN: 0})
