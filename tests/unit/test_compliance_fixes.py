"""What is found is put right once, and proven by reading it back."""

import pytest

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.model import Verdict
from signalbox.compliance.record import State
from signalbox.kernel.errors import Transient
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, DATABASE, refusing, thing


def test_what_is_found_is_put_right_and_proven() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET, name="photos"))
    stage.says(bucket)
    stage.settle()
    finding = stage.finding(bucket)
    assert (finding.state, finding.reason, finding.name) == (
        State.REMEDIATED,
        "all four blocks are on",
        "photos",
    )
    assert stage.told(bucket) == ["Finding Opened", "Remediation Started", "Remediation Succeeded"]
    assert finding.remediation.before == EXAMPLES[BUCKET].bad
    assert finding.remediation.after == EXAMPLES[BUCKET].good
    assert finding.closed_at is not None
    assert stage.world.evaluations.evaluated == ["config-bucket-public-access"]
    assert_in_order(stage)


def test_config_that_cannot_look_again_keeps_nobody_from_closing() -> None:
    stage = Railway()
    stage.world.wire.fail = refusing("evaluations.evaluate", Transient("slow down"))
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED


def test_a_fix_under_way_is_closed_by_its_own_proof() -> None:
    stage = Railway()
    database = stage.has(DATABASE, thing(DATABASE, name="orders"))
    stage.says(database)
    stage.settle()
    approve(database.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert stage.finding(database).state is State.REMEDIATING
    stage.says(database, Verdict.COMPLIANT)
    assert stage.finding(database).state is State.REMEDIATING


def test_a_backup_that_waits_for_its_window_is_proven_after_it() -> None:
    stage = Railway()
    orders = thing(DATABASE, name="orders")
    database = stage.has(DATABASE, orders)
    stage.says(database)
    stage.settle()
    approve(database.finding_id, ANA, stage.world.ports)
    stage.settle(days=3)
    assert stage.finding(database).reason == "backups for 7 days begin in the maintenance window"
    orders.configuration.update(BackupRetentionPeriod=7, PendingBackupRetentionPeriod=None)
    stage.settle(hours=2)
    assert stage.finding(database).state is State.REMEDIATED


def test_what_may_take_days_to_prove_is_looked_at_seldom() -> None:
    """An execution has 25,000 events, and a look takes eleven of them."""
    stage = Railway()
    database = stage.has(DATABASE, thing(DATABASE, name="orders", deaf=True))
    stage.says(database)
    stage.settle()
    approve(database.finding_id, ANA, stage.world.ports)
    stage.settle(days=9)
    assert stage.finding(database).reason.startswith("not proven in time")
    assert stage.finding(database).remediation.rounds < 200


def test_what_is_well_already_is_closed_and_says_that_nothing_was_changed() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, Thing(configuration=dict(EXAMPLES[BUCKET].good)))
    stage.says(bucket)
    stage.settle()
    assert stage.finding(bucket).state is State.REMEDIATED
    assert stage.finding(bucket).reason.endswith("Signalbox has changed nothing")
    assert_in_order(stage)


def test_what_somebody_else_has_put_right_for_later_is_left_to_config() -> None:
    stage = Railway()
    orders = thing(DATABASE, name="orders")
    orders.configuration["PendingBackupRetentionPeriod"] = 3
    database = stage.has(DATABASE, orders)
    stage.says(database)
    stage.settle()
    assert stage.finding(database).state is State.OPEN
    stage.says(database, Verdict.COMPLIANT)
    assert stage.finding(database).state is State.REMEDIATED


def test_what_is_deleted_while_it_waits_is_nobodys_failure() -> None:
    stage = Railway()
    bucket = stage.has(BUCKET, thing(BUCKET))
    stage.says(bucket)
    stage.world.estate.things.clear()
    stage.settle()
    assert stage.finding(bucket).state is State.GONE
    assert_in_order(stage)


@pytest.mark.parametrize("steps", [2, 3])
def test_what_is_deleted_in_the_middle_of_its_fix_is_nobodys_failure(steps: int) -> None:
    stage = Railway()
    deaf = thing(BUCKET, deaf=True)
    bucket = stage.has(BUCKET, deaf)
    stage.says(bucket)
    stage._adopt()
    for _ in range(steps):
        stage._step(stage.executions[0])
    stage.world.estate.things.clear()
    stage.settle()
    assert stage.finding(bucket).state is State.GONE
