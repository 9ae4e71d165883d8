"""One structured line per turn; only listed fields, so that no token can slip in."""

import json

from signalbox.kernel.events import JsonObject

_FIELDS = (
    "service",
    "rollout_id",
    "generation",
    "step",
    "attempt",
    "next",
    "kind",
    "until",
    "reason",
    "alarm",
)


def log(what: str, *facts: JsonObject | None) -> None:
    """Print what happened, as JSON, with the listed fields of the facts; later ones win."""
    known = {key: value for fact in facts if fact for key, value in fact.items() if key in _FIELDS}
    print(json.dumps({"message": what, **known}, default=str))  # noqa: T201 - stdout is the log of a function
