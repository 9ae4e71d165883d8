"""The judgement of demo and rehearsal: it must see what is left over, changed or forged."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

import pytest

from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Head, continue_chain
from signalbox_local.rehearsal.checks import Check, estate_checks, timeline_checks
from signalbox_local.rehearsal.footprint import Footprint, GroupPrint

GROUP = GroupPrint(images={"ami-1": 4}, size=(2, 8, 4), suspended=frozenset(), version="1", healthy=4)
IDLE = GroupPrint(images={}, size=(0, 8, 0), suspended=frozenset(), version="1", healthy=0)
BEFORE = Footprint(
    own={"checkout": GROUP},
    weights={"arn:rule": {"arn:checkout": 100}},
    versions=frozenset({"1"}),
    groups=frozenset({"checkout"}),
    target_groups=frozenset({"checkout"}),
    balancers=frozenset({"shop"}),
    alarms=frozenset({"checkout-5xx"}),
    locks=frozenset(),
)
RENEWED = replace(
    BEFORE,
    own={"checkout": replace(GROUP, images={"ami-2": 4}, version="2")},
    versions=frozenset({"1", "2"}),
)
SLOTS = replace(
    BEFORE,
    own={"blue": GROUP, "green": IDLE},
    weights={"arn:rule": {"arn:blue": 100, "arn:green": 0}},
)
SWAPPED = replace(
    SLOTS,
    own={"blue": IDLE, "green": replace(GROUP, images={"ami-2": 4}, version="2")},
    weights={"arn:rule": {"arn:blue": 0, "arn:green": 100}},
    versions=frozenset({"1", "2"}),
)


def broken(checks: list[Check]) -> list[str]:
    return [check.told for check in checks if not check.holds]


def own(**changes: object) -> dict[str, object]:
    """A change of the one group."""
    return {"own": {"checkout": replace(GROUP, **changes)}}  # type: ignore[arg-type]


def test_a_good_rollout_changes_the_version_and_nothing_else() -> None:
    assert broken(list(estate_checks(BEFORE, RENEWED, "ami-2", "v2"))) == []


def test_a_rollback_leaves_what_was_there() -> None:
    assert broken(list(estate_checks(BEFORE, BEFORE, "ami-1", "v1"))) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (own(images={"ami-1": 3, "ami-2": 1}), "the group runs 4 × v1 and nothing else"),
        (own(healthy=3), "all 4 are healthy"),
        (
            {"weights": {"arn:rule": {"arn:checkout": 0}}},
            "what sends traffic sends it where it did before",
        ),
        (own(size=(4, 8, 4)), "min 2, max 8, desired 4 as before, no process suspended"),
        (own(suspended=frozenset({"Launch"})), "min 2, max 8, desired 4 as before, no process suspended"),
        ({"groups": frozenset({"checkout", "copy"})}, "no second group is left over"),
        ({"groups": frozenset()}, "no second group is left over"),
        ({"target_groups": frozenset({"checkout", "copy"})}, "no second target group is left over"),
        ({"balancers": frozenset({"shop", "copy"})}, "no second load balancer is left over"),
        ({"alarms": frozenset({"checkout-5xx", "copy"})}, "no copy of an alarm is left over"),
        ({"versions": frozenset({"1", "2"})}, "no launch template version is left over"),
        ({"locks": frozenset({"LOCK#x"})}, "no lock or watcher is left over"),
    ],
)
def test_each_leftover_of_a_rollback_is_seen(change: dict[str, object], told: str) -> None:
    after = replace(BEFORE, **change)  # type: ignore[arg-type]
    assert broken(list(estate_checks(BEFORE, after, "ami-1", "v1"))) == [told]


def test_a_good_rollout_leaves_only_the_version_that_it_runs() -> None:
    after = replace(RENEWED, versions=frozenset({"1", "2", "3"}))
    assert broken(list(estate_checks(BEFORE, after, "ami-2", "v2"))) == [
        "no launch template version is left over"
    ]


def test_of_two_slots_the_other_one_serves_after_a_good_rollout() -> None:
    assert broken(list(estate_checks(SLOTS, SWAPPED, "ami-2", "v2", swapped=True))) == []
    assert broken(list(estate_checks(SLOTS, SLOTS, "ami-1", "v1"))) == []


def test_a_slot_that_was_not_emptied_is_seen() -> None:
    both = replace(SWAPPED, own={"blue": GROUP, "green": SWAPPED.own["green"]})
    assert broken(list(estate_checks(SLOTS, both, "ami-2", "v2", swapped=True))) == [
        "the group runs 4 × v2 and nothing else",
        "all 4 are healthy",
        "all traffic goes to the other slot",
        "desired 4 in the slot that serves, 0 in the other, no process suspended",
    ]


def timeline(*types: str) -> list[dict[str, object]]:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    events = [Event(type=type_, at=at, actor="signalbox", reason="", data={}) for type_ in types]
    entries = [asdict(entry) for entry in continue_chain(Head(), events)[1]]
    return [{key: value for key, value in entry.items() if key != "public"} for entry in entries]


def test_a_timeline_that_ends_once_and_is_whole_holds() -> None:
    assert broken(list(timeline_checks(timeline("Rollout Started", "Rollout Succeeded")))) == []


def test_a_changed_entry_is_seen() -> None:
    events = timeline("Rollout Started", "Rollout Succeeded")
    events[0]["reason"] = "forged"
    assert broken(list(timeline_checks(events))) == ["the hash chain of its timeline verifies, 2 entries"]


@pytest.mark.parametrize(
    "ends", [(), ("Rollout Succeeded", "Rollout Aborted"), ("Rollout Stuck", "Rollout Held")]
)
def test_no_end_two_ends_or_something_after_the_end_is_seen(ends: tuple[str, ...]) -> None:
    events = timeline("Rollout Started", *ends)
    assert broken(list(timeline_checks(events))) == ["it has ended exactly once"]
