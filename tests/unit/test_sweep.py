"""What the reconciler does when it is woken."""

from signalbox.rollouts.commands.occurrences import ExecutionEnded, SweepDue
from signalbox.rollouts.commands.reconcile import Care
from signalbox.rollouts.commands.sweep import sweep
from signalbox.rollouts.model import HoldKind
from tests.unit.builders import CANARY, spec
from tests.unit.fakes import World
from tests.unit.machine import started


class TwoLetters:
    """Port `DeadLetters`."""

    def replay(self) -> int:
        return 2


def test_a_sweep_looks_after_all_and_measures() -> None:
    world = World()
    started(world, spec(CANARY)).step()
    assert sweep(SweepDue(), world.ports, TwoLetters()) == "1 open, 2 replayed"
    assert world.gauges.figures == {"RolloutsOpen": 1, "RolloutsStuck": 0, "RestoresOverdue": 0}


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
