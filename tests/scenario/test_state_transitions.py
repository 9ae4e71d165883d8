"""What a rollout costs in state transitions is a formula of its plan, not of the fleet nor of time."""

from collections.abc import Iterator

import pytest

from bench import transitions
from bench.runtime import Runtime, own_runtime
from signalbox_local.sample_service import Wish, make_service

MOST_SETTLES = 3  # per change of capacity: told of, looked at for health, and once to spare


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with own_runtime() as own:
        yield own


@pytest.mark.parametrize("preset", transitions.PRESETS)
def test_transitions_are_twice_the_steps_and_four_and_three_a_settling_hold(
    runtime: Runtime, preset: str
) -> None:
    cost = transitions.measure(runtime, preset, size=2)
    assert cost.transitions <= cost.bound


def test_a_larger_fleet_settles_no_more_often(runtime: Runtime) -> None:
    cost = transitions.measure(runtime, "canary", size=12)
    changes_of_capacity = 4  # provision, two batches of half the fleet, retire
    assert cost.transitions <= cost.bound
    assert cost.settles <= MOST_SETTLES * changes_of_capacity


def test_a_longer_bake_takes_no_more_transitions(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(transitions.PRESETS, "longer", {"preset": "blue-green", "bake": "6s"})
    longer = transitions.measure(runtime, "longer", size=2)
    assert longer.transitions <= longer.bound


def test_a_rollback_takes_at_most_six_more(runtime: Runtime) -> None:
    service = make_service(runtime.aws, Wish(name="back", size=2, versions=("v1", "v2"), draining=0))
    spec = service.spec(strategy={"preset": "blue-green", "bake": "5m"})
    assert runtime.api.request("PUT", f"/services/{service.name}", spec).is_ok
    rollout_id = runtime.start(service.name, service.images["v2"])
    held = runtime.until(service.name, rollout_id, "holding", hold="bake")
    runtime.api.request("POST", f"/services/{service.name}/rollouts/{rollout_id}/abort")
    runtime.until(service.name, rollout_id, "aborted")
    states = transitions.entered(transitions.history_of(runtime, rollout_id))
    settles = sum(1 for state in states if state.startswith("Settle"))
    assert len(states) <= 2 * len(held["steps"]) + 4 + 3 * settles + 6
