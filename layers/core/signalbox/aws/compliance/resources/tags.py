"""Tags as most services list them."""

from collections.abc import Iterable, Mapping
from typing import Any

from signalbox.compliance.rules.marks import OUR_TAGS


def tags_in(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of a list of `Key` and `Value`."""
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs}


def tags_of_owner(tags: Mapping[str, str]) -> dict[str, str]:
    """Those that a copy gets as well: what AWS has put on nobody else can."""
    return {
        key: value
        for key, value in sorted(tags.items())
        if not key.startswith("aws:") and key not in OUR_TAGS
    }
