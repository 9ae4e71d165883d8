"""What a task is called with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCommand:
    """Ids and the cursor; everything else is in the table. `failure` is the error that led to Restore."""

    service: str
    rollout_id: str
    generation: int
    step: int = 0
    attempt: int = 0
    failure: str | None = None
