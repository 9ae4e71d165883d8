"""Tags as most services list them."""

from collections.abc import Iterable, Mapping
from typing import Any


def tags_in(pairs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Of a list of `Key` and `Value`."""
    return {str(pair["Key"]): str(pair.get("Value", "")) for pair in pairs}
