"""Who was hurt, and how much it took: counted."""

from dataclasses import replace

import pytest

from signalbox.kernel.clock import from_rfc3339
from signalbox_local.rehearsal.effort import bill, effort
from signalbox_local.rehearsal.figures import Count, blast, by_version, first_hurt, latency
from signalbox_local.rehearsal.looks import instance_seconds, lowest_healthy, stretched
from signalbox_local.rehearsal.phases import Phase, faster, phases
from tests.unit.rehearsals import (
    BROKEN,
    CANDIDATE,
    STABLE,
    TARGETS,
    ZERO,
    look,
    recording,
    request,
    sighting,
    summed,
)

NAMES = {STABLE: "good", CANDIDATE: "bad"}
SLOW = 0.5


def test_requests_are_counted_by_the_version_that_answered() -> None:
    asked = [
        request(1),
        request(1, took=0.7),
        request(1, image=CANDIDATE, status=500, took=0.9),
        request(1, image="", status=502),
        request(1, image="", status=0),
    ]
    assert by_version(asked, NAMES, SLOW) == {
        "good": Count(requests=2, failed=0, slowed=1),
        "bad": Count(requests=1, failed=1, slowed=0),
        "nobody": Count(requests=2, failed=2, slowed=0),
    }


def test_a_user_is_hurt_once_however_often() -> None:
    asked = [request(1, user=user) for user in range(10)]
    asked += [request(2, image=CANDIDATE, status=500, user=user) for user in (1, 1, 2)]
    asked += [request(2, took=0.9, user=3)]
    found = blast(asked, STABLE, SLOW, ())
    assert (found.users, found.users_hurt, found.users_hurt_by_stable) == (10, 3, 1)
    assert (found.failed, found.slowed, found.share_hurt) == (3, 1, 30)


def test_nobody_asked_is_nobody_hurt() -> None:
    assert blast([], STABLE, SLOW, ()).share_hurt == 0


def test_error_minutes_count_each_second_by_the_share_that_failed() -> None:
    second = round(ZERO) - ZERO
    half = [request(second + part / 10, status=500 if part % 2 else 200) for part in range(10)]
    whole = [request(second + 1 + part / 10, status=500) for part in range(10)]
    found = blast([*half, *whole], STABLE, SLOW, [(round(ZERO) + 1, round(ZERO) + 2, 20)])
    assert found.error_minutes == pytest.approx(1.5 / 60)
    assert found.error_minutes_at_real_speed == pytest.approx(20.5 / 60)


def test_detection_counts_from_the_first_bad_answer_that_the_old_version_did_not_give() -> None:
    asked = [request(1, status=500), request(3, image="", status=502), request(2, image=CANDIDATE, took=0.9)]
    assert first_hurt(asked, STABLE, SLOW) == ZERO + 2
    assert first_hurt(asked[:1], STABLE, SLOW) is None


def test_percentiles_are_of_those_who_got_an_answer() -> None:
    found = latency(request(1, took=number / 1000) for number in range(1, 101))
    assert found is not None
    assert (round(found.p50), round(found.p99)) == (50, 99)
    assert latency([request(1, status=0)]) is None
    assert latency([request(1, took=0.03)]) is not None


def test_a_stretch_counts_what_was_sped_up_as_often_as_it_was() -> None:
    assert stretched(0, 10, ()) == 10
    assert stretched(0, 10, [(2, 4, 20)]) == 8 + 40
    assert stretched(3, 5, [(2, 4, 20)]) == 20 + 1


def test_instance_seconds_are_those_above_the_baseline() -> None:
    looks = [look(0), look(1, candidates=4), look(3, candidates=4), look(4)]
    assert instance_seconds(looks, 4, ()) == pytest.approx(12)


def test_the_lowest_capacity_is_of_targets_that_carry_the_traffic() -> None:
    assert lowest_healthy([look(0), look(1, healthy=3, candidates=4)]) == 3


def test_capacity_that_was_taken_away_is_lacking_and_what_fails_by_itself_is_not() -> None:
    assert look(0, healthy=2).lacking(3) == ["2 of 3 in service in checkout"]
    sick = look(0, healthy=4)
    states = {TARGETS: {**sick.targets[TARGETS], "i-0": "unhealthy", "i-1": "unhealthy"}}
    assert type(sick)(at=0, weights=sick.weights, targets=states, images=sick.images).lacking(3) == []
    assert look(0, weight=0).lacking(3) == ["arn:rule sends nothing anywhere"]


