"""What happened, in the past tense: detail types of the timeline and, where marked, of the bus."""

from dataclasses import dataclass, field
from datetime import datetime

JsonObject = dict[str, object]  # what JSON can hold; nobody looks inside without checking
EVENT_VERSION = "1"
ENGINE = "signalbox"  # the actor of what nobody has asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a rollout. `type` is the detail type; `public` events go to the bus."""

    type: str
    at: datetime
    actor: str
    reason: str = ""
    data: JsonObject = field(default_factory=dict)
    public: bool = True
