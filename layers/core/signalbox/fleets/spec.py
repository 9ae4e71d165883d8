"""A fleet as its owner describes it. Unknown fields are violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Le, Len

from signalbox.fleets.model import Kind
from signalbox.kernel.fields import Arn, Closed, Duration, Name, Owner

Text = Annotated[str, Len(1, 255)]
Region = Annotated[str, Len(1, 32)]
Mode = Literal["schedule", "enforce", "observe"]
# What SAM and tags can carry at most, of values that one tag may have.
Values = Annotated[tuple[Annotated[str, Len(0, 256)], ...], Len(1, 50)]
Type = Annotated[str, Len(1, 32)]
Alternates = Mapping[Type, Annotated[tuple[Type, ...], Len(1, 10)]]
Price = Annotated[float, Ge(0), Le(1_000_000)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Closed):
    """Another account: the role in it that Signalbox assumes, with the secret that both sides agreed on."""

    role_arn: Arn
    external_id: Annotated[str, Len(2, 1224)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Closed):
    """What belongs to the fleet: all that has the tags (each with one of its values), is in the resource
    group, or is named. `kinds` and `regions` narrow it down; without them all kinds, and Signalbox's Region.
    """

    tags: Annotated[Mapping[Annotated[str, Len(1, 128)], Values], Len(1, 20)] | None = None
    group: Text | None = None
    resources: Annotated[tuple[Text, ...], Len(1, 500)] | None = None
    kinds: Annotated[tuple[Kind, ...], Len(1, 8)] = tuple(Kind)
    regions: Annotated[tuple[Region, ...], Len(1, 20)] | None = None
    accounts: Annotated[tuple[Account, ...], Len(1, 50)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period(Closed):
    """When the fleet runs, in one of three ways: every one of `days` from a time to a time of day, the next
    day's when it is not later; once a week from a time of a weekday to a time of a weekday (`mon 08:00`);
    or between what two cron expressions of AWS say. `name` is what reasons call it."""

    name: Annotated[str, Len(1, 64)] | None = None
    days: Annotated[str, Len(1, 64)] | None = None
    from_: Annotated[str, Len(1, 16)] | None = None
    to: Annotated[str, Len(1, 16)] | None = None
    start: Annotated[str, Len(1, 128)] | None = None
    stop: Annotated[str, Len(1, 128)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec(Closed):
    """A set of resources with a power schedule.

    `zone` is an IANA name. On `holidays` (dates, or the code of a country or one of its parts, such as `FR`
    or `DE-BY`) and while `calendar`, a Change Calendar of Systems Manager, is closed, no period begins. In
    mode `schedule` Signalbox acts at transitions, with `enforce` also when somebody starts something in
    between, with `observe` it only tells. `order`: kinds that start one after the other, and stop the other
    way round; of those that are not named databases start first, and all others last. `retain`: what ran
    already before a period began is left running at its end. Starts are spread over `spread`. `alternates`:
    which types EC2 instances of a type take, one after the other, while there is no capacity for it. `prices`
    per hour, by the name of the unit: for the savings that are told.
    """

    name: Name
    owner: Owner
    zone: Annotated[str, Len(1, 64)]
    select: Select
    schedule: Annotated[tuple[Period, ...], Len(1, 50)]
    mode: Mode = "schedule"
    holidays: Annotated[tuple[Annotated[str, Len(2, 10)], ...], Len(0, 400)] = ()
    calendar: Arn | None = None
    order: Annotated[tuple[Annotated[tuple[Kind, ...], Len(1, 8)], ...], Len(0, 8)] = ()
    retain: bool = False
    spread: Duration | None = None
    deadline: Duration = "30m"
    alternates: Annotated[Alternates, Len(1, 50)] | None = None
    prices: Mapping[Text, Price] | None = None
