"""Time is an argument: a clock is anything that answers with the present instant, in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def rfc3339(instant: datetime) -> str:
    """`2026-11-22T08:00:00.000Z`: milliseconds, UTC; sorts as it reads."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: str) -> datetime:
    """The instant of a text with an offset; raises ValueError when there is none, or none that UTC has."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is no instant of the years 1 to 9999 in UTC") from None
