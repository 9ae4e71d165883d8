"""The words of compliance."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signalbox.kernel.events import JsonObject

Configuration = JsonObject
"""What a rule looks at of a resource, field by field: what is restored is compared by these fields."""

_ID_LENGTH = 20  # hexadecimal digits: two subjects of a million share one by chance of 1 in 10^12


class Verdict(StrEnum):
    """What an evaluation says. `pending`: it has been put right, and AWS applies it later by itself."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    NOT_APPLICABLE = "not_applicable"
    NO_DATA = "no_data"
    PENDING = "pending"


class Mode(StrEnum):
    """What a playbook may do: act by itself, act once somebody else has agreed, act once somebody asks and
    another agrees, or only tell."""

    AUTO = "auto"
    APPROVE = "approve"
    PROPOSE = "propose"
    NOTIFY = "notify"


class Danger(StrEnum):
    """What a fix may do to those who use the resource: nothing, refuse some of them, interrupt all."""

    NONE = "none"
    REFUSES = "refuses"
    INTERRUPTS = "interrupts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a rule is about: type and id as AWS Config names them."""

    type: str
    id: str
    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One rule, and one resource that it looks at."""

    rule: str
    resource: Resource

    @property
    def finding_id(self) -> str:
        """The same for the same subject: it has one finding, which opens again when it is found again."""
        of = self.resource
        text = "\n".join((of.account, of.region, self.rule, of.type, of.id))
        return f"c-{hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A resource as it is: what its rule looks at, what people call it, its tags. Settings of a whole account
    have no tags: who deployed Signalbox there has agreed."""

    configuration: Configuration
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_of_account: bool = False

    @property
    def owner(self) -> str:
        """Its tag `owner`, however that is spelt; empty without one."""
        return next((value for key, value in self.tags.items() if key.lower() == "owner"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a rule says of a configuration, and why; `facts` are what that rests on, where words say too
    little."""

    verdict: Verdict
    reason: str
    facts: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A resource as AWS Config has recorded it at that time. `configuration` has the two parts of a
    configuration item, `configuration` and `supplementaryConfiguration`; `is_gone` when it was deleted, or is
    recorded no longer."""

    type: str
    id: str
    at: datetime
    configuration: Configuration
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What a rule of our own says of a resource; `at` is the moment that it is about: later ones count."""

    type: str
    id: str
    verdict: Verdict
    at: datetime
    annotation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One call that changes AWS, as botocore spells it."""

    service: str
    operation: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The recorder of AWS Config: whether it is on, since when that is so, and what is wrong with it, empty
    when nothing. It keeps records of all types `but` some, or of those `only`."""

    is_on: bool
    since: datetime | None = None
    problem: str = ""
    only: frozenset[str] | None = None
    but: frozenset[str] = frozenset()

    def has(self, resource_type: str) -> bool:
        """Whether it keeps records of that type."""
        return resource_type not in self.but and (self.only is None or resource_type in self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """When AWS Config last had a result of a rule, and when it last failed to get one, with the `problem`."""

    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    problem: str = ""
