"""AWS Config asks, Signalbox compares: changes, items too large to be sent, deletions, all each hour."""

import json
from typing import Any

import pytest

from signalbox.compliance.commands.config_invocation import config_invocation
from signalbox.compliance.commands.evaluate_baselines import evaluate_baselines
from signalbox.compliance.commands.record_baseline import end_baseline, record_baseline
from signalbox.compliance.configuration_items import item_of
from signalbox.compliance.model import Evaluation, Verdict
from signalbox.kernel.errors import Transient
from signalbox.kernel.events import JsonObject
from tests.unit.builders import NOW
from tests.unit.compliance_baselines import (
    BUCKET,
    CHANGED,
    CUT,
    DUE,
    ENCRYPTED,
    TOKEN,
    VOLUME,
    invocation,
    item,
    later,
    raw_item,
    spec,
)
from tests.unit.compliance_fakes import ComplianceWorld
from tests.unit.compliance_machine import ANA

DIFFERS = f"it differs from baseline 1 of its type in {ENCRYPTED}"


@pytest.fixture
def world() -> ComplianceWorld:
    """Volumes have a baseline."""
    made = ComplianceWorld()
    record_baseline(VOLUME, spec(), ANA, made.ports)
    return made


def _asked(world: ComplianceWorld, event: JsonObject) -> list[Evaluation]:
    assert evaluate_baselines(config_invocation(event), world.ports)
    return world.evaluations.told.get(TOKEN, [])


def _of_volume(verdict: Verdict, annotation: str = "", at: Any = NOW) -> Evaluation:
    return Evaluation(type=VOLUME, id="vol-1", verdict=verdict, at=at, annotation=annotation)


def test_a_change_is_compared_as_of_when_it_was_recorded(world: ComplianceWorld) -> None:
    changed = invocation(CHANGED, configurationItem=raw_item(at=later(minutes=-3)))
    assert _asked(world, changed) == [_of_volume(Verdict.NON_COMPLIANT, DIFFERS, later(minutes=-3))]


def test_what_is_as_it_should_be_is_compliant(world: ComplianceWorld) -> None:
    good = raw_item(configuration={"encrypted": True})
    (told,) = _asked(world, invocation(CHANGED, configurationItem=good))
    assert told.verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("status", ["ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"])
def test_what_is_deleted_is_not_applicable(world: ComplianceWorld, status: str) -> None:
    gone = raw_item(status, configuration=None)
    assert _asked(world, invocation(CHANGED, configurationItem=gone)) == [_of_volume(Verdict.NOT_APPLICABLE)]


def test_what_has_left_the_scope_is_not_applicable(world: ComplianceWorld) -> None:
    left = invocation(CHANGED, has_left=True, configurationItem=raw_item())
    assert _asked(world, left) == [_of_volume(Verdict.NOT_APPLICABLE)]


def test_a_type_without_a_baseline_is_not_applicable(world: ComplianceWorld) -> None:
    bucket = raw_item(resourceType=BUCKET, resourceId="photos")
    (told,) = _asked(world, invocation(CHANGED, configurationItem=bucket))
    assert (told.type, told.verdict) == (BUCKET, Verdict.NOT_APPLICABLE)


def _cut() -> JsonObject:
    summary = {name: value for name, value in raw_item().items() if name not in ("configuration", "tags")}
    return invocation(CUT, configurationItemSummary=summary, s3DeliverySummary={})


def test_an_item_that_is_too_large_to_be_sent_is_read(world: ComplianceWorld) -> None:
    world.records.items = [item(at=later(milliseconds=-1))]
    at = later(milliseconds=-1)
    assert _asked(world, _cut()) == [_of_volume(Verdict.NON_COMPLIANT, DIFFERS, at)]


def test_an_older_item_does_not_stand_for_the_one_that_was_told(world: ComplianceWorld) -> None:
    world.records.items = [item(at=later(minutes=-5))]
    with pytest.raises(Transient, match="cannot be read yet"):
        evaluate_baselines(config_invocation(_cut()), world.ports)
    assert not world.evaluations.told


def test_what_is_gone_before_it_could_be_read_is_not_applicable(world: ComplianceWorld) -> None:
    assert _asked(world, _cut()) == [_of_volume(Verdict.NOT_APPLICABLE)]


def test_each_hour_everything_that_has_a_baseline_is_compared(world: ComplianceWorld) -> None:
    world.records.items = [item(), item("vol-2", encrypted=True), item("photos", BUCKET)]
    due = invocation(DUE, notificationCreationTime="2026-11-22T11:00:00.000Z")
    told = _asked(world, due)
    assert {each.id: each.verdict for each in told} == {
        "vol-1": Verdict.NON_COMPLIANT,
        "vol-2": Verdict.COMPLIANT,
    }
    assert {each.at.hour for each in told} == {11}


def test_for_a_day_after_its_end_a_baseline_is_told_not_to_apply(world: ComplianceWorld) -> None:
    world.records.items = [item()]
    end_baseline(VOLUME, ANA, world.ports)
    soon, late = (invocation(DUE, notificationCreationTime=later(hours=h).isoformat()) for h in (23, 24))
    assert [each.verdict for each in _asked(world, soon)] == [Verdict.NOT_APPLICABLE]
    world.evaluations.told.clear()
    assert _asked(world, late) == []


def test_without_baselines_nothing_is_read() -> None:
    world = ComplianceWorld()
    world.records.items = [item()]
    assert _asked(world, invocation(DUE)) == []
    assert "records.all" not in world.wire.log


@pytest.mark.parametrize(
    "event",
    [
        {},
        invocation(DUE, token=""),
        invocation("ConfigurationSnapshotDeliveryCompleted"),
        invocation(CHANGED),
        invocation(CUT, configurationItem=raw_item()),
        invocation(CHANGED, configurationItem=raw_item(resourceId=None)),
        invocation(CHANGED, configurationItem=raw_item(configurationItemCaptureTime="yesterday")),
        {**invocation(DUE), "invokingEvent": "{"},
    ],
)
def test_what_is_not_clear_is_refused(event: JsonObject) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's as well as ours
        config_invocation(event)


def test_the_api_and_an_invocation_say_the_same_of_an_item() -> None:
    grants = {"grantSet": None, "owner": {"id": "1"}}
    parts = {"AccessControlList": json.dumps(grants), "IsRequesterPaysEnabled": False}
    sent = item_of(raw_item(configuration={"name": "photos"}, supplementaryConfiguration=parts))
    text = {name: json.dumps(part) for name, part in parts.items()}
    read = item_of(
        raw_item(
            configuration=json.dumps({"name": "photos"}),
            supplementaryConfiguration=text,
            configurationItemCaptureTime=NOW,
        )
    )
    assert sent == read
    assert sent.configuration["supplementaryConfiguration"] == {
        "AccessControlList": grants,
        "IsRequesterPaysEnabled": False,
    }


def test_a_text_that_is_no_json_is_a_text() -> None:
    found = item_of(raw_item(supplementaryConfiguration={"unsupported": "n/a"}, tags=None))
    assert found.configuration["supplementaryConfiguration"] == {"unsupported": "n/a"}
    assert found.tags == {}
    assert item_of(raw_item(supplementaryConfiguration=None)).tags == {"owner": "web"}
