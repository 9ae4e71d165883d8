"""The commands of `signalbox fleets`, against an API that answers what it is told to."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner, Result

from signalbox_cli import reaching
from signalbox_cli.asking import Answer, Refused
from signalbox_cli.connection import Misconfigured
from signalbox_cli.documents import BadDocument
from signalbox_cli.fleet_clock import present
from signalbox_cli.fleets import app
from signalbox_cli.output import Output
from signalbox_cli.problems import explain
from signalbox_cli.session import Session
from signalbox_local.state_file import StateFolder
from tests.unit.fleets_as_read import ANNA, NOW, STARTS, STOPS, FakeApi, api, fleet, run, savings, why

RUN_ID = "f-1m82zdt0w014j8txc"
STARTED = Answer(status=202, body={"run_id": RUN_ID})
FLEET, RUNS = "GET /fleets/qa", "GET /fleets/qa/runs"
RUN = f"{RUNS}/{RUN_ID}"
EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet.yaml"
LAST = ("timeline", "qa", "--last", "1")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command against an API that tells this."""

    def ask(told: dict[str, Any], *words: str) -> tuple[FakeApi, Result]:
        fake = api(told)
        monkeypatch.setattr(reaching, "reach", lambda _: (fake, False))
        return fake, CliRunner(env={"COLUMNS": "100"}).invoke(app, list(words))

    return ask


def query_of(path: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def foretold(*items: dict[str, Any]) -> dict[str, Any]:
    """The last page of a forecast."""
    return {"items": list(items), "next_from": None, "warnings": [], "order": [["ec2"]]}


@pytest.mark.parametrize(("status", "done"), [(201, "registered"), (200, "registration replaced")])
def test_a_file_is_registered_as_it_is(asked: Any, status: int, done: str) -> None:
    answer = Answer(status=status, body=fleet(warnings=["holidays are known until 2030"]))
    fake, result = asked({"PUT /fleets/qa": answer}, "apply", "-f", str(EXAMPLE))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"qa: {done}; stops ")
    assert "warning: holidays are known until 2030" in result.stderr
    ((_, _, body),) = fake.asked
    assert body["schedule"][0] == {"name": "office hours", "days": "mon-fri", "from": "08:00", "to": "20:00"}


