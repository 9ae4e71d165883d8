"""Experiments in whole rollouts: how they end, and what people may do meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.model import Analysis, HoldKind, Phase, Verdict
from signalbox.rollouts.progress import State
from signalbox.rollouts.service import (
    Analyse,
    Bake,
    Experiment,
    Provision,
    Rate,
    Retire,
    Shift,
    StepSpec,
    Strategy,
)
from signalbox.rollouts.signals import Signals
from tests.unit.builders import BLUE, GREEN, spec
from tests.unit.experiments import (
    CANDIDATE_LOSES,
    CANDIDATE_WINS,
    NO_DIFFERENCE,
    ab_test,
    conversion,
    latency,
    metric,
)
from tests.unit.fakes import World
from tests.unit.machine import ANA, Story, started
from tests.unit.stories import assert_as_before, assert_over, assert_serves_the_new_version, look, once

Values = Mapping[tuple[str, str], float]


def _world(values: Values) -> World:
    world = World()
    world.metrics.values |= values
    return world


def experiment(values: Values, of: Experiment | None = None) -> Story:
    return started(_world(values), spec(ab_test(of), slots=True))


def looking(values: Values = NO_DIFFERENCE, of: Experiment | None = None) -> Story:
    """Between the first two looks."""
    return experiment(values, of).run_into(HoldKind.ANALYSIS)


def seen(story: Story) -> Analysis:
    assert story.rollout.analysis is not None
    return story.rollout.analysis


def ask(verb: object, story: Story, **more: object) -> None:
    assert callable(verb)
    verb(story.service, story.rollout_id, ANA, story.world.ports, **more)


def test_a_candidate_that_is_better_gets_all_traffic() -> None:
    story = experiment(CANDIDATE_WINS).run()
    assert_over(story, Phase.SUCCEEDED)
    assert_serves_the_new_version(story.world)
    assert seen(story).verdict is Verdict.BETTER
    (started_,), (ended,) = story.told("Experiment Started"), story.told("Experiment Concluded")
    assert started_.reason == "Orders of Visits, to increase"
    assert started_.data == {"step": 2, "until": "2026-11-22T09:00:00.000Z", "share": 10}
    assert ended.reason == seen(story).reason
    assert ended.data["verdict"] == "better"
    figures = ended.data["figures"]
    assert isinstance(figures, dict)
    assert figures["candidate"] == {"samples": seen(story).candidate.samples, "value": 15.0}
    assert figures["low"] == seen(story).low


def test_a_candidate_that_is_worse_goes_back_with_the_evidence() -> None:
    world = _world(CANDIDATE_LOSES)
    before = look(world)
    story = started(world, spec(ab_test(), slots=True)).run()
    assert_over(story, Phase.ROLLED_BACK)
    assert_as_before(world, before)
    outcome = story.rollout.outcome
    assert outcome is not None
    assert outcome.reason.startswith("the candidate is worse: 5 % against 10 %: -5 points, between -")
    assert outcome.evidence["verdict"] == "worse"
    assert seen(story).ended_at is not None


def test_traffic_that_does_not_keep_to_its_share_makes_it_void() -> None:
    values = {**CANDIDATE_WINS, ("Visits", "candidate"): 500.0}
    story = experiment(values).run()
    assert_over(story, Phase.ROLLED_BACK)
    assert seen(story).verdict is Verdict.MISMATCH
    tolerant = experiment(values, conversion(share_tolerance=50.0)).run_into(HoldKind.ANALYSIS)
    tolerant.run(lambda s: seen(s).looked_at > seen(s).began_at)
    assert seen(tolerant).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("otherwise", "phase"), [("return", Phase.ROLLED_BACK), ("promote", Phase.SUCCEEDED)]
)
def test_without_a_verdict_the_owner_has_said_what_follows(otherwise: str, phase: Phase) -> None:
    story = experiment(NO_DIFFERENCE, conversion(otherwise=otherwise)).run()
    assert_over(story, phase)
    assert seen(story).verdict is Verdict.UNDECIDED
    assert seen(story).reason.startswith("no verdict in time: undecided: 10 % against 10 %: +0 points")
    assert seen(story).looked_at == seen(story).until == "2026-11-22T09:00:00.000Z"


def test_no_difference_of_interest_ends_it_before_its_time() -> None:
    story = experiment(NO_DIFFERENCE, conversion(duration="1d", minimum_effect=3.0, otherwise="promote"))
    assert_over(story.run(), Phase.SUCCEEDED)
    assert seen(story).verdict is Verdict.NO_DIFFERENCE
    assert seen(story).looked_at < seen(story).until


def asked() -> Story:
    return experiment(NO_DIFFERENCE, conversion(otherwise="ask")).run_into(HoldKind.APPROVAL)


def test_a_person_who_is_asked_may_promote() -> None:
    story = asked()
    hold = story.rollout.hold
    assert hold is not None
    assert hold.kind is HoldKind.APPROVAL
    assert hold.reason.startswith("promote or abort: no verdict in time: undecided: 10 % against 10 %")
    ask(pause, story)
    ask(promote, story)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert seen(story).verdict is Verdict.UNDECIDED
    assert len(story.told("Experiment Concluded")) == 1


def test_a_person_who_is_asked_may_abort_and_who_says_nothing_has_it_taken_back() -> None:
    story = asked()
    ask(abort, story)
    assert_over(story.run(), Phase.ABORTED)
    silent = asked().run()
    assert_over(silent, Phase.ROLLED_BACK)
    assert silent.rollout.outcome is not None
    assert silent.rollout.outcome.reason == "nobody has decided"


def test_who_promoted_to_the_end_is_not_asked() -> None:
    story = looking(NO_DIFFERENCE, conversion(otherwise="ask"))
    story.run(
        lambda s: s.state is State.ANALYSE and s.world.clock().minute == 0 and s.world.clock().hour == 9
    )
    ask(promote, story, full=True)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert State.ANALYSE in story.visited


def test_a_mean_is_compared_too() -> None:
    values = {
        ("Latency", "stable"): 240.0,
        ("Latency samples", "stable"): 900.0,
        ("Latency", "candidate"): 231.0,
        ("Latency samples", "candidate"): 100.0,
    }
    story = experiment(values, latency()).run()
    assert_over(story, Phase.SUCCEEDED)
    assert seen(story).reason.startswith("the candidate is better: 231 against 240: -9, between -9 and -9")
    assert seen(story).stable.samples == 31 * 900


def test_looks_are_a_minute_apart_or_a_fiftieth_of_the_time_and_nothing_grows() -> None:
    story = experiment(NO_DIFFERENCE, conversion(duration="10h")).run()
    assert story.visited.count(State.ANALYSE) == 51
    assert len(story.told("Rollout Held")) == 1
    assert len(story.timeline) < 20


def test_a_copy_of_the_group_is_asked_for_by_its_own_names() -> None:
    names = {"Variant": "{variant}", "TargetGroup": "{target_group}", "Group": "{auto_scaling_group}"}
    rate = Rate(trials=metric("Visits", **names), successes=metric("Orders", **names))
    world = _world(CANDIDATE_WINS)
    story = started(world, spec(ab_test(conversion(rate=rate)))).run(lambda s: bool(s.world.metrics.asked))
    stable, _, candidate, _ = world.metrics.asked
    assert stable.dimensions == {
        "Variant": "stable",
        "TargetGroup": "targetgroup/blue/943f017f100becff",
        "Group": "blue",
    }
    (copy,) = set(world.aws.target_groups) - {BLUE, GREEN}
    assert candidate.dimensions == {
        "Variant": "candidate",
        "TargetGroup": copy.rpartition(":")[2],
        "Group": story.rollout.layout.candidate_group,
    }


def test_an_experiment_whose_first_look_is_made_again_has_begun_once() -> None:
    story = experiment(NO_DIFFERENCE).arrive_at(State.ANALYSE)
    before = story.progress
    story.step()
    began = seen(story).began_at
    story.progress = before
    story.world.clock.now += timedelta(seconds=90)
    story.step()
    assert seen(story).began_at == began
    assert len(story.told("Experiment Started")) == 1


def test_a_promotion_ends_the_experiment_early() -> None:
    story = looking()
    story.run(lambda s: bool(seen(s).candidate.samples) and s.holds is HoldKind.ANALYSIS)
    ask(promote, story)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert seen(story).verdict is Verdict.PROMOTED
    assert seen(story).reason.startswith("promoted by hand; ")
    assert len(story.told("Experiment Concluded")) == 1


def test_a_promotion_to_the_end_leaves_the_experiment_out() -> None:
    story = looking()
    ask(promote, story, full=True)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert seen(story).reason.startswith("promoted by hand; 0 samples of the candidate")


def test_a_promotion_that_finds_the_token_dead_is_not_lost() -> None:
    story = looking()
    story.step()
    assert story.state is State.ANALYSE
    ask(promote, story)
    story.step()
    assert seen(story).verdict is Verdict.PROMOTED
    assert_over(story.run(), Phase.SUCCEEDED)


def interrupted_by(verb: object) -> Story:
    """Somebody asks while CloudWatch is asked."""
    story = looking()
    story.step()

    def interrupt() -> None:
        story.world.metrics.refuse = lambda: None
        ask(verb, story)

    story.world.metrics.refuse = interrupt
    story.step()
    return story


def test_a_promotion_while_a_look_is_under_way_is_not_lost() -> None:
    story = interrupted_by(promote)
    assert story.state is State.SHIFT_TRAFFIC
    assert_over(story.run(), Phase.SUCCEEDED)
    assert seen(story).verdict is Verdict.PROMOTED


def test_an_abort_while_a_look_is_under_way_is_obeyed() -> None:
    story = interrupted_by(abort)
    assert story.state is State.RESTORE
    assert_over(story.run(), Phase.ABORTED)


def test_a_promotion_of_the_bake_before_does_not_end_the_experiment() -> None:
    story = started(_world(NO_DIFFERENCE), spec(by_hand(), slots=True)).run_into(HoldKind.BAKE)
    ask(promote, story)
    story.run_into(HoldKind.ANALYSIS)
    assert seen(story).verdict is Verdict.UNDECIDED


def by_hand() -> Strategy:
    return Strategy(
        steps=(
            StepSpec(provision=Provision(percent=100)),
            StepSpec(shift=Shift(percent=10)),
            StepSpec(bake=Bake(for_="1m")),
            StepSpec(analyse=Analyse(experiment=conversion())),
            StepSpec(bake=Bake(for_="2m")),
            StepSpec(analyse=Analyse(experiment=conversion(goal="decrease", otherwise="promote"))),
            StepSpec(shift=Shift(percent=100)),
            StepSpec(retire=Retire()),
        )
    )


def test_experiments_may_follow_one_another() -> None:
    story = started(_world(NO_DIFFERENCE), spec(by_hand(), slots=True)).run_into(HoldKind.ANALYSIS)
    ask(promote, story)
    story.step()
    story.run_into(HoldKind.BAKE)
    assert seen(story).verdict is Verdict.PROMOTED, "the bake that follows tells it already"
    assert_over(story.run(), Phase.SUCCEEDED)
    assert [entry.data["step"] for entry in story.told("Experiment Concluded")] == [3, 5]


def test_what_passes_in_a_pause_does_not_count() -> None:
    story = looking()
    ask(pause, story)
    story.run_into(HoldKind.PAUSE)
    assert story.rollout.phase is Phase.HOLDING
    story.world.clock.move(hours=3)
    ask(resume, story)
    story.run_into(HoldKind.ANALYSIS)
    assert seen(story).until == "2026-11-22T12:00:00.000Z"
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert seen(story).looked_at == seen(story).until


def test_a_pause_during_the_last_look_holds_what_the_verdict_leads_to() -> None:
    story = looking(CANDIDATE_WINS)
    story.world.clock.move(minutes=30)
    story.step()
    story.world.metrics.refuse = lambda: ask(pause, story)
    story.step()
    assert seen(story).verdict is Verdict.BETTER
    story.run_into(HoldKind.PAUSE)
    story.world.clock.move(hours=3)
    ask(resume, story)
    assert_over(story.run(), Phase.SUCCEEDED)
    assert len(story.told("Experiment Concluded")) == 1


def test_an_alarm_during_an_experiment_takes_the_traffic_back_at_once() -> None:
    story = looking()
    writes = len(story.world.aws.writes)
    story.alarm()
    assert story.world.aws.writes[writes].operation == "ModifyRule"
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert not story.told("Experiment Concluded")


def test_a_look_that_cloudwatch_does_not_answer_is_left_out() -> None:
    story = looking(CANDIDATE_WINS)
    story.world.metrics.refuse = once(Transient("slow down"), lambda: None)
    story.step()
    story.step()
    assert (story.state, seen(story).candidate.samples) == (State.HOLD, 0)
    assert_over(story.run(), Phase.SUCCEEDED)


@pytest.mark.parametrize("error", [Transient("slow down"), Rejected("not allowed")])
def test_without_any_answer_it_goes_back(error: Exception) -> None:
    story = looking(CANDIDATE_WINS)

    def refuse() -> None:
        raise error

    story.world.metrics.refuse = refuse
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert story.rollout.outcome is not None
    assert str(error) in story.rollout.outcome.reason


def test_a_look_that_died_after_it_concluded_acts_on_its_verdict() -> None:
    story = looking(CANDIDATE_LOSES)
    story.run(lambda s: seen(s).ended_at is not None)
    assert story.state is State.RESTORE
    story.progress = None  # its execution died before it went on
    story.world.store.latches[story.rollout_id].signals = _unstopped(story)
    story.run()
    assert_over(story, Phase.ROLLED_BACK)
    assert len(story.told("Experiment Concluded")) == 1


def _unstopped(story: Story) -> Signals:
    return replace(story.world.store.latches[story.rollout_id].signals, stop=None)
