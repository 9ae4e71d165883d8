"""An exception as its owner writes it. Unknown fields are violations."""

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
