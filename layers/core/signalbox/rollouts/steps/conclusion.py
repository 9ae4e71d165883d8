"""How an experiment comes to its end: the verdict with its figures, once."""

from dataclasses import asdict, replace

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.model import Analysis, Verdict
from signalbox.rollouts.steps.turn import Turn


def concluded(turn: Turn, analysis: Analysis) -> Turn:
    """The turn that knows the verdict and tells it."""
    ended = replace(analysis, ended_at=rfc3339(turn.now))
    turn = turn.change(analysis=ended)
    return turn.remember("Experiment Concluded", ended.reason, public=True, **evidence_of(ended))


def promoted_by_hand(turn: Turn) -> Turn:
    """An experiment that has no verdict when the next step arrives was ended by a person."""
    analysis = turn.rollout.analysis
    if analysis is None or analysis.ended_at is not None:
        return turn
    reason = f"promoted by hand; {analysis.reason}"
    return concluded(turn, replace(analysis, verdict=Verdict.PROMOTED, reason=reason))


def evidence_of(analysis: Analysis) -> JsonObject:
    """What was found, for the timeline and for the outcome of a rollout that goes back."""
    return {
        "step": analysis.step,
        "verdict": str(analysis.verdict),
        "figures": {
            "stable": asdict(analysis.stable),
            "candidate": asdict(analysis.candidate),
            "difference": analysis.difference,
            "low": analysis.low,
            "high": analysis.high,
        },
    }
