"""Exceptions and baselines as people write them. Unknown fields are violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from signalbox.kernel.fields import Closed, Name, Owner

Moment = Annotated[str, Len(10, 40)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionSpec(Closed):
    """What is not to be fixed, why, who answers for it, and until when.

    It covers what is all that it names: findings of the `rule`, of the `resource` (by the id that AWS Config
    uses, or by the name that people use), of resources with all of the `tags`, of the `account`. At least one
    is named. `until` is RFC 3339; afterwards what it covered is found again.
    """

    id: Name
    reason: Annotated[str, Len(1, 500)]
    owner: Owner
    until: Moment
    rule: Annotated[str, Len(1, 64)] | None = None
    resource: Annotated[str, Len(1, 512)] | None = None
    tags: Annotated[Mapping[Annotated[str, Len(1, 128)], Annotated[str, Len(0, 256)]], Len(1, 20)] | None = (
        None
    )
    account: Annotated[str, Len(12, 12)] | None = None


FieldPath = Annotated[str, Len(1, 256)]
MOST_FIELDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSpec(Closed):
    """How resources of a type are meant to be, and why.

    Either `expected` says so: values by field. Or they are taken from the resource `like` (by the id that AWS
    Config uses): those of its `fields`, or without any the ones that are usual for its type. A field is a
    path into the configuration item, such as `configuration.encrypted`.
    """

    reason: Annotated[str, Len(1, 500)]
    expected: Annotated[Mapping[FieldPath, object], Len(1, MOST_FIELDS)] | None = None
    like: Annotated[str, Len(1, 512)] | None = None
    fields: Annotated[tuple[FieldPath, ...], Len(1, MOST_FIELDS)] | None = None
