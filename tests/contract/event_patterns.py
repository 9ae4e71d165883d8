"""Whether an event pattern is shaped as EventBridge takes it; its matcher here lets faulty ones pass."""

from collections.abc import Iterator
from typing import Any

_OPERATORS = {
    "anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard",
}  # fmt: skip
_ENVELOPE = {"account", "detail", "detail-type", "id", "region", "resources", "source", "time", "version"}


def faults(pattern: dict[str, Any]) -> Iterator[str]:
    """One line for each fault of a rule's pattern."""
    for field in pattern.keys() - _ENVELOPE - {"$or"}:
        yield f"{field}: no event has this field"
    yield from _faults_below(pattern, "")


def _faults_below(node: dict[str, Any], path: str) -> Iterator[str]:
    for field, value in node.items():
        where = f"{path}/{field}"
        if field == "$or":
            for index, choice in enumerate(value):
                yield from _faults_below(choice, f"{where}/{index}")
        elif isinstance(value, dict):
            yield from _faults_below(value, where)
        elif isinstance(value, list) and value:
            yield from _faults_of_leaf(value, where)
        else:
            yield f"{where}: what may match is a list that is not empty"


def _faults_of_leaf(values: list[Any], where: str) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict) and (len(value) != 1 or not value.keys() <= _OPERATORS):
            yield f"{where}: {value} is no filter that EventBridge knows"
        elif isinstance(value, list):
            yield f"{where}: a list within a list matches nothing"
