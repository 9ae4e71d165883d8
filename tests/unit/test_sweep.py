"""What the reconciler does when it is woken."""

from collections.abc import Callable
from typing import Any

import pytest

from signalbox.kernel.errors import Rejected
from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue
from signalbox.rollouts.commands.reconcile import Care
from signalbox.rollouts.commands.sweep import sweep
from signalbox.rollouts.model import HoldKind
from tests.unit.builders import CANARY, rollout, spec
from tests.unit.fakes import FakeExecutions, FakeRollouts, World
from tests.unit.machine import started


class TwoLetters:
    """Port `DeadLetters`; `replayed` how often."""

    replayed = 0

    def replay(self) -> int:
        self.replayed += 1
        return 2


def test_a_sweep_looks_after_all_and_measures() -> None:
    world = World()
    started(world, spec(CANARY)).step()
    assert sweep(SweepDue(), world.ports, TwoLetters()) == "1 open, 2 replayed"
    assert world.gauges.figures == {"RolloutsOpen": 1, "RolloutsStuck": 0, "RestoresOverdue": 0}


def _not_of_search(asked: Callable[[Any, str, Any], object]) -> Callable[[Any, str, Any], object]:
    def answer(port: object, name: str, which: object) -> object:
        if name in ("search", "r-0"):
            raise Rejected("search is not to be looked at")
        return asked(port, name, which)

    return answer


@pytest.mark.parametrize("unreadable", [True, False])
def test_what_is_wrong_with_one_rollout_keeps_none_of_the_others_from_being_looked_after(
    monkeypatch: pytest.MonkeyPatch, *, unreadable: bool
) -> None:
    world, letters = World(), TwoLetters()
    world.store.open["r-0"] = "search"  # the oldest
    world.store.records["search", "r-0"] = rollout(service="search", rollout_id="r-0")
    of_whom, what = (FakeRollouts, "get") if unreadable else (FakeExecutions, "status")
    monkeypatch.setattr(of_whom, what, _not_of_search(getattr(of_whom, what)))
    story = started(world, spec(CANARY)).run_into(HoldKind.BAKE)
    world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    with pytest.raises(Rejected, match="search") as raised:
        sweep(SweepDue(), world.ports, letters)
    assert len(getattr(raised.value, "__notes__", [])) == unreadable  # once to help it, once to count it
    monkeypatch.undo()
    assert story.rollout.generation == 2
    assert letters.replayed == 1
    assert world.gauges.figures["RolloutsOpen"] == (1 if unreadable else 2)


def test_an_execution_that_was_killed_is_looked_after_at_once() -> None:
    world = World()
    story = started(world, spec(CANARY)).run_into(HoldKind.BAKE)
    world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    ended = ExecutionEnded(service=story.service, rollout_id=story.rollout_id)
    assert sweep(ended, world.ports, TwoLetters()) == Care.THROW_BACK
    assert story.rollout.generation == 2


def test_an_execution_that_ended_with_its_rollout_needs_nothing() -> None:
    world = World()
    story = started(world, spec(CANARY)).run()
    published = len(world.bus.published)
    ended = ExecutionEnded(service=story.service, rollout_id=story.rollout_id)
    assert sweep(ended, world.ports, TwoLetters()) == "it has ended"
    assert len(world.bus.published) == published
