"""What callers write, and its bounds: shared by every capability's input."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Len, Predicate

from signalbox.kernel.durations import is_duration
from signalbox.kernel.ids import is_name

Duration = Annotated[str, Predicate(is_duration)]
# Part of the names of what Signalbox makes beside the thing itself.
Name = Annotated[str, Len(1, 64), Predicate(is_name)]
Owner = Annotated[str, Len(1, 64)]
Arn = Annotated[str, Len(20, 2048)]


def _written_name(field: str) -> str:
    return field.rstrip("_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Refuses fields that it does not know, when read from a caller; `for_` is written `for`."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "alias_generator": _written_name}
