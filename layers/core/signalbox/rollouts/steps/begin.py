"""Task `Begin`: the snapshot, the plan, the guards; a later generation takes over where the record stands."""

from dataclasses import replace
from datetime import timedelta

from signalbox.kernel.timeline import continue_chain
from signalbox.rollouts.decisions.restore import compiled_writes
from signalbox.rollouts.estate import Group
from signalbox.rollouts.guards import breach, warnings, without_red
from signalbox.rollouts.model import Phase, Step, StepKind
from signalbox.rollouts.plan import compile_steps, is_there
from signalbox.rollouts.ports import Latch, Ports
from signalbox.rollouts.progress import Progress, arrive
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.steps.acting import breached, go_back
from signalbox.rollouts.steps.arrival import go_on
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.sight import watched
from signalbox.rollouts.steps.turn import Turn, out_of_turn, publish, take_turn
from signalbox.rollouts.strategies.first import first_steps, unguarded


def begin(command: StepCommand, ports: Ports) -> Progress:
    """The first state to go to. Nothing of the service is changed here."""
    turn = take_turn(command, ports, "Begin")
    rollout = turn.rollout
    early = out_of_turn(turn, replace(command, step=rollout.step))
    if early is not None:
        return early
    if rollout.snapshot is None:
        return _start(turn, ports)
    ports.sweeping.enable()
    if rollout.past_return:
        return go_on(rollout, turn.now)
    return _red_at_arming(turn, ports) or arrive(rollout.steps, rollout.step, turn.now)


def _start(turn: Turn, ports: Ports) -> Progress:
    rollout = turn.rollout
    estate = ports.estates.observe(rollout.layout, rollout.rollout_id)
    seen = ports.estates.alarms(rollout.spec.guards.alarms)
    there = is_there(rollout.version, rollout.previous_version, estate.stable)
    steps = () if there else _steps(rollout, estate.stable)
    spec, red = without_red(rollout.spec, seen) if rollout.undo else (rollout.spec, [])
    spec = spec if steps else unguarded(spec)
    alarms = tuple(alarm for alarm in seen if alarm.name in spec.guards.alarms)
    if steps:
        estate = estate.carrying(ports.estates.carried(rollout.layout.stable_group))
    bakes = [timedelta(seconds=step.seconds or 0) for step in steps if step.kind is StepKind.BAKE]
    dull = warnings(alarms, rollout.layout, estate, bakes)
    turn = turn.change(
        spec=spec,
        snapshot=estate.settings(),
        expected=estate.settings(),
        steps=steps,
        alarms=alarms,
        started_at=turn.now,
        warnings=tuple(dict.fromkeys((*rollout.warnings, *red, *dull))),
    )
    restoring = compiled_writes(rollout.layout, estate.settings(), estate)
    turn = replace(turn, latch=Latch(restoring=restoring, instant=True))
    turn = _armed(_told(turn), ports)
    return _red_at_arming(turn, ports) or arrive(steps, 0, turn.now)


def _steps(rollout: Rollout, stable: Group) -> tuple[Step, ...]:
    if rollout.first:
        return first_steps(rollout.first)
    return compile_steps(rollout.spec.strategy, rollout.spec.guards, stable, fast=rollout.fast)


def _told(turn: Turn) -> Turn:
    rollout = turn.rollout
    why = f"{rollout.service} from {rollout.previous_version} to {rollout.version}"
    turn = turn.enter_phase(
        Phase.RUNNING,
        "Rollout Started",
        why,
        version=rollout.version,
        previous_version=rollout.previous_version,
    )
    for warning in rollout.warnings:
        turn = turn.remember("Guard Warned", warning)
    return turn


def _armed(turn: Turn, ports: Ports) -> Turn:
    """Watchers and record in one transaction; the alarms are read after it."""
    head, entries = continue_chain(turn.rollout.head, turn.events)
    rollout = replace(turn.rollout, head=head, revision=turn.rollout.revision + 1)
    ports.rollouts.arm(rollout, entries, watched(rollout, ports), turn.latch)
    ports.sweeping.enable()
    return replace(turn, rollout=publish(rollout, ports), events=(), latch=Latch())


def _red_at_arming(turn: Turn, ports: Ports) -> Progress | None:
    names = turn.rollout.spec.guards.alarms
    red = breach(names, ports.estates.alarms(names)) if names else None
    if red is None:
        return None
    return go_back(turn, breached(turn, *red), ports)
