"""Each world that is shipped, with real traffic: it ends as it says, and what must hold holds."""

from dataclasses import replace
from pathlib import Path

import pytest

from signalbox.rollouts.service import Strategy
from signalbox_local.rehearsal.rehearse import Rehearsal, rehearse
from signalbox_local.rehearsal.script import Wishes, write_script
from signalbox_local.rehearsal.spec import read_spec
from signalbox_local.world import read_world

ROOT = Path(__file__).resolve().parents[2]
CANARY = Strategy(preset="canary", bake="3m", batch=50)
BLUE_GREEN = Strategy(preset="blue-green", bake="3m")


def rehearsed(world: str, strategy: Strategy, folder: Path) -> Rehearsal:
    """The service of the examples, which gives up after minutes where it would after half an hour."""
    spec = read_spec(ROOT / "examples/service.yaml")
    spec = replace(spec, strategy=strategy, guards=replace(spec.guards, deadline="7m"))
    script = write_script(spec, read_world(ROOT / f"worlds/{world}.yaml"), Wishes())
    return rehearse(script, folder, lambda seen: None)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("world", "strategy"),
    [
        ("good", CANARY),
        ("five-percent-errors", CANARY),
        ("slow", BLUE_GREEN),
        ("slow-leak", BLUE_GREEN),
        ("never-healthy", CANARY),
        ("crash-loop", BLUE_GREEN),
        ("capacity-shortfall", CANARY),
        ("noisy-but-fine", CANARY),
    ],
    ids=lambda value: value if isinstance(value, str) else value.preset,
)
def test_a_world_ends_as_it_says(world: str, strategy: Strategy, tmp_path: Path) -> None:
    found = rehearsed(world, strategy, tmp_path).summary
    assert found.broken == ()
    assert (found.phase, found.reason) == (found.expected, found.reason)
    assert found.blast.users > 50


@pytest.mark.timeout(180)
def test_users_of_a_name_follow_a_way_back_when_they_look_it_up_again(tmp_path: Path) -> None:
    spec = replace(read_spec(ROOT / "examples/service-by-name.yaml"), strategy=BLUE_GREEN)
    script = write_script(spec, read_world(ROOT / "worlds/five-percent-errors.yaml"), Wishes(speed=40))
    found = rehearse(script, tmp_path, lambda seen: None).summary
    assert (found.broken, found.phase) == ((), "rolled_back")
    assert found.followed_seconds is not None
    assert 0 < found.followed_seconds <= 2 * script.paced_world.traffic.ttl_seconds


@pytest.mark.timeout(420)  # of which the experiment waits for whole minutes
def test_an_experiment_by_name_finds_the_version_that_sells_more(tmp_path: Path) -> None:
    strategy = read_spec(ROOT / "examples/service-experiment.yaml").strategy
    spec = replace(read_spec(ROOT / "examples/service-by-name.yaml"), strategy=strategy)
    script = write_script(spec, read_world(ROOT / "worlds/sells-more.yaml"), Wishes(speed=100))
    found = rehearse(script, tmp_path, lambda seen: None)
    assert (found.summary.broken, found.summary.phase) == ((), "succeeded")
    analysis = found.recording.sightings[-1].rollout["analysis"]
    assert (analysis["verdict"], analysis["difference"] > 0) == ("better", True)
    assert found.summary.blast.failed == 0


@pytest.mark.timeout(120)
def test_a_good_version_hurts_nobody_who_looks_up_a_name_and_keeps_cookies(tmp_path: Path) -> None:
    world = read_world(ROOT / "worlds/good.yaml")
    traffic = world.traffic.model_copy(update={"host": "checkout.example.com", "sticky": "groups"})
    spec = replace(read_spec(ROOT / "examples/service.yaml"), strategy=BLUE_GREEN)
    script = write_script(spec, world.model_copy(update={"traffic": traffic}), Wishes(speed=40))
    found = rehearse(script, tmp_path, lambda seen: None).summary
    assert (found.broken, found.phase, found.blast.users > 50) == ((), "succeeded", True)
    assert found.blast.failed == 0
