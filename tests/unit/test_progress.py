"""Where a rollout goes next."""

from datetime import timedelta

import pytest

from signalbox.kernel.clock import rfc3339
from signalbox.rollouts.model import HoldKind, Phase, Told
from signalbox.rollouts.progress import Progress, State, arrive, back, bake, ended, pause, settle
from signalbox.rollouts.scene import until_told, wait
from signalbox.rollouts.strategies import drafts
from tests.unit.builders import NOW

STEPS = drafts.numbered(
    [
        drafts.provision(count=1),
        drafts.bake("1m"),
        drafts.pause(),
        drafts.replace_batches(100, 25),
        drafts.bake("2m"),
        drafts.bake("3m"),
        drafts.shift(100),
        drafts.retire(),
    ]
)


@pytest.mark.parametrize(
    ("index", "state"),
    [(0, State.PROVISION), (3, State.REPLACE_BATCH), (6, State.SHIFT_TRAFFIC), (7, State.RETIRE)],
)
def test_a_step_is_performed_in_the_state_of_its_kind(index: int, state: State) -> None:
    assert arrive(STEPS, index, NOW, attempt=2) == Progress(next=state, step=index, attempt=2)


def test_after_the_last_step_comes_the_end() -> None:
    assert arrive(STEPS, 8, NOW) == Progress(next=State.FINISH, step=8)
    assert arrive((), 0, NOW) == Progress(next=State.FINISH)


def test_a_bake_ends_well_at_its_deadline() -> None:
    hold = arrive(STEPS, 1, NOW)
    assert (hold.next, hold.kind, hold.then) == (State.HOLD, HoldKind.BAKE, 2)
    assert hold.until == rfc3339(NOW + timedelta(minutes=1))
    assert hold.after is not None
    assert hold.after.kind is HoldKind.PAUSE


def test_bakes_in_a_row_follow_one_another() -> None:
    hold = arrive(STEPS, 4, NOW)
    assert hold.after is not None
    assert hold.after.until == rfc3339(NOW + timedelta(minutes=5))
    assert hold.after.after == Progress(next=State.SHIFT_TRAFFIC, step=6)


def test_a_pause_ends_well_only_by_a_verb() -> None:
    hold = arrive(STEPS, 2, NOW)
    assert (hold.next, hold.kind, hold.then) == (State.HOLD, HoldKind.PAUSE, 3)
    assert hold.until == rfc3339(NOW + timedelta(days=365))
    assert hold.after == back(2, "nobody ended the pause")


def test_to_the_end_means_without_any_hold() -> None:
    assert arrive(STEPS, 1, NOW, full=True) == Progress(next=State.REPLACE_BATCH, step=3)
    assert arrive(STEPS, 4, NOW, full=True) == Progress(next=State.SHIFT_TRAFFIC, step=6)
    assert arrive(STEPS[:2], 1, NOW, full=True).next is State.FINISH


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        (Phase.SUCCEEDED, State.SUCCEEDED),
        (Phase.ROLLED_BACK, State.ROLLED_BACK),
        (Phase.ABORTED, State.ABORTED),
        (Phase.CANCELLED, State.CANCELLED),
        (Phase.STUCK, State.STUCK),
    ],
)
def test_every_ending_has_a_state(phase: Phase, state: State) -> None:
    assert ended(phase) == Progress(next=state)


@pytest.mark.parametrize(
    "state", [State.PROVISION, State.SHIFT_TRAFFIC, State.REPLACE_BATCH, State.RETIRE, State.RESTORE]
)
def test_every_step_settles_in_a_state_of_its_own_and_is_asked_again(state: State) -> None:
    here = Progress(next=state, step=3, attempt=5, failure="Rejected: no")
    hold = settle(here, NOW, 20, until_told("2 to launch", Told.LAUNCHED, 2))
    assert hold.next == f"Settle{state}"
    assert (hold.kind, hold.until) == (HoldKind.SETTLING, rfc3339(NOW + timedelta(seconds=20)))
    assert (hold.awaits, hold.times, hold.reason) == (Told.LAUNCHED, 2, "2 to launch")
    assert hold.after == Progress(next=state, step=3, attempt=6, failure="Rejected: no")


def test_what_aws_does_not_tell_is_not_awaited() -> None:
    hold = settle(Progress(next=State.PROVISION), NOW, 20, wait("for health"))
    assert (hold.awaits, hold.times) == (None, None)


def test_what_is_not_set_does_not_travel() -> None:
    hold = bake(STEPS, 5, NOW, 180)
    assert hold.to_wire() == {
        "next": "Hold",
        "step": 5,
        "attempt": 0,
        "kind": "bake",
        "until": "2026-11-22T08:03:00.000Z",
        "then": 6,
        "reason": "watching the guards for 180 s",
        "after": {"next": "ShiftTraffic", "step": 6, "attempt": 0},
    }


def test_a_pause_counts_as_another_attempt_when_told() -> None:
    assert pause(1, NOW, then=1, reason="r", attempt=4).attempt == 4
