"""Who asks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The ARN that the platform vouches for, and the reason that the caller gives."""

    arn: str
    reason: str = ""