def test_phases_follow_the_timeline_without_gaps() -> None:
    seen = sighting()
    found = phases(seen.rollout, seen.events, ZERO - 3, ZERO + 14)
    assert [phase.name for phase in found] == [
        "before", "provision", "shift", "bake", "the way back", "after",
    ]  # fmt: skip
    assert [round(phase.seconds, 1) for phase in found] == [3.2, 1.8, 1.0, 6.0, 2.9, 2.1]


def test_bakes_and_experiments_go_faster_than_they_will() -> None:
    kinds = ("provision", "bake", "analyse", "")
    parts = [Phase(name=k, kind=k, began=n, ended=n + 1.0) for n, k in enumerate(kinds)]
    assert faster(parts, 20) == [(1, 2, 20), (2, 3, 20)]


def call(
    operation: str, principal: str = "HoldFunctionRole", error: str | None = None, **parameters: object
) -> dict[str, object]:
    service = "events" if operation == "PutEvents" else "dynamodb"
    return {
        "principal": principal,
        "service": service,
        "operation": operation,
        "error": error,
        "parameters": parameters,
    }


def test_effort_counts_what_signalbox_did_and_not_who_watched_it() -> None:
    calls = [
        call("UpdateItem"),
        call("TransactWriteItems", TransactItems=[1, 2, 3]),
        call("Query", error="ThrottlingException"),
        call("PutEvents", Entries=[1, 2]),
        call("GetItem", principal="ApiFunctionRole"),
        call("PutItem", principal="user/admin"),
    ]
    states = [
        {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": n}}
        for n in ("Begin", "Hold", "NextStep")
    ]
    found = effort(calls, [states, [{"type": "ExecutionStarted"}]], ruled=2)
    assert (found.calls, found.throttled, found.writes, found.write_units, found.reads, found.events) == (
        4,
        1,
        2,
        7,
        1,
        2,
    )
    assert (found.transitions, found.invocations) == (3, 4)


def test_a_bill_is_effort_by_list_prices() -> None:
    found = effort([], [[]], ruled=0)
    assert bill(found, 0).total == 0
    assert bill(found, 3600).capacity == pytest.approx(0.0084)


def test_the_exit_code_is_that_of_the_worst() -> None:
    assert summed().exit_code == 1
    assert summed().broken == ()
    assert summed(sightings=(sighting(shares={"wanted": {"stable": 90, "candidate": 20}}),)).exit_code == 2
    assert BROKEN.holds is False


def test_users_follow_a_way_back_later_where_they_remember_a_name() -> None:
    assert summed().followed_seconds == 0, "the candidate got its last request before the way back began"
    acted = from_rfc3339(sighting().rollout["clocks"]["acted_at"]).timestamp() - ZERO
    late = (*recording().requests, request(acted + 1.5, image=CANDIDATE), request(acted + 2, image=STABLE))
    assert summed(requests=late).followed_seconds == pytest.approx(1.5)


def test_users_follow_a_shift_later_too() -> None:
    clocks = dict.fromkeys(("detected_at", "acted_at", "restored_at"))
    good = sighting(phase="succeeded", clocks=clocks)
    asked = (*recording().requests, request(5.5, image=STABLE))
    found = summed(sightings=(good,), requests=tuple(one for one in asked if one.at < ZERO + 9))
    assert found.followed_seconds == pytest.approx(2.5), "the candidate had all of it from second 3 on"


def test_in_place_no_weights_say_who_is_asked() -> None:
    steps = [{"index": 0, "kind": "replace", "name": "replace"}]
    events = tuple(e for e in sighting().events if e["type"] not in ("Step Started", "Traffic Shifted"))
    assert summed(sightings=(replace(sighting(steps=steps), events=events),)).followed_seconds is None


def test_a_rehearsal_that_succeeded_is_well() -> None:
    assert replace(summed(), phase="succeeded").exit_code == 0


def test_the_figures_of_a_rollback() -> None:
    found = summed()
    assert (found.phase, found.expected, found.size, found.floor) == ("rolled_back", "rolled_back", 4, 3)
    assert found.blast.failed == 24
    assert found.versions["bad"] == Count(requests=24, failed=24, slowed=0)
    assert [phase.name for phase in found.phases][:2] == ["before", "provision"]
    assert found.lowest_healthy == 4
    assert found.extra_instance_seconds_at_real_speed > found.extra_instance_seconds > 0
