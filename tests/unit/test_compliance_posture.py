"""How things stand, counted from what is remembered."""

from datetime import timedelta

import pytest

from signalbox.compliance.commands.tell_posture import tell_posture
from signalbox.compliance.decisions.posture import AGES, posture, speed, standing, takes
from signalbox.compliance.model import Mode, Observed, Resource
from signalbox.compliance.record import Finding, Remediation, State
from tests.unit.builders import NOW
from tests.unit.compliance_machine import Railway
from tests.unit.compliance_stories import BUCKET, GROUP, thing


def found(
    state: State, age: timedelta, took: float = 0, *, queued: bool = False, acted_after: float | None = None
) -> Finding:
    detected = NOW - age
    of = Resource(type="AWS::S3::Bucket", id="photos", account="1", region="eu-west-1")
    return Finding(
        id="c-1", rule=BUCKET, resource=of, mode=Mode.AUTO, created_at=detected, detected_at=detected,
        result_at=detected, state=state,
        closed_at=detected + timedelta(seconds=took) if state.is_closed else None,
        remediation=Remediation(
            queued=queued,
            acted_at=detected + timedelta(seconds=acted_after) if acted_after is not None else None,
            after={} if acted_after is not None else None,
        ),
    )  # fmt: skip


def test_what_is_not_closed_is_counted_by_age() -> None:
    of = standing(
        [
            found(State.OPEN, timedelta(hours=3), queued=True),
            found(State.EXCEPTED, timedelta(days=1)),
            found(State.FAILED, timedelta(days=8)),
            found(State.FAILED, timedelta(days=400)),
            found(State.REMEDIATED, timedelta(days=900), 4),
            found(State.GONE, timedelta(days=900), 4),
        ],
        NOW,
    )
    assert (of.open, of.queued, of.oldest) == (4, 1, NOW - timedelta(days=400))
    assert dict(of.ages) == dict.fromkeys(AGES, 1)
    assert of.states[State.FAILED] == 2


def test_nothing_is_nothing() -> None:
    of = posture([], {}, NOW)
    assert (of.rules, of.owners, of.all.open, of.all.oldest, of.speed.count) == ({}, {}, 0, None, 0)


@pytest.mark.parametrize(("took", "p50", "p95"), [([7], 7, 7), ([0, 10], 5, 9.5), (range(101), 50, 95)])
def test_how_soon_things_are_put_right(took: list[float], p50: float, p95: float) -> None:
    of = speed(
        [found(State.REMEDIATED, timedelta(days=1), seconds) for seconds in took]
        + [found(State.GONE, timedelta(days=1), 1_000_000), found(State.OPEN, timedelta(days=1))]
    )
    assert (of.count, of.p50, of.p95) == (len(took), p50, p95)


def test_how_long_fixes_take_is_counted_from_the_first_write_of_those_that_were_proven() -> None:
    day = timedelta(days=1)
    by_us = [found(State.REMEDIATED, day, 100 + took, acted_after=100) for took in (2, 62, 2)]
    others = [found(State.REMEDIATED, day, 9_000), found(State.FAILED, day, acted_after=3)]
    assert takes([*by_us, *others]) == timedelta(seconds=2)
    assert takes(others) is None


def test_owners_are_those_of_the_tag_however_it_is_spelt() -> None:
    for tags, owner in (({"Owner": "web"}, "web"), ({"owner": "ops"}, "ops"), ({"own": "x"}, "")):
        assert Observed(configuration={}, tags=tags).owner == owner


def test_posture_is_told_by_rule_and_by_owner() -> None:
    stage = Railway()
    mine = {"signalbox:managed": "true", "owner": "web"}
    group, bucket = stage.has(GROUP, thing(GROUP, tags=mine)), stage.has(BUCKET, thing(BUCKET))
    for subject in (group, bucket):
        stage.says(subject)
    stage.settle()
    of = tell_posture(stage.world.ports)
    assert list(of.rules) == sorted(stage.world.ports.rules)
    assert of.rules[GROUP].standing.states == {State.WAITING: 1}
    assert of.rules[BUCKET].speed.count == of.speed.count == 1
    assert {owner: each.open for owner, each in of.owners.items()} == {"web": 1}
