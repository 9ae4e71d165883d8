"""`make demo-fleet`, as somebody without a terminal runs it: what it tells, exits with, and leaves."""

import re
from pathlib import Path

import pytest

from tests.scenario.demos import played, surroundings

STORY = (
    "00:00 ■ stop 55 stopped, 5 skipped user/operator: nobody works at midnight",
    "spot one-time: cannot be stopped",
    "rds ledger-replica: read replica: cannot be stopped",
    "08:00 ▸ start 60 running period office begins",
    "user/deployer: override: running until Tue 22:00",
    "is meant to be running: override by user/deployer: running until",
    "22:00 ■ stop 55 stopped, 5 skipped override by user/deployer ends",
    "■ stop 1 stopped i-",
    "whatever wakes the fleet is away until 22:00: nothing happens",
    "caught up, it was due at Wed 20:00",
    "08:00 holiday no period begins",
    "20:00 ■ stop 55 stopped, 5 skipped period office ends",
    "no price is known of FARGATE, STANDARD, db.r6g.large: not counted as saved",
    "6 StopInstances",
)
# Two hours a cell: the wish until 22:00 on Tuesday, the outage on Wednesday, the holiday.
WEEK = "····██████·· ····███████· ····███████▓ ············ ····██████·· ············ ············"


@pytest.mark.timeout(300)
def test_the_week_passes_as_told_and_every_check_holds(tmp_path: Path) -> None:
    demo = played("demo_fleet", surroundings(tmp_path))
    story = demo.stdout
    assert (demo.returncode, demo.stderr) == (0, ""), story
    told = re.sub(r"\s+", " ", story)
    for line in STORY:
        assert line in told, (line, story)
    rows = re.findall(r"(?m)^  (\d+ [a-z0-9 ]+?) +([█▓░·][█▓░· ]{89})", story)
    assert [label for label, _ in rows] == [
        "9 ec2",
        "4 autoscaling",
        "5 rds",
        "3 cluster",
        "9 ecs",
        "25 workspaces",
        "5 stay up",
    ]
    assert {cells for _, cells in rows} == {WEEK, " ".join(["█" * 12] * 7)}
    assert story.count("✓") == 8
    assert "✗" not in story
    assert "\x1b" not in story
    assert max(map(len, story.splitlines())) <= 110
    assert list(tmp_path.iterdir()) == []
