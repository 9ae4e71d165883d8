"""Statistics that may be looked at all the time: error rates are counted over whole experiments."""

from collections.abc import Iterator
from math import comb, isclose

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.rollouts.decisions.sequential import (
    ALPHA,
    MINIMUM_PERIODS,
    Interval,
    Sample,
    boundary,
    interval,
    is_mismatch,
    mean,
    rates,
)

EXPERIMENTS = 10_000
LOOKS = 50
COUNTS = st.integers(0, 100_000)


def looks(first: float, last: float) -> list[int]:
    """So many sizes, each the same factor greater than the one before: peeking hurts most that way."""
    return sorted({round(size) for size in np.geomspace(first, last, LOOKS)})


def found_rates(
    stable: float, candidate: float, *, share: float, minimum: int, times: int, until: float = 50
) -> Iterator[tuple[int, Interval]]:
    """Size and interval of the first look of each experiment that excludes zero."""
    chance = np.random.default_rng(20261129)
    tuned_at = minimum / min(share, 1 - share)
    totals = looks(tuned_at, tuned_at * until)
    candidates = [round(total * share) for total in totals]
    sides = [(stable, [t - c for t, c in zip(totals, candidates, strict=True)]), (candidate, candidates)]
    successes = [
        chance.binomial(np.diff(sizes, prepend=0), rate, (times, len(sizes))).cumsum(axis=1).tolist()
        for rate, sizes in sides
    ]
    for of_stable, of_candidate in zip(*successes, strict=True):
        for place, total in enumerate(totals):
            seen = rates((sides[0][1][place], of_stable[place]), (sides[1][1][place], of_candidate[place]))
            found = interval(*seen, tuned_at)
            if found is not None and (found.low > 0 or found.high < 0):
                yield total, found
                break


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("rate", "minimum"),
    [(0.1, 1_000), (0.01, 500)],
    ids=["one in ten", "one in a hundred, few of them at the first looks"],
)
def test_looking_fifty_times_finds_a_difference_of_equal_rates_in_less_than_five_percent(
    rate: float, minimum: int
) -> None:
    found = found_rates(rate, rate, share=0.1, minimum=minimum, times=EXPERIMENTS)
    assert sum(1 for _ in found) <= ALPHA * EXPERIMENTS


def test_twelve_percent_against_ten_is_found_nearly_always_and_early() -> None:
    """One look at a fixed size needs 3,535 samples of the candidate, a tenth of all, for a power of 95 %."""
    found = list(found_rates(0.10, 0.12, share=0.1, minimum=1_000, times=500, until=10))
    assert len(found) >= 0.95 * 500
    assert all(one.difference > 0 for _, one in found)
    assert np.mean([total * 0.1 for total, _ in found]) < 3_535


Seen = list[tuple[float, float, float]]


def found_means(shift: float, *, times: int, share: float = 0.1, rate: int = 200) -> int:
    """In how many experiments a look excludes zero; each sample is exponential with mean 1, or 1 + shift."""
    chance = np.random.default_rng(20261129)
    ends = looks(MINIMUM_PERIODS, 20 * MINIMUM_PERIODS)
    stable = _seen(chance, rate * (1 - share), 1.0, ends, times)
    candidate = _seen(chance, rate * share, 1.0 + shift, ends, times)
    pairs = zip(stable, candidate, strict=True)
    return sum(_excludes_zero(one, other, rate * MINIMUM_PERIODS) for one, other in pairs)


def _seen(chance: np.random.Generator, rate: float, level: float, ends: list[int], times: int) -> list[Seen]:
    """Size, mean and variance at each look, by the formula of `mean` over running sums."""
    sizes = chance.poisson(rate, (times, ends[-1])) + 1
    averages = level * chance.gamma(sizes) / sizes
    each = (sizes, sizes * averages, sizes * averages**2)
    n, sums, squares = (np.cumsum(one, axis=1)[:, np.array(ends) - 1] for one in each)
    variances = (squares - sums**2 / n) / (np.array(ends) - 1)
    first = mean([(int(a), float(b)) for a, b in zip(sizes[0], averages[0], strict=True)])
    assert first.variance is not None
    assert isclose(first.variance, variances[0, -1], rel_tol=1e-6)
    seen: list[Seen] = np.stack([n, sums / n, variances], axis=2).tolist()
    return seen


def _excludes_zero(stable: Seen, candidate: Seen, tuned_at: float) -> bool:
    for one, other in zip(stable, candidate, strict=True):
        found = interval(_sample(*one), _sample(*other), tuned_at)
        assert found is not None
        if found.low > 0 or found.high < 0:
            return True
    return False


def _sample(size: float, centre: float, variance: float) -> Sample:
    return Sample(size=int(size), mean=centre, variance=variance)


@pytest.mark.untraced
def test_looking_fifty_times_finds_a_difference_of_equal_means_in_less_than_five_percent() -> None:
    assert found_means(0.0, times=2_000) <= ALPHA * 2_000


