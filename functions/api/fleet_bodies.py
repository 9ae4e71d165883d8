"""What callers send about fleets, beside the fleet itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from annotated_types import Len

from bodies import Reason
from signalbox.fleets.model import Power
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Invalid, Violation
from signalbox.kernel.fields import Closed

Moment = Annotated[str, Len(10, 40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideBody(Closed):
    """What the fleet is to be instead of what its schedule says, until when, and why."""

    state: Power
    until: Moment
    reason: Annotated[Reason, Len(1, 500)]


def moment(field: str, text: str) -> datetime:
    """An instant as RFC 3339. Raises Invalid."""
    try:
        return from_rfc3339(text)
    except ValueError as error:
        right = "give a moment with its offset, such as 2026-11-30T22:00:00+01:00"
        raise Invalid(Violation(field, right)) from error
