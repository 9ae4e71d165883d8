"""The worlds that are shipped are valid and say what they are; what is no world is refused with its place."""

from pathlib import Path

import pytest

from signalbox_local.rehearsal.script import Wishes, write_script
from signalbox_local.rehearsal.spec import read_spec
from signalbox_local.world import BadWorld, read_world
from tests.unit.rehearsals import ROOT

EXAMPLES = sorted((ROOT / "examples").glob("service*.yaml"))
WORLDS = sorted((ROOT / "worlds").glob("*.yaml"))
GOOD = (ROOT / "worlds/good.yaml").read_text("utf-8")


def test_all_that_were_promised_are_there() -> None:
    assert {world.stem for world in WORLDS} >= {
        "good", "five-percent-errors", "slow", "slow-leak",
        "never-healthy", "crash-loop", "capacity-shortfall", "noisy-but-fine",
    }  # fmt: skip


@pytest.mark.parametrize("file", WORLDS, ids=lambda file: file.stem)
def test_each_begins_with_what_it_is_about_and_fits_the_examples(file: Path) -> None:
    assert file.read_text("utf-8").startswith("# ")
    for example in EXAMPLES:
        write_script(read_spec(example), read_world(file), Wishes())


@pytest.mark.parametrize("file", WORLDS, ids=lambda file: file.stem)
def test_each_is_explained(file: Path) -> None:
    assert f"`{file.stem}`" in (ROOT / "docs/worlds.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: [", "not YAML"),
        ("a: &x [1]\nb: *x\n", "aliases are refused"),
        (GOOD + "weather: fine\n", "weather: Extra inputs are not permitted"),
        (GOOD.replace("size: 4", "size: 0"), "instances.size: "),
        (GOOD.replace("users: 200", "users: many"), "traffic.users: "),
        (GOOD + "candidate: v9\n", "candidate is 'v9', which is not among versions: stable, candidate"),
        (GOOD.replace("p50_ms: 18, p99_ms: 55", "p50_ms: 80, p99_ms: 55"), "p99_ms must not be below p50_ms"),
        (GOOD.replace("users: 200", "users: 200, host: 'a b'"), "traffic.host: "),
        ("", "the file: "),
    ],
)
def test_what_is_no_world_is_refused_with_the_place(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "world.yaml"
    file.write_text(text, "utf-8")
    with pytest.raises(BadWorld) as refused:
        read_world(file)
    assert message in str(refused.value)
    assert "world.yaml" in str(refused.value)
