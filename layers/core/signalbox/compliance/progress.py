"""What a step of a remediation answers: the state to go to, and after how many seconds."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject


class Next(StrEnum):
    """States of the remediation machine."""

    ASSESS_FINDING = "AssessFinding"
    AWAIT_APPROVAL = "AwaitApproval"
    APPLY_FIX = "ApplyFix"
    PROVE_FIX = "ProveFix"
    UNDO_FIX = "UndoFix"
    NOT_REMEDIATED = "NotRemediated"
    DONE = "Done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The machine waits for `seconds` first, when there are any. `until` is when an approval comes too late;
    `failure` is what an undo is for."""

    next: Next
    seconds: int = 0
    until: datetime | None = None
    failure: str | None = None

    def to_wire(self) -> JsonObject:
        """As the machine reads it."""
        return {
            "next": str(self.next),
            "seconds": self.seconds,
            "until": rfc3339(self.until) if self.until else None,
            "failure": self.failure,
        }