def test_times_of_day_need_no_quotes(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    file.write_text("name: qa\nschedule: [{days: daily, from: 08:00, to: 20:00}]\nspread: 10\n")
    fake, _ = asked({"PUT /fleets/qa": fleet()}, "apply", "-f", str(file))
    ((_, _, body),) = fake.asked
    assert body["schedule"] == [{"days": "daily", "from": "08:00", "to": "20:00"}]
    assert body["spread"] == 10


def test_a_file_that_cannot_be_is_refused_with_the_example_of_a_fleet(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "fleet.yaml"
    for text, problem in (("[", BadDocument), ("zone: UTC", Misconfigured), ("name: 7", Misconfigured)):
        file.write_text(text)
        fake, result = asked({}, "apply", "-f", str(file))
        assert isinstance(result.exception, problem)
        assert fake.asked == []
        if problem is BadDocument:
            assert explain(result.exception).advice == ("examples/fleet.yaml shows the form",)


def test_a_name_leads_nowhere_else(asked: Any) -> None:
    for words in (("show", "../services/x"), ("start", ".."), ("run", "qa", "a/b"), ("delete", "a/b")):
        fake, result = asked({}, *words)
        assert isinstance(result.exception, Misconfigured)
        assert fake.asked == []


def test_lists_and_registrations_are_told_to_machines_as_they_are(asked: Any) -> None:
    page = {"items": [fleet(), fleet(name="load")], "cursor": None}
    _, result = asked({"GET /fleets": page}, "list", "-o", "json")
    assert json.loads(result.stdout) == page["items"]
    _, result = asked({FLEET: fleet()}, "show", "qa", "-o", "json")
    assert json.loads(result.stdout) == fleet()
    _, result = asked({"DELETE /fleets/qa": Answer(status=204, body=None)}, "delete", "qa", "-o", "json")
    assert json.loads(result.stdout) == {"deleted": "qa"}


def test_lists_and_registrations_are_told_to_people(asked: Any) -> None:
    _, result = asked({"GET /fleets": {"items": [fleet()], "cursor": None}}, "list")
    assert result.stdout.splitlines()[1].startswith("qa     ▸ running  stops ")
    _, result = asked({FLEET: fleet()}, "show", "qa")
    assert "within period nights" in result.stdout
    _, result = asked({"DELETE /fleets/qa": Answer(status=204, body=None)}, "delete", "qa")
    assert result.stdout == "qa: forgotten\n"


def test_a_forecast_of_a_fleet_is_asked_for_in_its_zone(asked: Any) -> None:
    told = {FLEET: fleet(), "GET /fleets/qa/forecast": foretold(STOPS, STARTS)}
    fake, result = asked(
        told, "forecast", "qa", "--from", "2026-12-01T00:00:00Z", "--until", "2026-12-24T00:00:00+01:00"
    )
    assert result.exit_code == 0
    assert "when (Europe/Paris)" in result.stdout
    assert query_of(fake.asked[-1][1]) == {
        "from": "2026-12-01T00:00:00.000Z",
        "until": "2026-12-23T23:00:00.000Z",
    }
    fake, result = asked(told, "forecast", "qa", "-o", "json")
    assert json.loads(result.stdout) == [STOPS, STARTS]
    assert fake.asked[-1] == ("GET", "/fleets/qa/forecast", None)


def test_a_long_forecast_is_asked_for_page_by_page(asked: Any) -> None:
    first = {**foretold(STOPS), "next_from": "2027-12-31T00:00:00.000Z"}
    last = {**foretold(STARTS), "warnings": ["holidays: those of FR are known until 2030-12-31 only"]}
    told = {FLEET: fleet(), "GET /fleets/qa/forecast": [first, last]}
    words = ("--from", "2026-11-26T00:00:00Z", "--until", "2028-02-01T00:00:00Z", "-o", "json")
    fake, result = asked(told, "forecast", "qa", *words)
    assert json.loads(result.stdout) == [STOPS, STARTS]
    assert "those of FR" in result.stderr
    assert [query_of(path)["from"] for _, path, _ in fake.asked[1:]] == [
        "2026-11-26T00:00:00.000Z",
        "2027-12-31T00:00:00.000Z",
    ]


def test_a_forecast_of_a_file_saves_nothing(asked: Any) -> None:
    fake, result = asked({"POST /fleets/qa/forecast": foretold(STOPS)}, "forecast", "-f", str(EXAMPLE))
    assert "period nights ends" in result.stdout
    ((method, path, body),) = fake.asked
    assert (method, path, body["name"]) == ("POST", "/fleets/qa/forecast", "qa")


@pytest.mark.parametrize("words", [(), ("qa", "-f", str(EXAMPLE))])
def test_a_forecast_is_of_a_fleet_or_of_a_file(asked: Any, words: tuple[str, ...]) -> None:
    fake, result = asked({}, "forecast", *words)
    assert result.exit_code == 2
    assert "give one of the two" in result.stderr
    assert fake.asked == []


@pytest.mark.parametrize("action", ["start", "stop"])
def test_a_fleet_is_switched_once_for_its_key(asked: Any, action: str) -> None:
    fake, result = asked({f"POST /fleets/qa/{action}": STARTED}, action, "qa", "--reason", "demo")
    assert result.stdout == f"qa: {action} has begun, {RUN_ID}\n"
    assert f"signalbox fleets run qa {RUN_ID}" in result.stderr
    assert fake.asked == [("POST", f"/fleets/qa/{action}", {"reason": "demo"})]
    assert len(fake.keys) == 1


def test_what_a_machine_reads_is_alone_on_stdout(asked: Any) -> None:
    _, result = asked({"POST /fleets/qa/start": STARTED}, "start", "qa", "-o", "json")
    assert json.loads(result.stdout) == {"run_id": RUN_ID}
    assert result.stderr == ""


def test_an_override_ends_at_a_moment_in_the_zone_of_the_fleet(asked: Any) -> None:
    told = {FLEET: fleet(zone="Asia/Kolkata"), "POST /fleets/qa/override": STARTED}
    words = ("override", "qa", "running", "--until", "22:00", "--reason", "month-end")
    fake, result = asked(told, *words)
    assert result.exit_code == 0
    body = fake.asked[-1][2]
    assert body["until"].endswith("T16:30:00.000Z")
    assert (body["state"], body["reason"]) == ("running", "month-end")
    assert "22:00 (Asia/Kolkata)" in result.stdout


@pytest.mark.parametrize("until", ["later", "2026-12-24", "25:00"])
def test_an_override_until_nobody_knows_when_is_wrong_usage(asked: Any, until: str) -> None:
    fake, result = asked({FLEET: fleet()}, "override", "qa", "stopped", "--until", until, "--reason", "x")
    assert result.exit_code == 2
    assert "--until" in result.stderr
    assert "Europe/Paris" in result.stderr or "tomorrow 08:00" in result.stderr
    assert [method for method, _, _ in fake.asked] == ["GET"]


def test_an_override_needs_a_state_an_end_and_a_reason(asked: Any) -> None:
    for words in (("sleeping", "--until", "22:00", "--reason", "x"), ("running", "--until", "22:00")):
        fake, result = asked({}, "override", "qa", *words)
        assert result.exit_code == 2
        assert fake.asked == []


def test_an_override_is_lifted(asked: Any) -> None:
    fake, result = asked({"DELETE /fleets/qa/override": STARTED}, "lift", "qa")
    assert result.stdout == f"qa: back to its schedule, {RUN_ID}\n"
    assert fake.asked == [("DELETE", "/fleets/qa/override", None)]


@pytest.mark.parametrize(
    ("status", "advice"), [(400, "docs/fleets.md"), (404, "fleets list"), (409, "lift FLEET")]
)
def test_a_refusal_says_which_command_of_fleets_would_help(asked: Any, status: int, advice: str) -> None:
    no = Answer(status=status, body={"title": "No", "detail": "because"})
    _, result = asked({"POST /fleets/qa/start": no}, "start", "qa")
    assert isinstance(result.exception, Refused)
    assert advice in explain(result.exception).advice[0]


def test_why_is_told_in_sentences_and_to_machines_as_it_is(asked: Any) -> None:
    told = {"GET /fleets/qa/why": why(resource="c/s"), FLEET: fleet()}
    fake, result = asked(told, "why", "qa", "c/s")
    assert query_of(fake.asked[0][1]) == {"resource": "c/s"}
    lines = result.stdout.splitlines()
    assert lines[0].startswith("c/s of qa is meant to be stopped: outside period nights")
    assert len(lines) == 3
    _, result = asked(told, "why", "qa", "c/s", "-o", "json")
    assert json.loads(result.stdout) == why(resource="c/s")


def test_savings_are_asked_for_from_days_in_the_zone_of_the_fleet(asked: Any) -> None:
    told = {FLEET: fleet(), "GET /fleets/qa/savings": savings()}
    fake, result = asked(told, "savings", "qa", "--from", "2026-11-23", "--until", "2026-11-29T23:00:00Z")
    assert result.exit_code == 0
    assert query_of(fake.asked[-1][1]) == {
        "from": "2026-11-22T23:00:00.000Z",
        "until": "2026-11-29T23:00:00.000Z",
    }
    assert "1,234.5" in result.stdout
    assert "`prices` in the file of a fleet" in result.stderr
    fake, result = asked(told, "savings", "qa", "-o", "json")
    assert json.loads(result.stdout) == savings()
    assert fake.asked[-1] == ("GET", "/fleets/qa/savings", None)


def test_savings_from_nobody_knows_when_are_wrong_usage(asked: Any) -> None:
    _, result = asked({FLEET: fleet()}, "savings", "qa", "--from", "november")
    assert result.exit_code == 2
    assert "write 2026-11-01" in result.stderr


def test_runs_are_listed_and_shown_the_last_one_without_a_name(asked: Any) -> None:
    told = {RUNS: {"items": [run()], "cursor": None}, RUN: run()}
    _, result = asked(told, "runs", "qa")
    assert RUN_ID in result.stdout
    fake, result = asked(told, "run", "qa")
    assert "spot one-time: cannot be stopped" in result.stdout
    assert fake.asked[-1][1] == f"/fleets/qa/runs/{RUN_ID}"
    _, result = asked(told, "run", "qa", RUN_ID, "-o", "json")
    assert json.loads(result.stdout) == run()


def test_a_fleet_without_runs_says_so(asked: Any) -> None:
    _, result = asked({RUNS: {"items": [], "cursor": None}}, "run", "qa")
    assert isinstance(result.exception, Misconfigured)
    assert "signalbox fleets start" in result.exception.advice[0]


def test_a_timeline_is_read_to_its_end(asked: Any) -> None:
    events = [{"at": STOPS["at"], "type": f"Event {n}", "actor": ANNA, "reason": "x"} for n in range(3)]
    pages = [{"events": events[:2], "cursor": "2"}, {"events": events[2:], "cursor": None}]
    fake, result = asked({"GET /fleets/qa/timeline": pages}, "timeline", "qa", "-o", "json")
    assert json.loads(result.stdout) == events
    assert [query_of(path) for _, path, _ in fake.asked] == [{"cursor": "0"}, {"cursor": "2"}]
    _, result = asked({"GET /fleets/qa/timeline": {"events": events, "cursor": None}}, *LAST)
    assert [line.split()[3] for line in result.stdout.splitlines()[1:]] == ["2"]
    _, result = asked({"GET /fleets/qa/timeline": {"events": [], "cursor": None}}, "timeline", "qa")
    assert "nothing has happened" in result.stderr


def test_now_is_what_the_clock_of_a_local_runtime_says(monkeypatch: pytest.MonkeyPatch) -> None:
    told = b'{"now": "2026-11-27T16:00:00+00:00"}'
    monkeypatch.setattr(StateFolder, "read", lambda _: {"aws_endpoint": "http://127.0.0.1:1"})
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: io.BytesIO(told))
    assert present(Session(api=FakeApi(), output=Output.TABLE, is_local=True)) == NOW
    assert present(Session(api=FakeApi(), output=Output.TABLE, is_local=False)) > NOW


@pytest.mark.parametrize("state", [None, {"aws_endpoint": "http://127.0.0.1:1"}])
def test_now_is_that_of_this_machine_when_a_runtime_does_not_tell(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, str] | None
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise URLError("refused")

    monkeypatch.setattr(StateFolder, "read", lambda _: state)
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    now = present(Session(api=FakeApi(), output=Output.TABLE, is_local=True))
    assert abs((now - datetime.now(UTC)).total_seconds()) < 60
