"""Watching a rollout: at its pace, through lost connections, to its end."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import EndpointConnectionError
from rich.console import Console

from signalbox_cli.asking import Answer, Refused
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.watch_screen import EXIT_CODES, Lines, Picture
from signalbox_cli.watching import Clock, Lost, Pace, Watch
from tests.unit.rollouts_as_read import EVENTS, NOW, rollout

PACE = Pace(look=2.0, health=10.0)
GONE = EndpointConnectionError(endpoint_url="https://api")


class FakeClock(Clock):
    """Sleeping takes no time."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 1, 28, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


class FakeLooks:
    """Phases and problems, one after another."""

    def __init__(self, *told: str | Exception) -> None:
        self.told = list(told)
        self.health: list[bool] = []

    def __call__(self, health: bool) -> Sighting:
        self.health.append(health)
        now = self.told.pop(0)
        if isinstance(now, Exception):
            raise now
        return sighting(now)


def sighting(phase: str) -> Sighting:
    return Sighting(rollout=rollout(phase=phase), events=tuple(EVENTS), at="2026-11-23T01:28:05.000Z")


def refused(status: int) -> Refused:
    return Refused("GET", "/x", Answer(status=status, body={"message": "no"}))


def phases(looks: FakeLooks, clock: FakeClock) -> list[str]:
    watch = Watch(looks, PACE, clock)
    return ["lost" if isinstance(seen, Lost) else seen.rollout["phase"] for seen in watch.until_ended()]


def test_it_looks_at_its_pace_and_stops_at_the_end() -> None:
    clock = FakeClock()
    assert phases(FakeLooks("pending", "running", "succeeded"), clock) == ["pending", "running", "succeeded"]
    assert clock.slept == [2.0, 2.0]


def test_the_health_of_targets_is_asked_for_less_often() -> None:
    looks = FakeLooks(*["running"] * 11, "stuck")
    phases(looks, FakeClock())
    assert [number for number, health in enumerate(looks.health) if health] == [0, 5, 10]


@pytest.mark.parametrize("problem", [GONE, *(refused(status) for status in (429, 500, 502, 503, 504))])
def test_a_lost_connection_is_told_and_tried_again(problem: Exception) -> None:
    assert phases(FakeLooks("running", problem, "succeeded"), FakeClock()) == ["running", "lost", "succeeded"]


def test_it_waits_longer_each_time_and_begins_anew_when_it_is_back() -> None:
    clock = FakeClock()
    phases(FakeLooks("running", *[GONE] * 7, "running", GONE, "aborted"), clock)
    assert clock.slept == [2.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 2.0, 1.0]


def test_what_is_lost_says_since_when_why_and_when_it_tries_again() -> None:
    clock = FakeClock()
    lost = list(Watch(FakeLooks("running", GONE, GONE, "stuck"), PACE, clock).until_ended())[1:3]
    start = datetime(2026, 11, 23, 1, 28, tzinfo=UTC)
    assert lost == [
        Lost(since=start, why="the API cannot be reached", again=start + timedelta(seconds=3)),
        Lost(since=start, why="the API cannot be reached", again=start + timedelta(seconds=5)),
    ]


def test_without_a_first_look_there_is_nothing_to_keep() -> None:
    with pytest.raises(EndpointConnectionError):
        phases(FakeLooks(GONE), FakeClock())


@pytest.mark.parametrize("status", [403, 404])
def test_a_definite_no_ends_it(status: int) -> None:
    with pytest.raises(Refused):
        phases(FakeLooks("running", refused(status)), FakeClock())


def test_lines_tell_a_lost_connection_once_and_that_it_is_back(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Console(width=200))
    lost = Lost(since=NOW, why="the API cannot be reached", again=NOW)
    for seen in (sighting("running"), lost, lost, sighting("running")):
        lines(seen)
    told = [line for line in capsys.readouterr().out.splitlines() if "connection" in line]
    assert [line.split(None, 2)[2] for line in told] == [
        "lost: the API cannot be reached; trying again",
        "back",
    ]


def test_the_picture_stays_while_the_connection_is_lost_and_says_how_old_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    picture, console = Picture(), Console(width=120)
    picture(sighting("holding"))
    picture(Lost(since=NOW, why="the API cannot be reached", again=NOW + timedelta(seconds=8)))
    console.print(picture.at(NOW + timedelta(seconds=5)))
    told = capsys.readouterr().out
    assert told.startswith(
        "connection lost: the API cannot be reached. As of 01:28:05 UTC, 5 s ago; next attempt in 3 s\n"
    )
    assert "22 s left" in told
    picture(sighting("holding"))
    console.print(picture.at(NOW))
    assert "connection lost" not in capsys.readouterr().out


def test_every_end_has_an_exit_code() -> None:
    assert EXIT_CODES == {
        "succeeded": 0,
        "rolled_back": 3,
        "aborted": 4,
        "cancelled": 4,
        "superseded": 4,
        "stuck": 5,
    }
