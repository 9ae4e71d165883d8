"""The command line and what may happen to its connection: lost and found, somebody else's, interrupted."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from signalbox_cli.local import load_balancers
from signalbox_cli.rollout_words import Json
from tests.scenario.command_line import COMMAND, CommandLine
from tests.unit.rollouts_as_read import EVENTS, judged

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-west-1"}


class Api(ThreadingHTTPServer):
    """Answers every request alike: with a text, or with one rollout as it is now."""

    daemon_threads = True
    rollout: Json | None = None
    text = ""
    status = 200

    def answer(self, path: str) -> bytes:
        if self.rollout is None:
            return self.text.encode()
        if "/timeline" in path:
            known = int(path.rpartition("=")[2])
            return json.dumps({"events": EVENTS[known:], "cursor": None}).encode()
        listed = path.partition("?")[0].endswith("/rollouts")
        return json.dumps({"items": [self.rollout], "cursor": None} if listed else self.rollout).encode()


class _Request(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        body = self.server.answer(self.path)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serving(port: int = 0) -> Iterator[Api]:
    """An API on that port, any free one by default, until the end of the block."""
    with Api(("127.0.0.1", port), _Request) as api:
        thread = threading.Thread(target=api.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            api.shutdown()
            thread.join()


@pytest.fixture
def signalbox(tmp_path: Path) -> CommandLine:
    """In an empty folder, with keys of an account."""
    return CommandLine(folder=tmp_path, home=tmp_path, environment=KEYS)


def _url(api: Api) -> str:
    return f"http://127.0.0.1:{api.server_address[1]}"


def _until(watch: subprocess.Popen[str], told: str) -> str:
    assert watch.stdout
    while told not in (line := watch.stdout.readline()):
        assert line, watch.communicate()
    return line


def test_watching_survives_a_lost_connection(signalbox: CommandLine) -> None:
    with serving() as api:
        api.rollout = judged()
        url, port = _url(api), int(api.server_address[1])
        watch = signalbox.begin("rollouts", "watch", "checkout", "--url", url)
        _until(watch, "capacity")
    with watch:
        assert "lost: the API cannot be reached; trying again" in _until(watch, "connection")
        with serving(port) as api:
            api.rollout = {**judged(), "phase": "rolled_back"}
            assert "back" in _until(watch, "connection")
            assert watch.wait(30) == 3


@pytest.mark.parametrize("status", [200, 403, 502])
def test_an_answer_of_somebody_else_is_told_as_such(signalbox: CommandLine, status: int) -> None:
    with serving() as api:
        api.status, api.text = status, "<html>\x1b[2JWelcome to the hotel</html>"
        ran = signalbox("services", "list", "--url", _url(api))
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "not the API of Signalbox" in ran.stderr or "not in the words of Signalbox" in ran.stderr
    assert "\x1b" not in ran.stderr


def test_throttling_asks_for_patience(signalbox: CommandLine) -> None:
    with serving() as api:
        api.status, api.text = 429, '{"message": "Too Many Requests"}'
        ran = signalbox("services", "list", "--url", _url(api))
    assert ran.returncode == 1
    assert ran.stderr.startswith("✗ Too Many Requests (429): Too Many Requests\n→ wait a moment")


def test_ctrl_c_ends_the_watching_and_not_the_rollout(signalbox: CommandLine) -> None:
    with serving() as api:
        api.rollout = judged()
        with signalbox.begin("rollouts", "watch", "checkout", "--url", _url(api)) as watch:
            _until(watch, "capacity")
            watch.send_signal(signal.SIGINT)
            told = watch.communicate(timeout=20)[1]
    assert watch.returncode == 130
    assert told == "the rollout goes on; `signalbox abort SERVICE` sends it back\n"


def test_a_reader_who_leaves_is_no_error_worth_a_word(signalbox: CommandLine) -> None:
    with serving() as api:
        api.rollout = judged()
        with signalbox.begin("rollouts", "list", "checkout", "-o", "json", "--url", _url(api)) as listing:
            assert listing.stdout
            listing.stdout.close()
            assert listing.stderr
            assert listing.stderr.read() == ""


def test_a_narrow_terminal_shows_a_live_view(signalbox: CommandLine) -> None:
    with serving() as api:
        api.rollout = judged()
        command = [str(COMMAND), "rollouts", "watch", "checkout", "--url", _url(api)]
        ours, theirs = pty.openpty()
        environment = signalbox.surroundings(COLUMNS="40", LINES="60", TERM="xterm-256color")
        with subprocess.Popen(
            command, cwd=signalbox.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
        ) as watch:
            os.close(theirs)
            _read(ours, "candidate  2 of 3 healthy")
            api.rollout = {**judged(), "phase": "stuck", "hold": None, "outcome": {"reason": "no permission"}}
            told = _read(ours, "stuck · no permission")
            assert watch.wait(20) == 5
        os.close(ours)
    assert max(len(line) for line in ANSI.sub("", told).splitlines()) <= 40


def _read(terminal: int, told: str) -> str:
    """What a terminal was sent until that comes."""
    seen = b""
    while told not in ANSI.sub("", seen.decode(errors="replace")):
        assert select.select([terminal], [], [], 20)[0], seen
        seen += os.read(terminal, 65536)
    return seen.decode(errors="replace")


def test_without_anything_to_go_by_it_says_what_to_give(tmp_path: Path) -> None:
    ran = CommandLine(folder=tmp_path, home=tmp_path)("rollouts", "list", "checkout")
    assert ran.returncode == 1
    assert ran.stderr.startswith("✗ it is not known where the API is\n→ give --url, or set SIGNALBOX_URL")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("signalbox ", {"services", "rollouts", "abort", "promote", "local", "rehearse"}),
        ("signalbox rollouts ", {"start", "list", "show", "watch", "timeline"}),
        ("signalbox services list --as ", {"viewer", "deployer", "approver", "operator"}),
    ],
)
def test_the_shell_completes_commands_and_callers(signalbox: CommandLine, words: str, told: set[str]) -> None:
    count = str(len(words.split()))
    asked = {"_SIGNALBOX_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": count}
    assert told <= set(signalbox(**asked).stdout.split())


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "the API cannot be reached"),
        ({"AWS_REGION": ""}, "give --region"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "there are no AWS credentials"),
        ({"AWS_PROFILE": "nobody"}, "the AWS credentials are of no use"),
    ],
)
def test_what_a_connection_lacks_is_told_with_what_to_do(
    signalbox: CommandLine, environment: dict[str, str], told: str
) -> None:
    refused = signalbox("services", "list", "--url", "http://127.0.0.1:1", **environment)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert told in refused.stderr


def test_the_load_balancers_of_a_runtime_are_told_if_it_carries_traffic() -> None:
    with serving() as api:
        api.text = json.dumps({"load_balancers": {"b.elb": {"80": "http://x"}, "a.elb": {}}, "names": {}})
        assert list(load_balancers(_url(api))) == [("b.elb:80", "http://x")]
        api.status = 404
        assert list(load_balancers(_url(api))) == []


def test_a_terminal_without_unicode_gets_what_it_can_show(signalbox: CommandLine) -> None:
    ran = signalbox("services", "list", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.stderr.startswith("? it is not known where the API is")


def test_a_wrong_word_is_a_usage_error(signalbox: CommandLine) -> None:
    ran = signalbox("rollout", "list")
    assert ran.returncode == 2
    assert "Did you mean 'rollouts'?" in ran.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &a [x]\nb: *a", "aliases are refused"),
        ("x" * 10_000_000, "larger than 64 KiB"),
        ("name: [checkout]", "does not say which service it is"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(signalbox: CommandLine, text: str, told: str) -> None:
    (signalbox.folder / "bad.yaml").write_text(text)
    ran = signalbox("services", "apply", "-f", "bad.yaml", "--url", "http://127.0.0.1:1")
    assert ran.returncode == 1
    assert told in ran.stderr.splitlines()[0]
