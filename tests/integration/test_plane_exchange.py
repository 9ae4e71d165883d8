"""What goes through a load balancer: headers, bodies, connections, faults."""

import gzip
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from signalbox_local.plane.instance import ECHO
from signalbox_local.world import Behaviour, Latency
from tests.integration.plane_stage import Stage, forward, stage

MEGABYTE = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def door() -> Iterator[Stage]:
    """One listener before one healthy instance."""
    with stage() as made:
        _set_up(made)
        yield made


def _set_up(door: Stage) -> None:
    door.clear()
    door.run("ami-a", "i-1")
    door.group("web", "i-1")
    door.listen(forward({"web": 1}))
    door.until_healthy("web", "i-1")


def test_an_answer_says_who_gave_it(door: Stage) -> None:
    answer = door.get()
    assert answer.json() == {"instance": "i-1", "image": "ami-a", "zone": "a"}
    assert answer.headers["X-Instance"] == "i-1"
    assert answer.headers["X-Image"] == "ami-a"
    assert answer.headers["X-Target-Group"] == "web"
    assert "Set-Cookie" not in answer.headers


def test_the_target_learns_of_the_client(door: Stage) -> None:
    door.listen(forward({"web": 1}), port=443, protocol="HTTPS")
    seen = door.get(ECHO, headers={"Host": "shop.example.com", "X-Forwarded-For": "203.0.113.7"}).json()
    assert seen["headers"]["host"] == "shop.example.com"
    assert seen["headers"]["x-forwarded-for"] == "203.0.113.7, 127.0.0.1"
    assert seen["headers"]["x-forwarded-proto"] == "https"
    assert seen["headers"]["x-forwarded-port"] == "443"
    assert seen["headers"]["x-amzn-trace-id"].startswith("Root=1-")


def test_headers_of_one_connection_stay_on_it(door: Stage) -> None:
    sent = {
        "Connection": "keep-alive, X-Private",
        "X-Private": "1",
        "Keep-Alive": "timeout=5",
        "TE": "trailers",
        "Proxy-Authorization": "Basic eA==",
        "X-Public": "1",
    }
    seen = door.get(ECHO, headers=sent).json()["headers"]
    assert seen["x-public"] == "1"
    assert not {"connection", "x-private", "keep-alive", "te", "proxy-authorization"} & seen.keys()


def test_the_path_and_the_query_arrive_as_they_were_sent(door: Stage) -> None:
    sent = f"{ECHO}?a=%2F%20+&b=1&b=2&%C3%A4="
    assert door.get(sent).json()["path"] == sent


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_megabyte_goes_there_and_back(door: Stage, method: str) -> None:
    answer = requests.request(method, door.url + ECHO, data=MEGABYTE, timeout=10)
    assert answer.status_code == 200
    assert answer.content == MEGABYTE


def test_a_body_of_unknown_length_goes_there_and_back(door: Stage) -> None:
    parts = (MEGABYTE[at : at + 50_000] for at in range(0, len(MEGABYTE), 50_000))
    assert requests.post(door.url + ECHO, data=parts, timeout=10).content == MEGABYTE


def test_bodies_are_not_unpacked_on_the_way(door: Stage) -> None:
    packed = gzip.compress(b"hello")
    answer = requests.post(door.url + ECHO, data=packed, headers={"Content-Encoding": "gzip"}, timeout=10)
    assert answer.content == packed


def test_a_head_request_has_no_body_but_its_length(door: Stage) -> None:
    with requests.Session() as client:
        got, head = client.get(door.url), client.head(door.url)
        assert head.content == b""
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert client.get(door.url).content == got.content


def test_a_connection_serves_many_requests(door: Stage) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as connection,
        connection.makefile("rb") as lines,
    ):
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert lines.readline() == b"HTTP/1.1 200 OK\r\n"
            length = 0
            while (line := lines.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            lines.read(length)


def test_a_client_that_waits_for_continue_is_not_kept_waiting(door: Stage) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as connection,
        connection.makefile("rb") as lines,
    ):
        head = f"POST {ECHO} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert lines.readline() == b"HTTP/1.1 100 Continue\r\n"
        connection.sendall(b"hello")
        assert lines.readline() == b"\r\n"
        assert lines.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("line", ["OPTIONS * HTTP/1.1", "GET /\xe4 HTTP/1.1", "NONSENSE"])
def test_a_malformed_request_is_refused_and_harms_nobody(door: Stage, line: str) -> None:
    host, port = door.url.removeprefix("http://").split(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as connection,
        connection.makefile("rb") as lines,
    ):
        connection.sendall(f"{line}\r\nHost: x\r\n\r\n".encode())
        assert b" 400 " in lines.readline()
    assert door.get().status_code == 200


def test_a_target_that_keeps_silent_is_given_up(door: Stage) -> None:
    door.behave("ami-a", Behaviour(latency=Latency(p50_ms=5_000, p99_ms=5_000)))
    door.listen(forward({"web": 1}), idle_timeout=0.2)
    answer = door.get()
    _set_up(door)
    assert answer.status_code == 504
    assert "504 Gateway Time-out" in answer.text


def test_a_target_that_refuses_is_a_bad_gateway(door: Stage) -> None:
    door.terminate("i-1")
    answer = door.get()
    door.until(lambda: door.total("TargetConnectionErrorCount", "web") == 1)
    _set_up(door)
    assert answer.status_code == 502


def test_large_answers_to_many_clients_at_once_are_not_mixed_up(door: Stage) -> None:
    bodies = [bytes([number]) * 300_000 for number in range(12)]
    with ThreadPoolExecutor(12) as clients:
        answers = clients.map(
            lambda body: requests.post(door.url + ECHO, data=body, timeout=10).content, bodies
        )
        assert list(answers) == bodies


def test_an_answer_that_breaks_off_does_not_look_whole(door: Stage) -> None:
    answer = requests.post(door.url + ECHO, data=MEGABYTE * 20, timeout=10, stream=True)
    assert answer.status_code == 200
    door.terminate("i-1")
    with pytest.raises(requests.exceptions.RequestException):
        len(answer.content)
    _set_up(door)
