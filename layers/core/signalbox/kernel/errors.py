"""What can go wrong, by who can mend it. The first three names cross the wire: machines catch by name."""

from dataclasses import dataclass


class Transient(Exception):
    """AWS is throttling, unavailable or unclear: the same call may succeed later."""


class Conflict(Exception):
    """Somebody else was first, or the thing is not in the state that the caller expects."""


class Rejected(Exception):
    """AWS definitely refused: asking again will not help."""


class NotFound(Exception):
    """Nothing is registered under that name."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with an input: `field` as a dotted path, `message` says what would be right."""

    field: str
    message: str


class Invalid(Exception):
    """The input contradicts itself or its schema (HTTP 400)."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(f"{v.field}: {v.message}" for v in violations))
        self.violations = violations


class Unprocessable(Invalid):
    """The input is well formed, but AWS or preflight says no (HTTP 422)."""
