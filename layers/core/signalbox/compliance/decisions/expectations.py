"""What may be expected of a resource: fields that name a place and compute nothing, values within bounds."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jmespath  # type: ignore[import-untyped]

from signalbox.kernel.errors import Violation

PARTS = ("configuration", "supplementaryConfiguration")
DEEPEST = 12  # levels of a value
LARGEST = 16 * 1024  # characters of JSON of all values
# The nodes of JMESPath that name a place: none that computes, or makes more of what it finds.
_PLAIN = frozenset(
    {"field", "flatten", "identity", "index", "index_expression", "projection", "subexpression"}
)
_A_PATH = (
    f"begin with {' or '.join(PARTS)}, go on with names, [] and [0], such as"
    " configuration.metadataOptions.httpTokens"
)


def field_violations(fields: Mapping[str, str]) -> list[Violation]:
    """Of paths, by where each stands in the request."""
    return [Violation(place, _A_PATH) for place, path in fields.items() if not _names_a_place(path)]


def value_violations(expected: Mapping[str, object]) -> list[Violation]:
    """Of the values of fields, by field; of all of them together."""
    found = [
        Violation(f"expected.{field}", wrong) for field, value in expected.items() if (wrong := _wrong(value))
    ]
    if not found and len(json.dumps(dict(expected))) > LARGEST:
        found = [Violation("expected", f"at most {LARGEST} characters of JSON, name fewer fields")]
    return found


def _names_a_place(path: str) -> bool:
    try:
        parsed: dict[str, Any] = jmespath.compile(path).parsed
    except (jmespath.exceptions.JMESPathError, RecursionError):
        return False
    return _first_name(parsed) in PARTS and all(node["type"] in _PLAIN for node in _nodes(parsed))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node["children"]:
        yield from _nodes(child)


def _first_name(node: dict[str, Any]) -> object:
    while node["children"]:
        node = node["children"][0]
    return node.get("value")


def _wrong(value: object) -> str:
    if _is_deeper(value, DEEPEST):
        return f"at most {DEEPEST} levels"
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return "give a number that JSON knows"
    return ""


def _is_deeper(value: object, levels: int) -> bool:
    match value:
        case dict():
            return levels == 0 or any(_is_deeper(part, levels - 1) for part in value.values())
        case list():
            return levels == 0 or any(_is_deeper(part, levels - 1) for part in value)
        case _:
            return False
