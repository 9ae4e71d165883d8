"""How a part of moto is replaced, and put back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MOTO_VERSION = "5.2.5"
_MISSING = object()
SETTLING_SECONDS = 5.0
"""How long an execution may take to notice that it was stopped."""
ClientFor = Callable[[str, str], Any]
"""(service, role ARN) → a boto3 client."""


class Seams:
    """Remembers what it replaced, so that `undo` leaves moto as it was."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, object]] = []

    def replace(self, owner: Any, name: str, replacement: object) -> None:
        """Sets `owner.name`; an inherited attribute is shadowed."""
        self._replaced.append((owner, name, vars(owner).get(name, _MISSING)))
        setattr(owner, name, replacement)

    def wrap(self, owner: Any, name: str, around: Callable[[Callable[..., Any]], object]) -> None:
        """Replaces a function by what `around` makes of it."""
        self.replace(owner, name, around(getattr(owner, name)))

    def undo(self) -> None:
        """Puts back everything, last first."""
        while self._replaced:
            owner, name, original = self._replaced.pop()
            if original is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


def with_first(first: object, function: Callable[..., Any]) -> Callable[..., Any]:
    """A method that calls `function(first, self, …)`."""
    return lambda self, *args, **given: function(first, self, *args, **given)


def given_first(function: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps a method so that `function(method, self, …)` is called instead."""
    return lambda original: with_first(original, function)
