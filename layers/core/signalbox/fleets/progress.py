"""What a step of a run answers: the state to go to, and after how many seconds."""

from dataclasses import dataclass
from enum import StrEnum

from signalbox.kernel.events import JsonObject


class State(StrEnum):
    """States of the power machine."""

    RESOLVE_FLEET = "ResolveFleet"
    SWITCH_POWER = "SwitchPower"
    VERIFY_POWER = "VerifyPower"
    REPORT_FLEET = "ReportFleet"
    DONE = "Done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The machine waits for `seconds` first, when there are any."""

    next: State
    seconds: int = 0

    def to_wire(self) -> JsonObject:
        """As the machine reads it."""
        return {"next": str(self.next), "seconds": self.seconds}
