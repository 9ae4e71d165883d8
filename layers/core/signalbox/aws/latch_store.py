"""Keeps the signals item of each rollout: one conditional write a signal, the item after it as the answer."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.table import Item, Table, decoded, encoded, flag, key, number, text
from signalbox.rollouts.model import HoldKind, Stop, Told
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.signals import PAUSED_AT_ONCE, Heard, Signals
from signalbox.rollouts.writes import Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SIGNALS = "SIGNALS"
_RESERVED = ("token", "hold", "stop", "full", "final", *Told)  # words that DynamoDB keeps for itself, or may
_STEP = 1_000_000  # attempts that a hold key has room for


def latch_key(rollout_id: str) -> tuple[str, str]:
    """Where the signals of a rollout are."""
    return f"ROLLOUT#{rollout_id}", SIGNALS


def read_signals(item: Item) -> Signals:
    """The item as its model."""
    heard = [str(entry["S"]) for entry in item.get("heard", {}).get("L", [])]
    return Signals(
        rollout_id=str(item["pk"]["S"]).removeprefix("ROLLOUT#"),
        service=str(item["service"]["S"]),
        generation=int(str(item["generation"]["N"])),
        stop=decoded(item, "stop", Stop) if "stop" in item else None,
        pausing=_is_set(item, "pausing"),
        full=_is_set(item, "full"),
        told={told: int(str(item[told]["N"])) for told in Told if told in item},
        token=str(item["token"]["S"]) if "token" in item else None,
        hold=decoded(item, "hold", Progress) if "hold" in item else None,
        heard=tuple(msgspec.json.decode(entry, type=Heard) for entry in heard),
        restoring=decoded(item, "restoring", tuple[Write, ...]) if "restoring" in item else (),
        instant=_is_set(item, "instant"),
        acted_at=str(item["acted_at"]["S"]) if "acted_at" in item else None,
    )


def _is_set(item: Item, name: str) -> bool:
    return bool(item.get(name, {}).get("BOOL"))


class DynamoLatches:
    """Port `Latches`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, rollout_id: str) -> Signals | None:
        """None when the rollout is closed."""
        item = self._table.get(*latch_key(rollout_id))
        return read_signals(item) if item is not None else None

    def hold(self, signals: Signals, token: str, progress: Progress) -> bool:
        """Store the token; False when a stop, a verb, an event or a later hold is already there."""
        conditions = ["generation = :generation", "(attribute_not_exists(hold_key) OR hold_key <= :hold_key)"]
        if progress.next is not State.SETTLE_RESTORE:
            conditions.append("attribute_not_exists(#stop)")
        if progress.kind is HoldKind.SETTLING:
            told = progress.awaits
            conditions += [f"(attribute_not_exists(#{told}) OR #{told} < :times)"] if told else []
        elif progress.kind in PAUSED_AT_ONCE:
            conditions.append("(attribute_not_exists(pausing) OR pausing = :no)")
        changes = "SET #token = :token, #hold = :hold, hold_key = :hold_key"
        if progress.kind is HoldKind.PAUSE:
            changes += ", pausing = :no"
        stored = self._update(
            signals.rollout_id,
            changes,
            " AND ".join(conditions),
            {
                ":generation": number(signals.generation),
                ":hold_key": number(progress.step * _STEP + progress.attempt),
                ":token": text(token),
                ":hold": encoded(asdict(progress)),
                ":no": flag(False),
                ":times": number(progress.times or 1),
            },
        )
        return stored is not None

    def stop(self, rollout_id: str, stop: Stop, heard: Heard, *, since_armed: bool = False) -> Signals | None:
        """Latch the first reason to go back; None when there is one, or it comes too late or too early."""
        condition = "attribute_exists(pk) AND attribute_not_exists(#stop) AND attribute_not_exists(#final)"
        values = {":stop": encoded(stop), ":heard": _list(heard), ":none": _EMPTY}
        if since_armed:
            condition += " AND armed_at <= :at"
            values[":at"] = text(stop.at)
        changes = "SET #stop = :stop, heard = list_append(if_not_exists(heard, :none), :heard)"
        return self._update(rollout_id, changes, condition, values)

    def hear(
        self, rollout_id: str, heard: Heard, *, pausing: bool | None, full: bool = False
    ) -> Signals | None:
        """A verb; None when the rollout is closed."""
        changes = "SET heard = list_append(if_not_exists(heard, :none), :heard)"
        values = {":heard": _list(heard), ":none": _EMPTY}
        if pausing is not None:
            changes += ", pausing = :pausing"
            values[":pausing"] = flag(pausing)
        if full:
            changes += ", #full = :full"
            values[":full"] = flag(True)
        return self._update(rollout_id, changes, "attribute_exists(pk)", values)

    def tell(self, rollout_id: str, told: Told) -> Signals | None:
        """AWS told of one more instance; None when the rollout is closed."""
        return self._update(rollout_id, f"ADD #{told} :one", "attribute_exists(pk)", {":one": number(1)})

    def acted(self, rollout_id: str, at: str) -> None:
        """When the first restoring write was accepted."""
        self._update(rollout_id, "SET acted_at = :at", "attribute_exists(pk)", {":at": text(at)})

    def watchers(self, alarm_arn: str) -> tuple[str, ...]:
        """The rollouts that an alarm watches."""
        found = self._table.query(f"ALARM#{alarm_arn}", "ROLLOUT#", limit=100)
        return tuple(str(item["sk"]["S"]).removeprefix("ROLLOUT#") for item in found)

    def _update(
        self, rollout_id: str, changes: str, condition: str, values: "dict[str, AttributeValueTypeDef]"
    ) -> Signals | None:
        expression = changes + condition
        names = {f"#{name}": name for name in _RESERVED if f"#{name}" in expression}
        given = {name: value for name, value in values.items() if name in expression}
        with aws_errors():
            try:
                answer = client("dynamodb").update_item(
                    TableName=self._table.name,
                    Key=key(*latch_key(rollout_id)),
                    UpdateExpression=changes,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=given,
                    ReturnValues="ALL_NEW",
                    **({"ExpressionAttributeNames": names} if names else {}),  # type: ignore[arg-type]
                )
            except ClientError as error:
                if code_of(error) == "ConditionalCheckFailedException":
                    return None
                raise
        return read_signals(answer["Attributes"])


def _list(heard: Heard) -> "AttributeValueTypeDef":
    return {"L": [encoded(heard)]}


_EMPTY: "AttributeValueTypeDef" = {"L": []}
