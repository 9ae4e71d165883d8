"""What IAM policy documents say of one action on one resource: pure, no AWS.

Not evaluated: `Condition`, and policy variables such as `${aws:username}`. An `Allow` with a condition
counts as if the condition held, a `Deny` with one as if it did not: a condition never invents a refusal
here, and the keys that AWS would have looked at are listed in the answer. A policy variable matches nothing.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any


class Verdict(Enum):
    """`SILENT`: no statement speaks of it, which is a refusal for whoever needed an `Allow`."""

    ALLOWED = "allowed"
    DENIED = "denied"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Matcher:
    """The patterns of `Action`, `Resource` … (or of their `Not…` form, `inverted`)."""

    patterns: tuple[re.Pattern[str], ...]
    inverted: bool = False

    def matches(self, value: str) -> bool:
        return any(pattern.fullmatch(value) for pattern in self.patterns) is not self.inverted


EVERYTHING = Matcher((), inverted=True)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `conditions` are the keys of its `Condition`, e.g. `aws:ResourceTag/team`."""

    allows: bool
    actions: Matcher
    resources: Matcher
    principals: tuple[str, ...]
    conditions: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        return self.actions.matches(action) and self.resources.matches(resource)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A verdict and the condition keys that AWS would have looked at and this did not."""

    verdict: Verdict
    conditions_not_evaluated: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def evaluate(documents: tuple[str, ...], action: str, resource: str) -> Evaluation:
    """The verdict of all `documents` (JSON texts) together: an explicit `Deny` beats every `Allow`."""
    return verdict_of((statement for text in documents for statement in statements(text)), action, resource)


def verdict_of(candidates: Iterable[Statement], action: str, resource: str) -> Evaluation:
    """The verdict of these statements on `action` (`service:Name`) and `resource` (an ARN, or `*`)."""
    covering = [statement for statement in candidates if statement.covers(action, resource)]
    skipped = _keys(s for s in covering if not s.allows)
    if any(not s.allows and not s.conditions for s in covering):
        return Evaluation(Verdict.DENIED)
    allowing = [s for s in covering if s.allows]
    if not allowing:
        return Evaluation(Verdict.SILENT, skipped)
    unconditional = any(not s.conditions for s in allowing)
    return Evaluation(Verdict.ALLOWED, skipped if unconditional else _keys(covering))


@lru_cache(maxsize=1024)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of one policy document, given as JSON text."""
    return tuple(_statement(raw) for raw in _listed(json.loads(text).get("Statement")))


def _statement(raw: dict[str, Any]) -> Statement:
    return Statement(
        allows=raw["Effect"] == "Allow",
        actions=_matcher(raw, "Action", re.IGNORECASE),
        resources=_matcher(raw, "Resource", 0),
        principals=_principals(raw.get("Principal")),
        conditions=tuple(key for block in raw.get("Condition", {}).values() for key in block),
    )


def _matcher(raw: dict[str, Any], name: str, flags: int) -> Matcher:
    """`Resource` may be left out (trust policies have none): then everything matches."""
    if name in raw:
        return Matcher(tuple(_glob(text, flags) for text in _listed(raw[name])))
    if f"Not{name}" in raw:
        return Matcher(tuple(_glob(text, flags) for text in _listed(raw[f"Not{name}"])), inverted=True)
    return EVERYTHING


def _glob(text: str, flags: int) -> re.Pattern[str]:
    """IAM knows `*` and `?` only, and lets `*` run over `:` and `/`."""
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(char) or re.escape(char) for char in text), flags | re.DOTALL)


def _principals(raw: Any) -> tuple[str, ...]:
    if isinstance(raw, dict):
        return tuple(name for names in raw.values() for name in _listed(names))
    return tuple(_listed(raw))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _keys(candidates: Iterable[Statement]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for statement in candidates for key in statement.conditions))
