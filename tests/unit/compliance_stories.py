"""What stories of compliance begin with, and what goes wrong in them."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Subject
from signalbox.compliance.record import State
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway

BUCKET, GROUP, DATABASE = "bucket-public-access", "ssh-closed", "database-backups"
BEN = Caller(arn="arn:aws:sts::123456789012:assumed-role/deployer/ben", reason="the shop is down")
VOLUME, ENCRYPTED, BASELINE = "volume-encrypted", "database-encrypted", "baseline-kept"


def thing(rule: str, **more: Any) -> Thing:
    return Thing(configuration=deepcopy(EXAMPLES[rule].bad), **more)


def exception(stage: Railway, **named: Any) -> ExceptionSpec:
    return ExceptionSpec(
        **{
            "id": "legacy",
            "reason": "goes in spring",
            "owner": "web",
            "until": rfc3339(stage.now + timedelta(days=1)),
            **named,
        }
    )


def refusing(call: str, error: Exception) -> Any:
    def fail(name: str) -> None:
        if name == call:
            raise error

    return fail


def slower_at(save: int, call: str = "findings.save") -> Any:
    """Somebody else is faster at that save."""
    seen: list[str] = []

    def fail(name: str) -> None:
        seen.append(name)
        if name == call and seen.count(name) == save:
            raise Conflict("condition 0 does not hold")

    return fail


def put_right(stage: Railway, rule: str, broken: Thing | None = None) -> tuple[Subject, Thing]:
    """A violation of that rule, found, approved where that is needed, and proven."""
    found = broken or thing(rule, is_of_account=RULES[rule].resource_type == "AWS::::Account")
    if rule.startswith("database"):
        found.name = "orders"
    subject = stage.has(rule, found)
    stage.says(subject)
    stage.settle()
    if stage.finding(subject).state is State.WAITING:
        approve(subject.finding_id, ANA, stage.world.ports)
        stage.settle()
    if stage.finding(subject).state is State.REMEDIATING:  # RDS waits for its window
        pending = found.configuration["PendingBackupRetentionPeriod"]
        found.configuration.update(BackupRetentionPeriod=pending, PendingBackupRetentionPeriod=None)
        stage.settle(hours=3)
    assert stage.finding(subject).state is State.REMEDIATED
    return subject, found


def take_back(stage: Railway, subject: Subject, until: str | None = None, caller: Caller = BEN) -> State:
    undo_remediation(subject.finding_id, until, caller, stage.world.ports)
    stage.settle()
    return stage.finding(subject).state
