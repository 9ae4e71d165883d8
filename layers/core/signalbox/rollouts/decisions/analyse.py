"""Analyse: what the samples of both sides say by now, as a verdict with its reason."""

from dataclasses import dataclass
from typing import Literal

from signalbox.rollouts.decisions.sequential import Interval, Sample, interval, is_mismatch
from signalbox.rollouts.model import Verdict
from signalbox.rollouts.service import Experiment

# Routers that keep to their weights request by request; what others send differs by so many points, and by
# half of the smaller share at most: a tenth of the traffic is never nothing, nor a fifth.
EXACT_ROUTERS = frozenset({"alb"})
TOLERANCE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict at one look. `interval` is None before anything can be said of the difference."""

    verdict: Verdict
    reason: str
    interval: Interval | None = None


def tolerance_of(experiment: Experiment, router: str, share: int) -> float:
    """By how many percentage points the candidate's part may differ from its `share`, in percent."""
    if experiment.share_tolerance is not None:
        return experiment.share_tolerance
    return 0.0 if router in EXACT_ROUTERS else min(TOLERANCE, min(share, 100 - share) / 2)


def judge(
    experiment: Experiment, share: int, tolerance: float, stable: Sample, candidate: Sample
) -> Judgement:
    """`share` is what the candidate should get of the traffic, `tolerance` by how much less or more is taken
    for chance; both in percent."""
    if is_mismatch(stable.size, candidate.size, share / 100, tolerance / 100):
        return Judgement(verdict=Verdict.MISMATCH, reason=_mismatch(share, stable, candidate))
    missing = _missing(experiment, stable, candidate)
    tuned_at = experiment.minimum_sample / min(share / 100, 1 - share / 100)
    found = None if missing else interval(stable, candidate, tuned_at)
    if found is None:
        reason = missing or "the samples say too little so far"
        return Judgement(verdict=Verdict.UNDECIDED, reason=reason)
    verdict = _verdict(experiment, found)
    told = f"{_WORDS[verdict]}: {_in_words(experiment, found, stable, candidate)}"
    return Judgement(verdict=verdict, reason=told, interval=found)


def answer_of(verdict: Verdict, experiment: Experiment) -> Literal["return", "promote", "ask"]:
    """What follows from the verdict at the end; whoever promotes by hand has answered."""
    if verdict in (Verdict.BETTER, Verdict.PROMOTED):
        return "promote"
    return "return" if verdict in (Verdict.WORSE, Verdict.MISMATCH) else experiment.otherwise


def _missing(experiment: Experiment, stable: Sample, candidate: Sample) -> str | None:
    needed = experiment.minimum_sample
    if min(stable.size, candidate.size) >= needed:
        return None
    return f"{candidate.size} samples of the candidate and {stable.size} of stable so far, {needed} needed"


def _verdict(experiment: Experiment, found: Interval) -> Verdict:
    """Better is all of the interval beyond the effect of interest; worse is all of it on the wrong side."""
    effect = experiment.minimum_effect
    low, high = (found.low, found.high) if experiment.goal == "increase" else (-found.high, -found.low)
    if low > effect:
        return Verdict.BETTER
    if high < 0:
        return Verdict.WORSE
    return Verdict.NO_DIFFERENCE if -effect <= low and high <= effect else Verdict.UNDECIDED


_WORDS = {
    Verdict.BETTER: "the candidate is better",
    Verdict.WORSE: "the candidate is worse",
    Verdict.NO_DIFFERENCE: "no difference of interest",
    Verdict.UNDECIDED: "undecided",
}


def _in_words(experiment: Experiment, found: Interval, stable: Sample, candidate: Sample) -> str:
    """`12.1 % against 10.3 %: +1.8 points, between +0.6 and +3 (95 %, any time)`."""
    value, points = (" %", " points") if experiment.rate is not None else ("", "")
    return (
        f"{candidate.mean:.4g}{value} against {stable.mean:.4g}{value}: {found.difference:+.3g}{points},"
        f" between {found.low:+.3g} and {found.high:+.3g} (95 %, any time)"
    )


def _mismatch(share: int, stable: Sample, candidate: Sample) -> str:
    total = stable.size + candidate.size
    part = 100 * candidate.size / total
    return (
        f"sample ratio mismatch: the candidate has {part:.3g} % of {total} samples instead of {share} %:"
        " the sides cannot be compared"
    )
