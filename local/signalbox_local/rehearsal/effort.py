"""What a rollout took of AWS: calls, transitions, invocations, writes, and what they cost. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox_local.rehearsal import prices

WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
READS = frozenset({"GetItem", "Query", "TransactGetItems", "BatchGetItem", "Scan"})
_CONTROL = frozenset({"Succeeded", "NextStep"})
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "ProvisionedThroughputExceededException"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Counted on one rollout, without what the API read for those who watch it. `writes` and `reads` are
    calls of DynamoDB, `write_units` what they are billed as; `invocations` are those by the state machine and
    by the rules of the bus."""

    calls: int
    throttled: int
    by_service: dict[str, int]
    transitions: int
    invocations: int
    writes: int
    write_units: int
    reads: int
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """US dollars at list prices (prices.py): Signalbox's own work, and the instances above the baseline at
    real speed."""

    control_plane: float
    capacity: float

    @property
    def total(self) -> float:
        """Both."""
        return self.control_plane + self.capacity


def effort(
    calls: Sequence[Mapping[str, Any]],
    histories: Sequence[Sequence[Mapping[str, Any]]],
    ruled: int,
) -> Effort:
    """`calls` as `GET /_signalbox/calls` tells them, a history for each execution, `ruled` the events that a
    rule has handed to a function."""
    ours = [call for call in calls if _is_ours(call["principal"])]
    states = [name for history in histories for name in entered(history)]
    dynamodb = [call for call in ours if call["service"] == "dynamodb"]
    return Effort(
        calls=len(ours),
        throttled=sum(call["error"] in _THROTTLED for call in ours),
        by_service=dict(Counter(call["service"] for call in ours).most_common()),
        transitions=len(states),
        invocations=sum(name not in _CONTROL for name in states) + ruled,
        writes=sum(call["operation"] in {*WRITES, "TransactWriteItems"} for call in dynamodb),
        write_units=sum(map(_units, dynamodb)),
        reads=sum(call["operation"] in READS for call in dynamodb),
        events=sum(len(_entries(call)) for call in ours if call["operation"] == "PutEvents"),
    )


def _is_ours(principal: str) -> bool:
    return "Function" in principal and "ApiFunction" not in principal


def entered(history: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of the states that an execution entered."""
    states = [event for event in history if event["type"].endswith("StateEntered")]
    return [str(state["stateEnteredEventDetails"]["name"]) for state in states]


def _units(call: Mapping[str, Any]) -> int:
    """One for an item of less than 1 KiB, two in a transaction."""
    if call["operation"] == "TransactWriteItems":
        return 2 * len(call["parameters"].get("TransactItems", ()) or (0,))
    return int(call["operation"] in WRITES)


def _entries(call: Mapping[str, Any]) -> Sequence[Any]:
    entries: Sequence[Any] = call["parameters"].get("Entries") or (0,)
    return entries


def bill(spent: Effort, instance_seconds: float) -> Bill:
    """`instance_seconds` are those above the baseline, at real speed."""
    compute = prices.LAMBDA_GB * prices.LAMBDA_SECONDS * prices.LAMBDA_GB_SECOND
    return Bill(
        control_plane=spent.transitions * prices.STATE_TRANSITION
        + spent.invocations * (prices.LAMBDA_REQUEST + compute)
        + spent.write_units * prices.DYNAMODB_WRITE
        + spent.reads * prices.DYNAMODB_READ
        + spent.events * prices.CUSTOM_EVENT,
        capacity=instance_seconds / 3600 * prices.INSTANCE_HOUR,
    )
