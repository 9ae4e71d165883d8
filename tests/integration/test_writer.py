"""How often a write is sent when nobody answers, or not in time."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from signalbox.aws import clients
from signalbox.aws.compliance import writes
from signalbox.aws.writer import AwsWriter
from signalbox.compliance.model import Write
from signalbox.kernel.errors import Transient
from signalbox.rollouts.writes import delete_alarms

GIVEN_UP = 20.0  # seconds


class Silent(BaseHTTPRequestHandler):
    """Takes each request and hangs up: at once, or after a long time."""

    asked: ClassVar[list[str]] = []
    hangs_up: ClassVar[threading.Event] = threading.Event()

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.hangs_up.wait(GIVEN_UP)
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Those that have reached AWS, which never answers."""
    Silent.asked.clear()
    Silent.hangs_up.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        clients._made.cache_clear()
        yield Silent.asked
        Silent.hangs_up.set()
        clients._made.cache_clear()
        server.shutdown()


@pytest.mark.parametrize(("once", "times"), [(True, 1), (False, 3)])
def test_a_write_whose_answer_is_lost_is_sent_again_unless_it_must_not_be(
    requests: list[str], *, once: bool, times: int
) -> None:
    with pytest.raises(Transient):
        AwsWriter().apply(delete_alarms(["one"]), once=once)
    assert len(requests) == times


def test_a_function_may_wait_for_an_answer_less_long_than_others(
    requests: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READ_TIMEOUT_SECONDS", "0.2")
    Silent.hangs_up.clear()
    with pytest.raises(Transient):
        AwsWriter().apply(delete_alarms(["one"]))
    assert len(requests) == 3


def test_a_write_of_a_fix_whose_answer_is_lost_is_not_sent_again(requests: list[str]) -> None:
    """What has another name by now would be looked for under the old one, and be refused."""
    renamed: dict[str, object] = {"DBInstanceIdentifier": "orders", "NewDBInstanceIdentifier": "orders-kept"}
    with pytest.raises(Transient):
        writes.make(Write(service="rds", operation="ModifyDBInstance", parameters=renamed))
    assert len(requests) == 1
