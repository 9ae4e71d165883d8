"""What a fleet saved between two moments: only what was seen to stand still counts."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from signalbox.fleets.commands import report_savings as module
from signalbox.fleets.commands.override_fleet import override_fleet
from signalbox.fleets.commands.report_savings import report_savings
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Kind, Power
from signalbox.fleets.record import Lot, Run
from signalbox.kernel.errors import Invalid, NotFound, Rejected
from tests.unit.fleet_machine import ANA, Railway
from tests.unit.fleet_stories import asleep, at, database, fleet, group, instance, railway
from tests.unit.fleet_world import refuse_at
from tests.unit.test_fleet_answers import ENFORCING, strays

NEAR = 0.4  # hours: what runs take
MANY = 10  # runs
PRICED = fleet(prices={"m5.large": 0.1})


def hours(stage: Railway, begin: datetime | None = None, end: datetime | None = None) -> dict[str, float]:
    found = report_savings("qa", begin, end, stage.world.ports)
    return {one.unit: one.hours for one in found.saved}


def test_a_weekend_counts_for_each_unit() -> None:
    stage = asleep(instance(), instance(2), group(unit="c5.xlarge"), database()).run_until(at(9, day=30))
    found = report_savings("qa", None, None, stage.world.ports)
    assert [(one.kind, one.unit, one.resources) for one in found.saved] == [
        (Kind.AUTOSCALING, "c5.xlarge", 1),
        (Kind.EC2, "m5.large", 2),
        (Kind.RDS, "db.t3.medium", 1),
    ]
    assert [one.hours for one in found.saved] == pytest.approx([3 * 60, 2 * 60, 60], abs=NEAR)
    assert (found.end, found.end - found.begin) == (stage.now, timedelta(days=30))


def test_what_a_price_list_does_not_name_counts_as_such() -> None:
    stage = asleep(instance(unit="")).run_until(at(9, day=30))
    assert hours(stage) == {"": pytest.approx(60, abs=NEAR)}


def test_only_what_lies_between_the_moments_counts() -> None:
    stage = asleep(instance()).run_until(at(9, day=30))
    assert hours(stage, at(0, day=28), at(0, day=29)) == {"m5.large": 24}
    assert hours(stage, at(12), at(18)) == {}
    assert hours(stage, at(6, day=30), None) == {"m5.large": pytest.approx(2, abs=NEAR)}


def test_what_still_stands_counts_until_now_and_no_longer() -> None:
    stage = asleep(instance()).run_until(at(20, day=28))
    assert hours(stage) == hours(stage, None, at(0, day=30)) == {"m5.large": pytest.approx(24, abs=NEAR)}


def test_the_record_is_read_back_to_the_last_start_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    stage = asleep(instance(), spec=ENFORCING).run_until(at(21, day=30))
    assert hours(stage) == {"m5.large": pytest.approx(61, abs=NEAR)}
    assert hours(stage, at(20, 30, day=30), at(20, 45, day=30)) == {"m5.large": 0.25}


def test_runs_that_find_nothing_to_do_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = asleep(instance(), instance(2)).run_until(at(21))
    for _ in range(MANY):
        switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
        stage.run_on(hours=1)
    stage.run_until(at(9, day=30))
    asked: list[str] = []
    with_lots = stage.world.ports.runs.with_lots

    def watched(fleet: str, run_id: str) -> tuple[Run, tuple[Lot, ...]]:
        asked.append(run_id)
        return with_lots(fleet, run_id)

    monkeypatch.setattr(stage.world.ports.runs, "with_lots", watched)
    assert hours(stage) == {"m5.large": pytest.approx(120, abs=NEAR)}
    assert len(stage.world.runs()) > MANY
    assert len(asked) < MANY


def test_who_is_started_by_hand_and_stopped_again_does_not_count_meanwhile() -> None:
    stage = asleep(instance(), instance(2), spec=ENFORCING).run_until(at(21, 30))
    stage.world.aws.by_hand(instance().id, Power.RUNNING)  # no event tells, the sweep at ten finds it
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(119, abs=NEAR)}


def test_an_event_tells_until_when_it_stood_still() -> None:
    stage = asleep(instance(), spec=ENFORCING).run_until(at(22, 10))
    strays(stage, instance())
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(60, abs=NEAR)}


def test_what_aws_has_started_and_the_sweep_has_found_has_run_for_an_hour() -> None:
    stage = asleep(database(), instance()).run_until(at(21, 5))
    stage.world.aws.restarts("orders")
    stood = hours(stage.run_until(at(9, day=30)))
    assert stood["db.t3.medium"] == pytest.approx(stood["m5.large"] - 1, abs=NEAR)


def test_what_a_tag_wants_at_night_saves_nothing_meanwhile_and_what_it_stops_by_day_does() -> None:
    stage = asleep(instance(), database(), spec=ENFORCING)
    by_night = "running until 2026-11-27T23:00Z"
    stage.world.aws.of(instance().id).tags["signalbox:power"] = by_night
    stage.run_until(at(9, day=30))
    stage.world.aws.of(instance().id).tags["signalbox:power"] = "stopped until 2026-11-30T15:00Z"
    stood = hours(stage.run_until(at(16, day=30)))
    assert stood["m5.large"] == pytest.approx(60 - 2 + 5, abs=NEAR)


def test_who_is_started_by_hand_and_left_so_counts_until_it_was_told() -> None:
    stage = asleep(instance(), instance(2)).run_until(at(22))
    strays(stage, instance())
    stage.run_on(hours=1)
    assert hours(stage) == {"m5.large": pytest.approx(2 + 3, abs=NEAR)}
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(2 + 60, abs=NEAR)}


def test_who_is_found_standing_by_another_stop_counts_on() -> None:
    stage = asleep(instance(), instance(2)).run_until(at(21))
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(60 + 59, abs=NEAR)}


def test_who_ran_when_it_was_to_start_has_stood_still_nobody_knows_how_long() -> None:
    stage = asleep(instance(), instance(2))
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(60, abs=NEAR)}


def test_what_is_found_out_after_the_range_counts_for_what_lies_in_it() -> None:
    stage = asleep(instance(), instance(2))
    stage.world.aws.by_hand(instance().id, Power.RUNNING)
    stage.run_until(at(9, day=30))
    assert hours(stage, at(0, day=28), at(0, day=29)) == {"m5.large": 24}
    assert hours(stage, at(12, day=28), at(12, day=29)) == {"m5.large": 24}


def test_a_later_week_changes_nothing() -> None:
    stage = asleep(instance()).run_until(at(9, day=30))
    whole = hours(stage, at(0), at(12, day=30) - timedelta(hours=3))
    stage.run_on(days=5)
    assert hours(stage, at(0), at(9, day=30)) == whole


def test_who_is_gone_counts_until_it_was_last_seen() -> None:
    stage = asleep(instance(), instance(2)).run_until(at(12, day=28))
    switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
    stage.run_on(hours=1)
    del stage.world.aws.things[instance().key]
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(60 + 16, abs=NEAR)}


def test_an_override_is_no_saving() -> None:
    stage = railway(instance()).run_until(at(19))
    override_fleet("qa", Power.RUNNING, at(23), ANA, stage.world.ports)
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(57, abs=NEAR)}


def test_what_a_tag_leaves_stopped_goes_on_standing_still() -> None:
    stage = asleep(instance())
    stage.world.aws.of(instance().id).tags["signalbox:power"] = "stopped until 2026-12-01T00:00:00Z"
    assert hours(stage.run_until(at(20, day=30)))["m5.large"] == pytest.approx(72, abs=NEAR)


def test_what_cannot_be_looked_for_is_not_gone() -> None:
    stage = asleep(instance()).run_until(at(12, day=28))
    refuse, stage.world.aws.refuse = stage.world.aws.refuse, refuse_at("eu-west-1", Rejected("no"), "find")
    switch_fleet("qa", Action.STOP, ANA, stage.world.ports)
    stage.run_on(hours=1)
    assert stage.run_of().counts["failed"]
    stage.world.aws.refuse = refuse
    assert hours(stage.run_until(at(9, day=30))) == {"m5.large": pytest.approx(60, abs=NEAR)}


def test_a_start_that_is_under_way_has_ended_it() -> None:
    stage = asleep(database()).run_until(at(8, 4, day=30))
    assert not stage.run_of().phase.is_final
    assert hours(stage) == {"db.t3.medium": pytest.approx(60, abs=NEAR)}


@pytest.mark.parametrize(
    ("begin", "end", "right"),
    [
        (at(12, day=28), None, "past"),
        (at(12), at(12), "before `until`"),
        (at(12) - timedelta(days=93), at(12), "92 days"),
    ],
)
def test_a_range_that_cannot_be_is_refused(begin: datetime, end: datetime | None, right: str) -> None:
    with pytest.raises(Invalid, match=right):
        hours(railway(), begin, end)


def test_a_fleet_without_runs_saved_nothing_and_one_that_is_not_there_is_named() -> None:
    assert hours(railway()) == {}
    with pytest.raises(NotFound, match="nobody"):
        report_savings("nobody", None, None, railway().world.ports)


def test_prices_are_those_of_the_fleet() -> None:
    assert report_savings("qa", None, None, railway(spec=PRICED).world.ports).prices == {"m5.large": 0.1}
    assert (
        report_savings("qa", None, None, railway(spec=replace(PRICED, prices=None)).world.ports).prices == {}
    )
