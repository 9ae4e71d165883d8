"""What AWS Config says opens and closes findings; what it has said before changes nothing."""

from dataclasses import replace

import pytest

from signalbox.compliance.model import Verdict
from signalbox.compliance.record import State
from signalbox.kernel.errors import Transient
from tests.unit.compliance_machine import Railway, assert_in_order
from tests.unit.compliance_stories import BASELINE, BUCKET, GROUP, refusing, thing


def test_the_same_result_twice_and_an_older_one_change_nothing() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    older, first = stage.result(bucket, Verdict.COMPLIANT), stage.result(bucket)
    stage.hears(first)
    stage.hears(first)
    stage.hears(older)
    stage.settle()
    stage.hears(first)
    assert len(stage.world.executions.started) == 1
    assert len(stage.world.estate.writes) == 1
    assert stage.told(bucket).count("Finding Opened") == 1


def test_what_is_found_again_while_it_is_known_opens_nothing() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    assert "known to be wrong" in stage.says(group)
    assert stage.told(group).count("Finding Opened") == 1


@pytest.mark.parametrize("verdict", [Verdict.NO_DATA, Verdict.COMPLIANT, Verdict.NOT_APPLICABLE])
def test_no_data_is_no_verdict_and_what_is_well_is_no_finding(verdict: Verdict) -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket, verdict)
    assert not stage.world.findings.kept


def test_no_data_closes_nothing() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    stage.says(group, Verdict.NO_DATA)
    assert stage.finding(group).state is State.WAITING


def test_rules_and_places_of_others_are_none_of_ours() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    result = stage.result(bucket)
    assert "no rule of Signalbox" in stage.hears(replace(result, rule="theirs"))
    elsewhere = replace(result.resource, region="us-east-1")
    assert "not looked after" in stage.hears(replace(result, resource=elsewhere))
    assert not stage.world.findings.kept


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.COMPLIANT, State.REMEDIATED), (Verdict.NOT_APPLICABLE, State.GONE)],
)
def test_what_others_put_right_or_delete_is_closed(verdict: Verdict, state: State) -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    stage.says(group, verdict)
    assert stage.finding(group).state is state
    stage.says(group, verdict)
    stage.settle(days=8)
    assert stage.told(group) == ["Finding Opened", "Approval Requested", "Finding Closed"]
    assert stage.world.estate.writes == []
    assert_in_order(stage)


def test_the_sweep_hears_what_no_event_has_told() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.world.evaluations.said[f"config-{BUCKET}"] = [stage.result(bucket)]
    assert f"config-{BUCKET}: 1 results" in stage.sweep()
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    stage.sweep()
    stage.settle()
    assert stage.told(bucket).count("Finding Opened") == 1


def test_what_is_wrong_with_one_rule_keeps_no_other_from_being_heard() -> None:
    stage = Railway()
    stage.world.wire.fail = refusing("evaluations.results", Transient("away"))
    assert stage.sweep().count("away") == len(stage.world.ports.config_rules)


def test_what_config_recorded_before_the_proof_opens_nothing_again() -> None:
    """A rule that looks once an hour says the same again, with a later time, until it looks after the fix."""
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    first, again = stage.result(bucket), stage.result(bucket)
    stage.hears(first)
    stage.settle()
    assert first.at < again.at <= stage.now
    stage.hears(again)
    assert stage.finding(bucket).state is State.REMEDIATED
    assert stage.told(bucket).count("Finding Opened") == 1
    assert stage.finding(bucket).result_at == again.at


def test_what_config_recorded_before_the_undo_closes_nothing() -> None:
    """It looked in between, and its event comes late."""
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, deaf=True))
    stage.says(bucket)
    stage.settle(seconds=30)
    between = stage.result(bucket, Verdict.COMPLIANT)
    stage.settle()
    assert stage.finding(bucket).state is State.FAILED
    stage.hears(between)
    assert stage.finding(bucket).state is State.FAILED
    stage.says(bucket, Verdict.COMPLIANT)
    assert stage.finding(bucket).state is State.REMEDIATED


def test_what_is_only_told_is_looked_at_again_when_config_finds_something_else() -> None:
    stage = Railway()
    volume = stage.has(BASELINE, thing(BASELINE))
    first, again, other = (replace(stage.result(volume), annotation=f"in {field}") for field in "aab")
    for result, times in ((first, 1), (again, 1), (other, 2)):
        stage.hears(result)
        stage.settle()
        assert stage.told(volume) == ["Finding Opened", *["Finding Left"] * times]
    assert stage.finding(volume).annotation == "in b"
    assert_in_order(stage)


def test_what_differs_from_a_baseline_is_told_field_by_field_and_left() -> None:
    stage = Railway()
    volume = stage.has(BASELINE, thing(BASELINE))
    stage.says(volume)
    stage.settle()
    told = stage.timeline(volume)[-1]
    variation = {"field": "configuration.encrypted", "expected": True, "found": False}
    assert (told.type, told.data["facts"]) == ("Finding Left", {"variations": [variation]})
    assert stage.finding(volume).reason.endswith("in configuration.encrypted; its playbook only tells")
    stage.says(volume, Verdict.COMPLIANT)
    assert stage.finding(volume).state is State.REMEDIATED


def test_what_waits_for_somebody_is_not_begun_anew_by_another_remark() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    assert "known to be wrong" in stage.hears(replace(stage.result(group), annotation="port 22"))
    assert stage.told(group).count("Approval Requested") == 1


@pytest.mark.parametrize("rule", ["trail-logging", "volumes-encrypted-by-default"])
def test_settings_of_the_account_are_looked_at_by_the_sweep(rule: str) -> None:
    stage = Railway()
    setting = stage.has(rule, thing(rule, is_of_account=True))
    stage.sweep()
    stage.settle()
    assert stage.finding(setting).state is State.REMEDIATED
    stage.world.clock.move(hours=1)
    stage.sweep()
    assert stage.told(setting).count("Finding Opened") == 1
    assert_in_order(stage)


def test_a_setting_that_is_known_to_be_wrong_is_not_written_down_each_hour() -> None:
    stage = Railway()
    setting = stage.has("trail-logging", thing("trail-logging", is_of_account=True, deaf=True))
    stage.sweep()
    stage.settle()
    assert stage.finding(setting).state is State.FAILED
    known = stage.finding(setting)
    stage.world.clock.move(hours=1)
    stage.sweep()
    assert stage.finding(setting) == known


@pytest.mark.parametrize("has_none", [True, False])
def test_without_a_rule_in_config_the_sweep_looks_at_nothing(has_none: bool) -> None:  # noqa: FBT001
    stage = Railway()
    setting = stage.has("trail-logging", thing("trail-logging", is_of_account=True))
    if has_none:
        stage.world.config_rules.clear()
    stage.world.evaluations.looked["config-trail-logging"] = None
    stage.sweep()
    assert setting.finding_id not in stage.world.findings.kept
