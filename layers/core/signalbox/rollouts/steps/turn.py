"""One task's turn at a rollout: what was read, what is to be remembered, how both are saved in one write."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import ENGINE, Event
from signalbox.kernel.timeline import continue_chain
from signalbox.rollouts.model import Hold, HoldKind, Phase
from signalbox.rollouts.ports import Latch, Ports
from signalbox.rollouts.progress import Progress, State, back, ended
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Signals
from signalbox.rollouts.steps.command import StepCommand

LONGEST_STEP = timedelta(seconds=30)  # the timeout of the step functions in template.yaml
MOST_TURNS = 1_500  # about 10 history events a turn: 15,000 of the 25,000 that an execution may have


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The record and the latch as read, the instant, and the events that this turn has seen so far."""

    rollout: Rollout
    signals: Signals
    now: datetime
    events: tuple[Event, ...] = ()
    latch: Latch = field(default_factory=Latch)

    def remember(self, type_: str, reason: str = "", /, *, public: bool = False, **data: object) -> "Turn":
        """The same turn with one more event."""
        event = Event(type=type_, at=self.now, actor=ENGINE, reason=reason, data=data, public=public)
        return replace(self, events=(*self.events, event))

    def change(self, **fields: object) -> "Turn":
        """The same turn with other fields of the record."""
        return replace(self, rollout=replace(self.rollout, **fields))  # type: ignore[arg-type]

    def enter_phase(self, phase: Phase, type_: str, reason: str, /, **data: object) -> "Turn":
        """Another phase and its one event; the same phase again is nothing new."""
        if self.rollout.phase is phase:
            return self
        return self.change(phase=phase).remember(type_, reason, public=True, **data)


def take_turn(command: StepCommand, ports: Ports, by: str, *, telling: bool = True) -> Turn:
    """Read the rollout; what signals have said meanwhile comes first in the timeline. `by` names the task.

    What an earlier attempt may have saved and not told is told at once, unless the task is not `telling`: it
    has something more urgent to do, and tells later.
    """
    rollout, signals = ports.rollouts.load(command.service, command.rollout_id)
    mark = f"{command.generation} {by} {command.step} {command.attempt}"
    is_out = _is_out(rollout, signals, command, mark)
    if telling and not is_out and rollout.saved_by:
        rollout = publish(rollout, ports)
    counted = replace(
        rollout,
        turns=rollout.turns + 1,
        saved_by=mark,
        published=rollout.head.sequence if is_out else rollout.published,
    )
    turn = Turn(rollout=counted, signals=signals, now=ports.clock(), latch=Latch(looked=signals.told))
    return _heard(turn)


def _is_out(rollout: Rollout, signals: Signals, command: StepCommand, mark: str) -> bool:
    """Whether the bus knows the whole timeline: another task of this execution saved last, and ended well, or
    this one would not run; but a Hold may be left by its deadline before it has come to its end, the token.
    After a retry, a failure or a takeover nobody can tell: it is told once more."""
    generation, _, by = rollout.saved_by.partition(" ")
    if generation != str(command.generation) or rollout.saved_by == mark or command.failure is not None:
        return False
    waited = signals.hold
    return not by.startswith("Hold ") or (waited is not None and by == f"Hold {waited.step} {waited.attempt}")


def _heard(turn: Turn) -> Turn:
    news = turn.signals.heard[turn.rollout.heard :]
    events = tuple(
        Event(type=h.type, at=from_rfc3339(h.at), actor=h.actor, reason=h.reason, data=h.data, public=False)
        for h in news
    )
    known = replace(turn.rollout, heard=len(turn.signals.heard))
    return replace(turn, rollout=known, events=(*turn.events, *events))


def out_of_turn(turn: Turn, command: StepCommand) -> Progress | None:
    """Why this task must not act: another generation does, it ended or goes back, or its history is long."""
    rollout = turn.rollout
    if command.generation != rollout.generation:
        return Progress(next=State.CONTINUED)
    if rollout.phase.is_terminal:
        return ended(rollout.phase)
    if rollout.phase is Phase.ROLLING_BACK or is_stopped(turn, turn.signals):
        return back(command.step)
    if command.step < rollout.step:
        return Progress(next=State.CONTINUED)
    return Progress(next=State.CONTINUED) if rollout.turns > MOST_TURNS else None


def latch_of(turn: Turn, ports: Ports) -> Signals:
    """The latch as it is now. Raises Conflict when the rollout has ended meanwhile, or goes on without this
    task: a function that was given up may live all the same, and must not write any more."""
    signals = ports.latches.get(turn.rollout.rollout_id)
    if signals is None:
        raise Conflict(f"{turn.rollout.rollout_id} has ended without this task")
    if signals.stop is None and signals.generation != turn.rollout.generation:
        raise Conflict(f"generation {signals.generation} goes on")
    return signals


def is_stopped(turn: Turn, signals: Signals) -> bool:
    """Whether there is a reason to go back that can still be obeyed."""
    return signals.stop is not None and not turn.rollout.past_return


def save(turn: Turn, ports: Ports) -> Turn:
    """Keep it; then the bus."""
    turn = keep(turn, ports)
    return replace(turn, rollout=publish(turn.rollout, ports))


def keep(turn: Turn, ports: Ports) -> Turn:
    """Record, timeline and latch in one conditional write."""
    head, entries = continue_chain(turn.rollout.head, turn.events)
    rollout = replace(turn.rollout, head=head, revision=turn.rollout.revision + 1)
    ports.rollouts.save(rollout, entries, turn.latch)
    return replace(turn, rollout=rollout, events=(), latch=Latch())


def publish(rollout: Rollout, ports: Ports) -> Rollout:
    """Put on the bus what is in the timeline and not yet out; the next save remembers how far that is."""
    if rollout.published == rollout.head.sequence:
        return rollout
    entries = ports.rollouts.timeline(
        rollout.rollout_id, rollout.published, rollout.head.sequence - rollout.published
    )
    ports.bus.publish(rollout, [entry for entry in entries if entry.public])
    return replace(rollout, published=rollout.head.sequence)


def hold_of(progress: Progress) -> Hold:
    """A wait as a person sees it."""
    return Hold(
        kind=progress.kind or HoldKind.SETTLING, until=progress.until or "", reason=progress.reason or ""
    )
