"""What the owner of one resource says of it in a tag. Pure; whoever may tag can write anything there."""

import re
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.model import Power
from signalbox.kernel.clock import from_rfc3339, rfc3339

TAG = "signalbox:power"
_TEXT = re.compile(r"(running|stopped) until (\S{10,40})(?: by (\S.*?))?(?: because (\S.*))?")
HOW = f"say in tag {TAG} `running until 2026-11-30T22:00+01:00`, or `stopped until …`"


@dataclass(frozen=True, slots=True)
class TagOverride:
    """What the tag asks for, until when, and what it says of who wants that and why; `problem` when nobody
    can tell."""

    power: Power | None = None
    until: datetime | None = None
    problem: str = ""
    by: str = ""
    because: str = ""

    @property
    def told(self) -> str:
        """In words."""
        if self.until is None:
            return self.problem
        who = ": ".join(text for text in (self.by, self.because) if text)
        return f"{self.power} until {rfc3339(self.until)} by its tag{f' ({who})' if who else ''}"


def tag_override(text: str | None, now: datetime) -> TagOverride | None:
    """None without a tag, or when its time is over."""
    if text is None:
        return None
    match = _TEXT.fullmatch(text.strip())
    try:
        until = from_rfc3339(match[2]) if match else None
    except ValueError:
        until = None
    if match is None or until is None:
        return TagOverride(problem=f"its tag cannot be read: {HOW}")
    if until <= now:
        return None
    return TagOverride(Power(match[1]), until, by=match[3] or "", because=match[4] or "")
