"""A database that is not encrypted: closed, copied, restored, and under its name again; or all as it was."""

from copy import deepcopy
from typing import Any

import pytest

from signalbox.compliance.commands.remediate import approve, remediate
from signalbox.compliance.commands.undo_remediation import plan_undo
from signalbox.compliance.model import Subject, Write
from signalbox.compliance.record import State
from signalbox.compliance.rules.database_state import DatabaseSnapshot
from signalbox.compliance.rules.database_swap import name_of, snapshot_name
from signalbox.compliance.rules.registry import RULES
from signalbox.kernel.errors import Conflict, Rejected
from tests.unit.compliance_databases import ORDERS, unencrypted
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import ENCRYPTED, thing

PLAN = [
    "CreateDBSnapshot", "ModifyDBInstance", "CreateDBSnapshot", "CopyDBSnapshot",
    "RestoreDBInstanceFromDBSnapshot", "ModifyDBInstance", "AddTagsToResource", "ModifyDBInstance",
]  # fmt: skip


def _approved(stage: Railway, of: Thing) -> Subject:
    subject = stage.has(ENCRYPTED, of)
    stage.says(subject)
    stage.settle()
    assert stage.finding(subject).state is State.WAITING
    approve(subject.finding_id, ANA, stage.world.ports)
    return subject


def _operations(stage: Railway) -> list[str]:
    return [write.operation for write in stage.world.estate.writes]


def _restored(configuration: Any) -> Any:
    return RULES[ENCRYPTED].playbook.restored(configuration)


def test_an_encrypted_copy_takes_the_name_of_a_database_and_the_database_is_kept() -> None:
    stage, of = Railway(), thing(ENCRYPTED, name=ORDERS)
    subject = _approved(stage, of)
    stage.settle()
    finding = stage.finding(subject)
    now: Any = of.configuration
    assert finding.state is State.REMEDIATED
    assert (
        finding.reason
        == f"the encrypted orders has taken its place; it is kept as {now['DBInstanceIdentifier']}"
    )
    assert now["DBInstanceIdentifier"].startswith("orders-kept-")
    assert now["Copy"]["DBInstanceIdentifier"] == ORDERS
    assert now["Copy"]["Modified"] == EXAMPLES[ENCRYPTED].bad["Modified"]
    assert _operations(stage) == PLAN
    assert [write.operation for write in finding.remediation.writes] == PLAN
    assert_in_order(stage)


@pytest.mark.parametrize("refused", sorted(set(PLAN)))
@pytest.mark.parametrize("before", [EXAMPLES[ENCRYPTED].bad, *EXAMPLES[ENCRYPTED].also_bad])
def test_wherever_rds_refuses_all_of_it_leads_back(refused: str, before: Any) -> None:
    """The last time at which it is asked for that."""
    stage, of = Railway(), Thing(configuration=deepcopy(before), name=ORDERS)
    subject = _approved(stage, of)
    most = PLAN.count(refused)

    def refuse(write: Write) -> None:
        is_last = write.operation == refused and _operations(stage).count(refused) == most - 1
        if is_last and "Undo Started" not in stage.told(subject):
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    stage.settle(hours=3)
    finding = stage.finding(subject)
    reason = "nothing was changed" if _operations(stage) == [] else "undone"
    assert (finding.state, finding.reason) == (State.FAILED, f"Rejected: no; {reason}")
    assert _restored(of.configuration) == _restored(before)
    assert_in_order(stage)


@pytest.mark.parametrize("status", ["renaming", "available"])
def test_from_the_moment_that_the_copy_has_the_name_nothing_is_undone(status: str) -> None:
    stage, of = Railway(), thing(ENCRYPTED, name=ORDERS)
    subject = _approved(stage, of)
    seen: list[int] = []

    def blind() -> None:
        if _operations(stage).count("ModifyDBInstance") == 3:
            seen.append(1)
            if len(seen) <= 20:  # whoever looks
                raise Rejected("AccessDenied")
            of.configuration["Copy"]["DBInstanceStatus"] = status  # type: ignore[index]

    stage.world.estate.blind = blind
    stage.settle()
    finding = stage.finding(subject)
    assert finding.state is State.FAILED
    assert "DeleteDBInstance" not in _operations(stage)


def test_a_copy_that_is_about_to_get_the_name_is_not_deleted() -> None:
    forward = RULES[ENCRYPTED].playbook.stages
    assert forward is not None
    for called, status in (("orders-new", "renaming"), (ORDERS, "renaming")):
        stage, of = Railway(), thing(ENCRYPTED, name=ORDERS)
        subject = _approved(stage, of)
        stage.settle()
        copy: Any = of.configuration["Copy"]
        copy.update(DBInstanceIdentifier=called, DBInstanceStatus=status)
        due = forward.forward(subject.resource, unencrypted(), of.configuration)
        assert due is not None
        assert (due.is_undoable, due.writes) == (False, ())


def test_what_is_kept_is_left_when_config_finds_it_again() -> None:
    stage, of = Railway(), thing(ENCRYPTED, name=ORDERS)
    subject = _approved(stage, of)
    stage.settle()
    made = len(stage.world.estate.writes)
    stage.world.clock.now = stage.now.replace(hour=23)
    stage.says(subject)
    stage.settle()
    assert stage.finding(subject).state is State.REMEDIATED
    of.configuration.update(Snapshots=[], Copy=None)
    stage.world.clock.now = stage.now.replace(hour=23, minute=30)
    stage.says(subject)
    stage.settle()
    assert stage.finding(subject).state is State.OPEN
    assert stage.finding(subject).reason.startswith("it is kept since 2026-11-22")
    remediate(subject.finding_id, ANA, stage.world.ports)
    stage.settle()
    assert len(stage.world.estate.writes) == made


def test_while_its_snapshot_is_taken_a_database_has_its_other_name_already() -> None:
    stages = RULES[ENCRYPTED].playbook.stages
    resource = Railway().has(ENCRYPTED, thing(ENCRYPTED, name=ORDERS)).resource
    assert stages is not None
    finding = Subject(rule=ENCRYPTED, resource=resource).finding_id
    taken = (
        DatabaseSnapshot(
            DBSnapshotIdentifier=snapshot_name(finding, which), Status=status, Encrypted=False, Day=""
        )
        for which, status in (("ahead", "available"), ("final", "creating"))
    )
    kept = name_of(ORDERS, "kept", finding)
    now = unencrypted(DBInstanceIdentifier=kept, DBInstanceStatus="backing-up", Snapshots=tuple(taken))
    due = stages.forward(resource, unencrypted(), now)
    assert due is not None
    assert (due.name, due.writes) == ("the snapshot that counts", ())


def test_who_wants_the_copy_undone_is_told_what_remains_to_go_back_by_hand() -> None:
    stage, of = Railway(), thing(ENCRYPTED, name=ORDERS)
    subject = _approved(stage, of)
    stage.settle()
    now: Any = of.configuration
    snapshots = [each["DBSnapshotIdentifier"] for each in now["Snapshots"]]
    assert snapshots
    with pytest.raises(Conflict) as refused:
        plan_undo(subject.finding_id, None, stage.world.ports)
    remains = [f"{now['DBInstanceIdentifier']} (not encrypted)", f"{ORDERS} (encrypted)", *snapshots]
    assert str(refused.value).endswith(f"There remain {', '.join(remains)}")
