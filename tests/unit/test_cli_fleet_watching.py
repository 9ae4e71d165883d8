"""Waiting for a run of a fleet: what is told meanwhile, and how it ends."""

import io
import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from signalbox_cli.asking import Answer
from signalbox_cli.fleet_watch import RunFollower, RunLines, RunSighting, screen, watch_run
from signalbox_cli.output import Output
from signalbox_cli.session import Session
from signalbox_cli.watching import Clock, Lost
from tests.unit.fleets_as_read import NOW, RESOURCES, FakeApi, api, resource, run

PATH, RUN_ID = "/fleets/qa", "f-1m82zdt0w014j8txc"
RUNS, RUN = f"GET {PATH}/runs", f"GET {PATH}/runs/{RUN_ID}"
GOING: dict[str, Any] = {"ended_at": None, "counts": {}}


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Clock, "sleep", lambda *_: None)


def _without(one: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name != "resources"}


def session(fake: FakeApi, output: Output = Output.TABLE) -> Session:
    return Session(api=fake, output=output, is_local=True)


def going(*outcomes: str) -> dict[str, Any]:
    return run(
        phase="running", **GOING, resources=[resource(f"i-{n}", told) for n, told in enumerate(outcomes)]
    )


def summaries(*phases: str) -> list[dict[str, Any]]:
    """One page after another, of runs without their resources."""
    runs = [run(phase=phase, **({} if phase not in ("pending", "running") else GOING)) for phase in phases]
    return [{"items": [_without(one)], "cursor": None} for one in runs]


@pytest.mark.parametrize(("phase", "code"), [("succeeded", 0), ("incomplete", 1), ("superseded", 4)])
def test_it_waits_to_the_end_and_says_how_it_ended(
    phase: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = api({RUN: [going("waiting", "asked"), run(phase=phase)], RUNS: summaries("running", phase)})
    assert watch_run(session(fake), PATH, RUN_ID) == code
    told = capsys.readouterr()
    lines = [line.split(None, 2)[2] for line in told.out.splitlines()[:2]]
    assert lines == ["running: 1 waiting, 1 asked", f"{phase}: 2 failed, 1 skipped, 3 reached"]
    assert "spot one-time: cannot be stopped" in told.out
    assert told.err == ""


def test_with_json_the_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    fake = api({RUN: run()})
    assert watch_run(session(fake, Output.JSON), PATH, RUN_ID) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == run()
    assert "incomplete" in told.err


def test_resources_are_read_less_often_than_the_run() -> None:
    fake = api({RUN: going("asked"), RUNS: summaries("running")})
    follower = RunFollower(fake, PATH, RUN_ID)
    seen = [follower.look(in_full) for in_full in (True, False, False)]
    assert [one.news for one in seen] == ["running: 1 asked"] * 3
    assert [path.partition("?")[0] for _, path, _ in fake.asked] == [
        f"{PATH}/runs/{RUN_ID}",
        f"{PATH}/runs",
        f"{PATH}/runs",
    ]


def test_the_end_is_always_seen_with_all_resources() -> None:
    fake = api({RUN: run(), RUNS: summaries("incomplete")})
    seen = RunFollower(fake, PATH, RUN_ID).look(False)
    assert seen.has_ended
    assert seen.run["resources"] == RESOURCES


def test_a_run_that_is_no_longer_among_the_newest_is_read_by_its_id() -> None:
    fake = api({RUN: going("asked"), RUNS: {"items": [], "cursor": None}})
    assert not RunFollower(fake, PATH, RUN_ID).look(False).has_ended


def test_lines_tell_what_is_new_and_a_lost_connection_once(capsys: pytest.CaptureFixture[str]) -> None:
    lines = RunLines(Console(width=200))
    lost = Lost(since=NOW, why="the API cannot be reached", again=NOW)
    seen = RunSighting(run=going("asked"), at="2026-11-27T19:00:01.000Z")
    for one in (seen, seen, lost, lost, seen):
        lines(one)
    assert [line.split(None, 2)[1:] for line in capsys.readouterr().out.splitlines()] == [
        ["run", "running: 1 asked"],
        ["connection", "lost: the API cannot be reached; trying again"],
        ["run", "running: 1 asked"],
    ]


class LosesOnce(FakeApi):
    """The connection breaks once."""

    def request(self, method: str, path: str, body: object = None, headers: Any = None) -> Answer:
        answer = super().request(method, path, body, headers)
        if len(self.asked) == 2:
            raise EndpointConnectionError(endpoint_url="https://api")
        return answer


def test_a_lost_connection_is_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    told = {RUN: [Answer(status=200, body=one) for one in (going("asked"), run(phase="succeeded"))]}
    pages = [Answer(status=200, body=one) for one in summaries("running", "succeeded")]
    assert watch_run(session(LosesOnce(**told, **{RUNS: pages})), PATH, RUN_ID) == 0
    assert "lost: the API cannot be reached" in capsys.readouterr().out


def test_on_a_terminal_there_is_one_line_that_changes() -> None:
    console = Console(width=80, file=io.StringIO(), color_system=None, force_terminal=True)
    with screen(console) as show:
        show(RunSighting(run=going("asked", "reached"), at="2026-11-27T19:00:01.000Z"))
        show(Lost(since=NOW, why="the API cannot be reached", again=NOW))
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert "▸ running · stop qa · 1 asked, 1 reached" in told
    assert "connection lost: the API cannot be reached; trying again" in told
