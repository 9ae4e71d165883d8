"""Ten findings of a rule are approved in a loop: two first, the others after them, or none when one fails."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.scenario.command_line import CommandLine
from tests.scenario.compliance import BY_CONFIG, PATIENCE, Findings
from tests.scenario.conftest import serving
from tests.scenario.roles import lacking
from tests.scenario.schedules import pass_by
from tests.scenario.world import World, eventually

SSH, TEN, FIRST = "ssh-closed", 10, 2
OPEN, CLOSED = ["0.0.0.0/0", "10.0.0.0/8"], ["10.0.0.0/8"]
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own, with the rules in Config."""
    with serving(tmp_path_factory.mktemp("stage"), *BY_CONFIG) as runtime:
        yield World(runtime)


@pytest.fixture
def findings(stage: World) -> Findings:
    return Findings(stage)


def approved(findings: Findings) -> tuple[list[str], list[str]]:
    """Ten open groups whose findings have all been approved, and what each answer said."""
    groups = [findings.group() for _ in range(TEN)]
    found = [findings.until(group, SSH, "waiting") for group in groups]
    said = [findings.say("approve", each, "approver", reason="agreed") for each in found]
    assert {answer.status for answer in said} == {202}
    return groups, [answer.body["reason"] for answer in said]


def test_two_are_tried_and_the_others_follow_at_the_pace(
    stage: World, findings: Findings, tmp_path: Path
) -> None:
    groups, said = approved(findings)
    assert all(told.startswith("approved by ") for told in said)
    assert "are tried first: " in said[-1]
    waiting = _queued(findings, TEN - FIRST)
    first = findings.posture(SSH)["first"]
    assert len(first) == FIRST
    told = waiting[0]
    assert told["reason"] == f"others of {SSH} are tried first: {', '.join(first)}"
    why = CommandLine(stage.runtime.folder, tmp_path)("findings", "why", told["id"]).stdout
    assert "It has its turn by about" in why
    assert "remediation approved by" in why
    assert [findings.ranges(each["resource"]["id"]) for each in waiting] == [OPEN] * len(waiting)
    eventually(lambda: _passes(stage) and not findings.posture(SSH)["queued"], PATIENCE)
    done = [findings.until(group, SSH, "remediated") for group in groups]
    assert [findings.ranges(group) for group in groups] == [CLOSED] * TEN
    assert all(each["evidence"]["approved_by"].endswith("user/approver") for each in done)
    began = sorted((_at(each, "Remediation Started"), each["id"]) for each in done)
    assert {id_ for _, id_ in began[:FIRST]} == {*first}
    turns = sorted(datetime.fromisoformat(each["turn_at"]) for each in done if each["turn_at"])
    assert len(turns) == TEN - FIRST
    assert {later - sooner for sooner, later in zip(turns, turns[1:], strict=False)} == {
        timedelta(seconds=0.5)
    }


def test_when_one_fails_the_others_are_halted_until_one_that_somebody_asks_for_is_proven(
    stage: World, findings: Findings
) -> None:
    with lacking(stage, "ApplyFixFunction", "CloseWhatIsOpen"):
        groups, _ = approved(findings)
        posture = eventually(lambda: (of := findings.posture(SSH))["halted"] and of, PATIENCE)
        assert "UnauthorizedOperation" in posture["halted"]
        assert posture["last_turn_at"] is None
        eventually(lambda: _passes(stage) and _is_decided(findings), PATIENCE)
    left = _queued(findings, TEN - FIRST)
    assert 0 < len(_failed(findings)) == TEN - len(left)
    halted = f"{SSH} is halted until one that somebody asks for is proven: c-"
    assert [each["reason"].startswith(halted) for each in left] == [True] * len(left)
    assert [findings.ranges(group) for group in groups] == [OPEN] * TEN
    assert findings.say("remediate", left[0], "operator").status == 202
    eventually(lambda: _passes(stage) and not findings.posture(SSH)["queued"], PATIENCE)
    for each in left:
        found = findings.until(each["resource"]["id"], SSH, "remediated")
        assert findings.types(found).count("Approval Requested") == 1


def _queued(findings: Findings, count: int) -> list[dict[str, Any]]:
    """Those that are, once they are so many."""

    def found() -> list[dict[str, Any]]:
        queued = [each for each in findings.all() if each["queued"]]
        return queued if len(queued) >= count else []

    return eventually(found, PATIENCE)


def _is_decided(findings: Findings) -> bool:
    """Of each: the second of the first ones has failed as well, or has not begun."""
    return len(_failed(findings)) + len(_queued(findings, TEN - FIRST)) == TEN


def _failed(findings: Findings) -> list[dict[str, Any]]:
    return [each for each in findings.all() if each["state"] == "failed"]


def _passes(stage: World) -> bool:
    """A minute does."""
    pass_by(stage, A_MINUTE)
    return True


def _at(finding: dict[str, Any], kind: str) -> str:
    (at,) = [each["at"] for each in finding["evidence"]["timeline"] if each["type"] == kind]
    return str(at)
