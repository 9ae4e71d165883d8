"""Where a rollout goes next: the answer of every task and of every signal that ends a hold."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.model import HoldKind, Phase, Step, StepKind, Told

if TYPE_CHECKING:
    from signalbox.rollouts.scene import Decision

FOR_GOOD = timedelta(days=365)  # an execution lives no longer than a year


class State(StrEnum):
    """The states of the rollout machine that an answer may name."""

    PROVISION = "Provision"
    SHIFT_TRAFFIC = "ShiftTraffic"
    REPLACE_BATCH = "ReplaceBatch"
    RETIRE = "Retire"
    ANALYSE = "Analyse"
    HOLD = "Hold"
    SETTLE_PROVISION = "SettleProvision"
    SETTLE_SHIFT_TRAFFIC = "SettleShiftTraffic"
    SETTLE_REPLACE_BATCH = "SettleReplaceBatch"
    SETTLE_RETIRE = "SettleRetire"
    SETTLE_RESTORE = "SettleRestore"
    RESTORE = "Restore"
    FINISH = "Finish"
    SUCCEEDED = "Succeeded"
    ROLLED_BACK = "RolledBack"
    ABORTED = "Aborted"
    CANCELLED = "Cancelled"
    CONTINUED = "Continued"
    STUCK = "Stuck"


_ACTING = {
    StepKind.PROVISION: State.PROVISION,
    StepKind.SHIFT: State.SHIFT_TRAFFIC,
    StepKind.REPLACE: State.REPLACE_BATCH,
    StepKind.RETIRE: State.RETIRE,
}
_ENDED = {
    Phase.SUCCEEDED: State.SUCCEEDED,
    Phase.ROLLED_BACK: State.ROLLED_BACK,
    Phase.ABORTED: State.ABORTED,
    Phase.CANCELLED: State.CANCELLED,
    Phase.STUCK: State.STUCK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One answer. For a hold: its kind, deadline, what follows the deadline, where `then` leads when somebody
    ends it (a step's index), the seconds of bake still owed after a pause, why it waits,
    and what AWS tells how many times to end it."""

    next: State
    step: int = 0
    attempt: int = 0
    kind: HoldKind | None = None
    until: str | None = None
    then: int | None = None
    owed: int | None = None
    awaits: Told | None = None
    times: int | None = None
    reason: str | None = None
    failure: str | None = None
    after: "Progress | None" = None

    def to_wire(self) -> JsonObject:
        """As JSON, without the fields that are not set."""
        return _without_none(asdict(self))


def _without_none(fields: JsonObject) -> JsonObject:
    kept = {key: value for key, value in fields.items() if value is not None}
    return {key: _without_none(value) if isinstance(value, dict) else value for key, value in kept.items()}


def ended(phase: Phase) -> Progress:
    """The terminal state that says how it ended."""
    return Progress(next=_ENDED[phase])


def back(step: int, failure: str | None = None) -> Progress:
    """To Restore."""
    return Progress(next=State.RESTORE, step=step, failure=failure)


def arrive(
    steps: Sequence[Step], index: int, now: datetime, *, full: bool = False, attempt: int = 0
) -> Progress:
    """The state in which step `index` is performed; past the last one Finish. `full` leaves out all
    that watches."""
    if index >= len(steps):
        return Progress(next=State.FINISH, step=index)
    step = steps[index]
    if step.kind in _ACTING:
        return Progress(next=_ACTING[step.kind], step=index, attempt=attempt)
    if full:
        return arrive(steps, index + 1, now, full=full)
    if step.kind is StepKind.ANALYSE:
        return Progress(next=State.ANALYSE, step=index, attempt=attempt)
    if step.kind is StepKind.PAUSE:
        return pause(index, now, then=index + 1, reason="the plan asks for a promotion", attempt=attempt)
    return bake(steps, index, now, step.seconds or 0, attempt=attempt)


def bake(steps: Sequence[Step], index: int, now: datetime, seconds: int, attempt: int = 0) -> Progress:
    """A hold that its deadline ends well."""
    until = now + timedelta(seconds=seconds)
    return Progress(
        next=State.HOLD,
        step=index,
        attempt=attempt,
        kind=HoldKind.BAKE,
        until=rfc3339(until),
        then=index + 1,
        reason=f"watching the guards for {seconds} s",
        after=arrive(steps, index + 1, until),
    )


def pause(index: int, now: datetime, *, then: int, reason: str, attempt: int = 0) -> Progress:
    """A hold that only a verb ends well; after a year the rollout is restored."""
    return Progress(
        next=State.HOLD,
        step=index,
        attempt=attempt,
        kind=HoldKind.PAUSE,
        until=rfc3339(now + FOR_GOOD),
        then=then,
        reason=reason,
        after=back(index, "nobody ended the pause"),
    )


def look_again(index: int, now: datetime, seconds: int, reason: str, attempt: int) -> Progress:
    """A hold of an experiment: its deadline brings the next look; whoever ends it ends the experiment."""
    return Progress(
        next=State.HOLD,
        step=index,
        attempt=attempt,
        kind=HoldKind.ANALYSIS,
        until=rfc3339(now + timedelta(seconds=seconds)),
        then=index + 1,
        reason=reason,
        after=Progress(next=State.ANALYSE, step=index, attempt=attempt + 1),
    )


def approval(index: int, now: datetime, reason: str, attempt: int) -> Progress:
    """A hold that only a verb ends: `promote` goes on, `abort` goes back; after a year it goes back."""
    asked = pause(index, now, then=index + 1, reason=reason, attempt=attempt)
    return replace(asked, kind=HoldKind.APPROVAL, after=back(index, "nobody has decided"))


def settle(step: Progress, now: datetime, seconds: int, decision: "Decision") -> Progress:
    """Ask the same state again when AWS has told what is awaited, or after so many seconds."""
    return Progress(
        next=State(f"Settle{step.next}"),
        step=step.step,
        attempt=step.attempt,
        kind=HoldKind.SETTLING,
        until=rfc3339(now + timedelta(seconds=seconds)),
        then=step.step,
        reason=decision.reason,
        awaits=decision.awaits,
        times=decision.times or None,
        after=Progress(next=step.next, step=step.step, attempt=step.attempt + 1, failure=step.failure),
    )
