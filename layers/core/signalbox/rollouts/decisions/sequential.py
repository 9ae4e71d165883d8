"""Statistics that may be looked at while data come in: their error rates hold for all looks together. Pure.

Difference of two means: the asymptotic confidence sequence with the boundary of a normal mixture, after
Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic confidence
sequences", Annals of Statistics 52 (2024), arXiv:2103.06476. Split between the sides: the e-value of Lindon,
Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, arXiv:2011.03567, for two sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log, sqrt

ALPHA = 0.05  # the interval misses the true difference at any look in at most one of twenty experiments
MISMATCH_ALPHA = 0.001  # a right split is called wrong in at most one of a thousand
EXPECTED = 10  # successes, and failures, from which on a rate is nearly normal
MINIMUM_PERIODS = 30  # averages that the variance of a mean is estimated from, at least
CONCENTRATION = 100  # observations that the prior of the split weighs: gross mismatches are found with few


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One side. `variance` is that of a single observation; None while nothing is known of it."""

    size: int
    mean: float
    variance: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Candidate minus stable, and the bounds that hold the true difference."""

    difference: float
    low: float
    high: float


def rates(stable: tuple[int, int], candidate: tuple[int, int]) -> tuple[Sample, Sample]:
    """(trials, successes) of either side, as rates in percent. The variances are those of one success and one
    failure more (Agresti and Caffo): that few of either have been seen yet is no certainty. They are unknown
    while the smaller side would have fewer than `EXPECTED` successes or failures if both had the same rate,
    and while trials are on their way whose successes are there."""
    trials, successes = stable[0] + candidate[0], stable[1] + candidate[1]
    smaller = min(stable[0], candidate[0])
    rarer = min(successes, trials - successes)
    known = bool(trials) and smaller * rarer >= EXPECTED * trials
    return _rate(*stable, known=known), _rate(*candidate, known=known)


def _rate(trials: int, successes: int, *, known: bool) -> Sample:
    smoothed = (successes + 1) / (trials + 2)
    return Sample(
        size=trials,
        mean=100 * successes / trials if trials else 0.0,
        variance=100**2 * smoothed * (1 - smoothed) if known and successes <= trials else None,
    )


def mean(periods: Sequence[tuple[int, float]]) -> Sample:
    """Of (observations, their average) a period. An average of n has the variance s²/n: from k of them
    s² = sum n (average - mean)² / (k - 1). What all observations of a period have in common makes it greater,
    never smaller."""
    size = sum(n for n, _ in periods)
    if not size:
        return Sample(size=0, mean=0.0, variance=None)
    centre = sum(n * average for n, average in periods) / size
    if len(periods) < MINIMUM_PERIODS:
        return Sample(size=size, mean=centre, variance=None)
    spread = sum(n * (average - centre) ** 2 for n, average in periods)
    return Sample(size=size, mean=centre, variance=spread / (len(periods) - 1))


def interval(stable: Sample, candidate: Sample, tuned_at: float) -> Interval | None:
    """Narrowest for its size when both sides together have `tuned_at` observations. None while a variance is
    unknown."""
    if stable.variance is None or candidate.variance is None:
        return None
    error = sqrt(stable.variance / stable.size + candidate.variance / candidate.size)
    width = error * boundary(stable.size + candidate.size, tuned_at)
    difference = candidate.mean - stable.mean
    return Interval(difference=difference, low=difference - width, high=difference + width)


def boundary(size: int, tuned_at: float) -> float:
    """Standard errors on either side, of `size` observations: sqrt(2 (t r² + 1) / (t r²) log(sqrt(t r² + 1)
    / alpha)) with t = size and r² = (-2 log alpha + log(-2 log alpha) + 1) / tuned_at."""
    spent = -2 * log(ALPHA)
    information = size * (spent + log(spent) + 1) / tuned_at
    return sqrt(2 * (information + 1) / information * log(sqrt(information + 1) / ALPHA))


def is_mismatch(stable: int, candidate: int, share: float, tolerance: float = 0.0) -> bool:
    """Whether the candidate's part of all observations is not `share`, give or take `tolerance`: both are
    parts of one, `share` between 0 and 1.

    The e-value is the probability of the counts when the true share is drawn from a beta distribution around
    `share`, divided by their probability under the tolerated share that explains them best.
    """
    if not stable + candidate:
        return False
    a, b = CONCENTRATION * share, CONCENTRATION * (1 - share)
    best = min(max(candidate / (stable + candidate), share - tolerance, 0.0), share + tolerance, 1.0)
    mixed = _log_beta(a + candidate, b + stable) - _log_beta(a, b)
    return mixed - _log_power(best, candidate) - _log_power(1 - best, stable) >= -log(MISMATCH_ALPHA)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_power(base: float, exponent: int) -> float:
    return exponent * log(base) if exponent else 0.0
