"""What stories of compliance begin with, and what goes wrong in them."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import Railway

BUCKET, GROUP, DATABASE = "bucket-public-access", "ssh-closed", "database-backups"
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
