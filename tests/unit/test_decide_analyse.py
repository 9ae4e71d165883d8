"""The verdict of an experiment, and what is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts.decisions.analyse import answer_of, judge, tolerance_of
from signalbox.rollouts.decisions.sequential import Sample, rates
from signalbox.rollouts.model import Verdict
from signalbox.rollouts.service import Experiment
from tests.unit.experiments import conversion, latency


def judged(stable: int, candidate: int, times: int = 1, **changes: object) -> tuple[Verdict, str]:
    """Successes of 9000 trials of stable, and of 1000 of the candidate, or so many times as many."""
    seen = rates((9_000 * times, stable * times), (1_000 * times, candidate * times))
    found = judge(conversion(**changes), 10, 0.0, *seen)
    return found.verdict, found.reason


def test_a_candidate_that_is_better_wins() -> None:
    assert judged(900, 121, 10) == (
        Verdict.BETTER,
        "the candidate is better: 12.1 % against 10 %: +2.1 points, between +0.989"
        " and +3.21 (95 %, any time)",
    )


def test_a_candidate_that_is_worse_loses() -> None:
    verdict, reason = judged(900, 80, 10)
    assert verdict is Verdict.WORSE
    assert reason.startswith("the candidate is worse: 8 % against 10 %: -2 points, between -")


def test_with_the_goal_to_decrease_less_is_better() -> None:
    assert judged(900, 80, 10, goal="decrease")[0] is Verdict.BETTER
    assert judged(900, 121, 10, goal="decrease")[0] is Verdict.WORSE


def test_a_small_difference_is_not_enough_where_a_great_one_is_asked_for() -> None:
    assert judged(900, 121, 10, minimum_effect=1.5)[0] is Verdict.UNDECIDED
    assert judged(900, 121, 100, minimum_effect=1.5)[0] is Verdict.BETTER


def test_a_difference_that_nobody_is_interested_in_is_one() -> None:
    verdict, reason = judged(900, 101, 100, minimum_effect=0.5)
    assert verdict is Verdict.NO_DIFFERENCE
    assert reason.startswith("no difference of interest: 10.1 % against 10 %: +0.1 points")


def test_little_data_leave_it_undecided() -> None:
    assert judged(900, 121) == (
        Verdict.UNDECIDED,
        "undecided: 12.1 % against 10 %: +2.1 points, between -1.18 and +5.38 (95 %, any time)",
    )
    assert judged(900, 200, minimum_sample=1_001) == (
        Verdict.UNDECIDED,
        "1000 samples of the candidate and 9000 of stable so far, 1001 needed",
    )
    assert judged(9, 1) == (Verdict.UNDECIDED, "the samples say too little so far")


def test_a_split_that_is_not_the_one_asked_for_makes_everything_else_void() -> None:
    seen = rates((8_500, 850), (1_500, 300))
    found = judge(conversion(), 10, 0.0, *seen)
    assert found.verdict is Verdict.MISMATCH
    assert found.reason == (
        "sample ratio mismatch: the candidate has 15 % of 10000 samples instead of 10 %:"
        " the sides cannot be compared"
    )
    assert judge(conversion(), 10, 6.0, *seen).verdict is Verdict.BETTER


def test_a_mean_is_told_without_a_unit() -> None:
    stable = Sample(size=9_000, mean=240.0, variance=900.0)
    candidate = Sample(size=1_000, mean=231.0, variance=900.0)
    found = judge(latency(), 10, 0.0, stable, candidate)
    assert found.verdict is Verdict.BETTER
    assert found.reason == (
        "the candidate is better: 231 against 240: -9, between -12 and -5.96 (95 %, any time)"
    )


@given(
    st.integers(0, 9_000), st.integers(0, 1_000), st.floats(0, 10), st.sampled_from(["increase", "decrease"])
)
def test_failures_are_judged_as_successes_are(stable: int, candidate: int, effect: float, goal: str) -> None:
    verdict, reason = judged(stable, candidate, minimum_effect=effect, goal=goal)
    assert reason
    mirrored, _ = judged(9_000 - stable, 1_000 - candidate, minimum_effect=effect, goal=goal)
    swapped = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    if effect == 0:
        assert mirrored is swapped.get(verdict, verdict)


@pytest.mark.parametrize(
    ("verdict", "answer"),
    [
        (Verdict.BETTER, "promote"),
        (Verdict.PROMOTED, "promote"),
        (Verdict.WORSE, "return"),
        (Verdict.MISMATCH, "return"),
        (Verdict.NO_DIFFERENCE, "ask"),
        (Verdict.UNDECIDED, "ask"),
    ],
)
def test_every_verdict_has_an_answer(verdict: Verdict, answer: str) -> None:
    assert answer_of(verdict, conversion(otherwise="ask")) == answer


def test_the_split_of_an_application_load_balancer_is_exact_and_that_of_a_resolver_is_not() -> None:
    experiment: Experiment = conversion()
    assert tolerance_of(experiment, "alb", 50) == 0
    assert [tolerance_of(experiment, "anything else", share) for share in (50, 20, 10, 95)] == [
        10,
        10,
        5,
        2.5,
    ]
    assert tolerance_of(conversion(share_tolerance=2.5), "alb", 50) == 2.5


@pytest.mark.parametrize(("got", "is_told"), [(0, True), (199, True), (70, False), (130, False)])
def test_of_a_tenth_by_name_neither_nothing_nor_a_fifth_is_let_pass(got: int, is_told: bool) -> None:  # noqa: FBT001
    experiment = conversion()
    stable, candidate = (Sample(size=100 * part, mean=0.1, variance=0.09) for part in (1_000 - got, got))
    judged = judge(experiment, 10, tolerance_of(experiment, "route53", 10), stable, candidate)
    assert (judged.verdict is Verdict.MISMATCH) is is_told
