"""Configuration items as AWS Config writes them: in what it sends to a rule, or as its API answers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from signalbox.compliance.model import Item
from signalbox.kernel.clock import from_rfc3339

_GONE = frozenset({"ResourceDeleted", "ResourceDeletedNotRecorded", "ResourceNotRecorded"})
_MOST_WRAPPINGS = 2  # JSON in JSON: the access control list of a bucket


def item_of(raw: Mapping[str, object]) -> Item:
    """The API writes configurations as JSON text, what is sent to a rule has them as objects. Raises
    ValueError."""
    tags = raw.get("tags")
    supplementary = raw.get("supplementaryConfiguration")
    return Item(
        type=_text(raw, "resourceType"),
        id=_text(raw, "resourceId"),
        at=moment(raw.get("configurationItemCaptureTime")),
        configuration={
            "configuration": _unwrapped(raw.get("configuration")),
            "supplementaryConfiguration": {
                str(name): _unwrapped(part)
                for name, part in (supplementary.items() if isinstance(supplementary, Mapping) else ())
            },
        },
        name=str(raw.get("resourceName") or ""),
        tags={str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {},
        is_gone=raw.get("configurationItemStatus") in _GONE,
    )


def moment(value: object) -> datetime:
    """As boto3 or JSON says it. Raises ValueError."""
    return value.astimezone(UTC) if isinstance(value, datetime) else from_rfc3339(str(value))


def _text(raw: Mapping[str, object], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{name}` must be text")
    return value


def _unwrapped(value: object) -> object:
    """What is no JSON is a text."""
    for _ in range(_MOST_WRAPPINGS):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError:
            break
    return value
