"""Lines for a log: what is new between two looks at a rollout, and nothing else."""

from signalbox_cli.rollout_news import Sighting, news
from tests.unit.rollouts_as_read import COPY, EVENTS, compared, rollout

AT = "2026-11-23T01:28:05.000Z"
FIRST = Sighting(rollout=rollout(), events=tuple(EVENTS), at=AT)


def told(before: Sighting | None, now: Sighting) -> list[str]:
    return [line.plain for line in news(before, now)]


def test_the_first_look_tells_everything() -> None:
    assert told(None, FIRST) == [
        "01:27:59  Rollout Requested          make demo · by user/deployer",
        "01:27:59  Rollout Started            checkout from ami-1 to ami-2",
        "01:28:01  Capacity Provisioned       4 of 4 candidate instances are healthy",
        "01:28:02  Rollout Held               watching the guards for 30 s",
        "01:28:05  guard                      checkout-5xx: ok",
        "01:28:05  guard                      checkout-5xx (candidate): in alarm",
        "01:28:05  guard                      unhealthy-hosts (candidate): no data yet",
        "01:28:05  traffic                    stable 80 %, candidate 20 %",
    ]


def test_how_it_ended_is_the_last_word_also_when_all_else_changed_since_the_last_look() -> None:
    events = tuple({**EVENTS[0], "type": name, "actor": "signalbox"} for name in ("Retired", "Succeeded"))
    shares = {"wanted": {}, "actual": {"stable": 100, "candidate": 0}}
    ended = rollout(
        phase="succeeded", shares=shares, capacity={"stable": {"healthy": 1, "instances": 1, "desired": 1}}
    )
    told_last = told(FIRST, Sighting(rollout=ended, events=(*EVENTS, *events), at=AT))
    assert [line[10:].split()[0] for line in told_last] == ["Retired", "traffic", "capacity", "Succeeded"]


def test_nothing_new_is_no_line() -> None:
    assert told(FIRST, FIRST) == []


def test_a_started_step_tells_its_place() -> None:
    step = {**EVENTS[0], "type": "Step Started", "actor": "signalbox", "reason": "shift 100 %"}
    now = Sighting(rollout=rollout(), events=(*EVENTS, {**step, "data": {"step": 1}}), at=AT)
    assert told(FIRST, now) == ["01:27:59  Step Started               2/4 shift 100 %"]


def test_a_guard_that_changes_is_told_and_one_that_is_no_longer_read_is_not() -> None:
    guards = [{"name": "checkout-5xx", "state": None, "reason": ""}, {"name": COPY, "state": "OK"}]
    now = Sighting(rollout=rollout(guards=guards), events=tuple(EVENTS), at=AT)
    assert told(FIRST, now) == ["01:28:05  guard                      checkout-5xx (candidate): ok"]


def test_each_look_at_an_experiment_is_told_until_the_verdict_is() -> None:
    compares = Sighting(rollout=compared(), events=tuple(EVENTS), at=AT)
    assert told(FIRST, compares) == [
        "01:28:05  experiment                 undecided: 12.1 % against 10.3 %: +1.8 points, between -0.3"
        " and +3.9 (95 %, any time)"
    ]
    assert told(compares, compares) == []
    ended = compared(verdict="better", reason="the candidate is better", ended_at=AT)
    assert told(compares, Sighting(rollout=ended, events=tuple(EVENTS), at=AT)) == []


def test_a_line_stays_a_line() -> None:
    event = {**EVENTS[0], "reason": "one\ntwo\x1b[2J", "type": "Odd\x07"}
    now = Sighting(rollout=rollout(), events=(*EVENTS, event), at=AT)
    assert told(FIRST, now) == ["01:27:59  Odd                        one two [2J · by user/deployer"]
