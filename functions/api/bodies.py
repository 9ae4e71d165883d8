"""What callers send, beside the service itself."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Len

from signalbox.kernel.fields import Closed
from signalbox.rollouts.service import Count, Strategy

Version = Annotated[str, Len(1, 64)]
Reason = Annotated[str, Len(0, 500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBody(Closed):
    """A version, and another strategy for this once; `size` is that of a first rollout, in instances."""

    version: Version
    strategy: Strategy | None = None
    size: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBody(Closed):
    """A version. `sequence` orders a caller's requests: a lower one than the last accepted is refused.
    `override` is why a strategy is run that does not suit the service; `size` is that of a first rollout."""

    version: Version
    strategy: Strategy | None = None
    reason: Reason = ""
    sequence: Annotated[int, Ge(0)] | None = None
    override: Reason = ""
    size: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoBody(Closed):
    """A version that served before; without it the one before the present one. `reason` is also why it comes
    back by a strategy that does not suit the service; without one such an undo is refused."""

    version: Version | None = None
    reason: Reason = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerbBody(Closed):
    """Why."""

    reason: Reason = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoteBody(Closed):
    """Why, and whether all holds that follow are left out too."""

    reason: Reason = ""
    full: bool = False
