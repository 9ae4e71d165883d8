"""Task `Analyse`: one look at an experiment. It goes on, goes back, asks, or looks again later."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.durations import parse_duration
from signalbox.kernel.errors import Transient
from signalbox.kernel.events import ENGINE
from signalbox.rollouts.decisions.analyse import answer_of, judge, tolerance_of
from signalbox.rollouts.decisions.sequential import Sample
from signalbox.rollouts.experiments import (
    MINUTE,
    experiment_of,
    measured,
    period_of,
    queries,
    samples,
    sides,
)
from signalbox.rollouts.model import Analysis, Figure, HoldKind, Stop, StopKind, Verdict
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.progress import Progress, approval, arrive, back, look_again, pause
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import Experiment
from signalbox.rollouts.signals import PROMOTION, Signals
from signalbox.rollouts.steps.acting import go_back
from signalbox.rollouts.steps.arrival import enter_step
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.conclusion import concluded, evidence_of, promoted_by_hand
from signalbox.rollouts.steps.turn import Turn, is_stopped, latch_of, out_of_turn, save, take_turn

LOOKS = 50  # in the longest duration


def analyse(command: StepCommand, ports: Ports) -> Progress:
    """Every look reads all samples since the beginning: what came late counts, and nothing adds up here."""
    turn = take_turn(command, ports, "Analyse")
    early = out_of_turn(turn, command)
    if early is not None:
        return early
    experiment = experiment_of(turn.rollout.spec.strategy, command.step)
    assert experiment is not None
    known = _known(turn.rollout, command.step)
    turn = _entered(turn, command, experiment, known)
    if known is None or known.ended_at is None:
        by_hand = known is not None and any(event.type == PROMOTION for event in turn.events)
        turn = save(promoted_by_hand(turn) if by_hand else _looked(turn, experiment, ports), ports)
    signals = latch_of(turn, ports)
    if is_stopped(turn, signals):
        return back(command.step)
    if _analysis(turn).ended_at is not None:
        return _answered(turn, experiment, signals, command, ports)
    # heard while this look was under way: whoever asked was told that it is done
    asked = known is not None and any(
        heard.type == PROMOTION for heard in signals.heard[turn.rollout.heard :]
    )
    if asked or signals.full:
        return arrive(turn.rollout.steps, command.step + 1, turn.now, full=signals.full)
    return _later(turn, command)


def _analysis(turn: Turn) -> Analysis:
    assert turn.rollout.analysis is not None
    return turn.rollout.analysis


def _known(rollout: Rollout, step: int) -> Analysis | None:
    analysis = rollout.analysis
    return analysis if analysis is not None and analysis.step == step else None


def _entered(turn: Turn, command: StepCommand, experiment: Experiment, known: Analysis | None) -> Turn:
    """The first time it begins with the next whole period; after a pause it ends so much later. Between two
    looks the rollout goes on holding."""
    hold = turn.rollout.hold
    if known is not None and hold is not None and hold.kind is HoldKind.ANALYSIS:
        return replace(turn, latch=replace(turn.latch, release=True))
    turn = enter_step(turn, command)
    if known is None:
        return _begun(turn, command.step, experiment)
    if hold is None:
        return turn
    paused = turn.now - from_rfc3339(known.looked_at)
    return turn.change(analysis=replace(known, until=rfc3339(from_rfc3339(known.until) + paused)))


def _begun(turn: Turn, step: int, experiment: Experiment) -> Turn:
    period = period_of(experiment)
    began = datetime.fromtimestamp(-(-turn.now.timestamp() // period) * period, turn.now.tzinfo)
    until = began + parse_duration(experiment.duration)
    looked_at = rfc3339(turn.now)
    analysis = Analysis(step=step, began_at=rfc3339(began), until=rfc3339(until), looked_at=looked_at)
    reason = f"{measured(experiment)}, to {experiment.goal}"
    told = {"step": step, "until": analysis.until, "share": turn.rollout.wanted.candidate}
    return turn.change(analysis=analysis).remember("Experiment Started", reason, public=True, **told)


def _looked(turn: Turn, experiment: Experiment, ports: Ports) -> Turn:
    """A look that CloudWatch does not answer is left out, unless it is the last one."""
    analysis = _analysis(turn)
    over = from_rfc3339(analysis.until) <= turn.now
    try:
        stable, candidate = _samples(turn, experiment, analysis, ports)
    except Transient:
        if over:
            raise
        return turn.change(analysis=replace(analysis, looked_at=rfc3339(turn.now)))
    share, router = turn.rollout.wanted.candidate, turn.rollout.spec.traffic.router
    judged = judge(experiment, share, tolerance_of(experiment, router, share), stable, candidate)
    interval = judged.interval
    seen = replace(
        analysis,
        looked_at=rfc3339(turn.now),
        stable=Figure(samples=stable.size, value=stable.mean),
        candidate=Figure(samples=candidate.size, value=candidate.mean),
        difference=interval.difference if interval else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        verdict=judged.verdict,
        reason=judged.reason,
    )
    if seen.verdict is Verdict.UNDECIDED and not over:
        return turn.change(analysis=seen)
    late = "no verdict in time: " if seen.verdict is Verdict.UNDECIDED else ""
    return concluded(turn, replace(seen, reason=f"{late}{seen.reason}"))


def _samples(turn: Turn, experiment: Experiment, analysis: Analysis, ports: Ports) -> tuple[Sample, Sample]:
    began = from_rfc3339(analysis.began_at)
    if turn.now <= began:
        return samples(experiment, ({}, {}, {}, {}))
    seen = turn.rollout.expected
    assert seen is not None
    asked = [query for of in sides(turn.rollout.layout, seen) for query in queries(experiment, of)]
    until = min(turn.now, from_rfc3339(analysis.until))
    return samples(experiment, ports.metrics.read(asked, began, until, period_of(experiment)))


def _answered(
    turn: Turn, experiment: Experiment, signals: Signals, command: StepCommand, ports: Ports
) -> Progress:
    analysis, beyond = _analysis(turn), command.step + 1
    answer = answer_of(analysis.verdict, experiment)
    if answer == "return":
        return go_back(turn, _stop(turn, analysis), ports)
    if answer == "ask" and not signals.full:
        return approval(command.step, turn.now, f"promote or abort: {analysis.reason}", command.attempt)
    if signals.pausing:
        return pause(command.step, turn.now, then=beyond, reason="paused", attempt=command.attempt + 1)
    return arrive(turn.rollout.steps, beyond, turn.now, full=signals.full)


def _stop(turn: Turn, analysis: Analysis) -> Stop:
    return Stop(
        kind=StopKind.BREACH,
        at=rfc3339(turn.now),
        actor=ENGINE,
        reason=analysis.reason,
        evidence=evidence_of(analysis),
    )


def _later(turn: Turn, command: StepCommand) -> Progress:
    """So often that the longest duration has fifty looks, not more than once a minute."""
    analysis = _analysis(turn)
    began, until = from_rfc3339(analysis.began_at), from_rfc3339(analysis.until)
    apart = max(timedelta(seconds=MINUTE), (until - began) / LOOKS)
    seconds = max(1, round(min(apart, until - turn.now).total_seconds()))
    return look_again(command.step, turn.now, seconds, analysis.reason, command.attempt)