def test_a_mean_that_is_a_tenth_greater_is_found_nearly_always() -> None:
    assert found_means(0.1, times=200) >= 0.95 * 200


def found_splits(expected: float, true: float, *, times: int, tolerance: float = 0.0) -> int:
    chance = np.random.default_rng(20261129)
    totals = looks(20, 50_000)
    counts = chance.binomial(np.diff(totals, prepend=0), true, (times, len(totals))).cumsum(axis=1).tolist()
    return sum(
        any(is_mismatch(n - k, k, expected, tolerance) for n, k in zip(totals, row, strict=True))
        for row in counts
    )


@pytest.mark.untraced
def test_a_right_split_is_called_wrong_in_less_than_one_of_a_thousand() -> None:
    assert found_splits(0.1, 0.1, times=EXPERIMENTS) <= EXPERIMENTS // 1_000


def test_a_split_that_is_off_by_two_points_is_found() -> None:
    assert found_splits(0.1, 0.12, times=200) == 200


def test_a_split_within_the_tolerance_is_let_pass() -> None:
    assert found_splits(0.1, 0.14, times=200, tolerance=0.05) == 0
    assert found_splits(0.1, 0.17, times=200, tolerance=0.05) == 200


def test_a_side_without_any_sample_is_a_mismatch_as_soon_as_it_cannot_be_chance() -> None:
    assert not is_mismatch(0, 0, 0.1)
    assert not is_mismatch(20, 0, 0.1)
    assert is_mismatch(200, 0, 0.1), "a tenth of these would be twenty"
    assert is_mismatch(0, 20, 0.1)
    assert not is_mismatch(1_000_000, 0, 0.1, 1.0), "every split is tolerated"


@given(st.integers(0, 30), st.sampled_from([0.1, 0.5, 0.9]))
def test_the_evidence_against_a_right_split_is_one_on_average(total: int, share: float) -> None:
    """What makes it an e-value: its expectation is 1, and so at most one in 1/alpha exceeds 1/alpha."""
    called = sum(
        comb(total, k) * share**k * (1 - share) ** (total - k)
        for k in range(total + 1)
        if is_mismatch(total - k, k, share)
    )
    assert called <= 0.001


def test_the_boundary_is_narrowest_where_it_is_tuned() -> None:
    """In standard errors of a test of fixed size, which has 1.96: about 3 there, and more on either side."""
    assert round(boundary(1_000, 1_000), 2) == 3.04
    widths = {tuned: boundary(1_000, tuned) for tuned in (100, 500, 1_000, 2_000, 10_000)}
    assert min(widths, key=lambda tuned: widths[tuned]) == 1_000
    assert boundary(10**9, 1_000) > boundary(10**6, 1_000), (
        "it grows, as the law of the iterated logarithm asks"
    )


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_rates_say_nothing_before_each_outcome_is_expected_ten_times(a: int, b: int, c: int, d: int) -> None:
    stable, candidate = rates((a + b, a), (c + d, c))
    smaller, trials = min(a + b, c + d), a + b + c + d
    enough = bool(trials) and smaller * (a + c) / trials >= 10 and smaller * (b + d) / trials >= 10
    assert (stable.variance is not None) == (candidate.variance is not None) == enough


def test_successes_without_their_trials_are_waited_for() -> None:
    stable, candidate = rates((1_000, 100), (100, 101))
    assert stable.variance is not None
    assert interval(stable, candidate, 1_000) is None


def test_a_mean_says_nothing_before_thirty_periods() -> None:
    assert mean([]) == Sample(size=0, mean=0.0, variance=None)
    few = mean([(2, 1.0), (1, 4.0)])
    assert (few.size, few.mean, few.variance) == (3, 2.0, None)
    many = mean([(10, 1.0), (10, 3.0)] * 15)
    assert (many.size, many.mean) == (300, 2.0)
    assert isclose(many.variance or 0, 10 * 30 / 29)


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(-1e6, 1e6)), min_size=30, max_size=60))
def test_the_mean_of_periods_is_that_of_all_samples(periods: list[tuple[int, float]]) -> None:
    total = sum(n for n, _ in periods)
    seen = mean(periods)
    assert seen.size == total
    assert isclose(seen.mean, sum(n * a for n, a in periods) / total, abs_tol=1e-6)
    assert seen.variance is not None and seen.variance >= 0


def test_an_interval_has_the_difference_in_its_middle() -> None:
    found = interval(*rates((9_000, 900), (1_000, 120)), 10_000)
    assert found is not None
    assert isclose(found.difference, 2.0)
    assert isclose(found.high - found.difference, found.difference - found.low)
    error = 100 * (0.1 * 0.9 / 9_000 + 0.12 * 0.88 / 1_000) ** 0.5
    assert isclose(found.high - found.difference, error * 3.035, rel_tol=0.02)
