"""What a save of the rollout changes on its signals item, in the same transaction."""

from typing import TYPE_CHECKING

from signalbox.aws.latch_store import latch_key
from signalbox.aws.table import Item, Table, encoded, flag, key, number, text
from signalbox.rollouts.model import Told
from signalbox.rollouts.ports import Latch
from signalbox.rollouts.record import Rollout

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, TransactWriteItemTypeDef

    Changes = tuple[dict[str, AttributeValueTypeDef], list[str], dict[Told, AttributeValueTypeDef]]

_UNSTOPPED = " AND attribute_not_exists(#stop)"


def fresh_latch(table: Table, rollout: Rollout) -> "TransactWriteItemTypeDef":
    """The item of a rollout that begins: nothing heard, nothing waited for."""
    latch: Item = {
        **key(*latch_key(rollout.rollout_id)),
        "service": text(rollout.service),
        "generation": number(rollout.generation),
        "instant": flag(False),
        "heard": {"L": []},
    }
    return table.put(latch, "attribute_not_exists(pk)")


def latched(
    table: Table, rollout: Rollout, latch: Latch, armed_at: str | None = None
) -> "list[TransactWriteItemTypeDef]":
    """One write, or none when nothing changes."""
    sets: dict[str, AttributeValueTypeDef] = {}
    if latch.restoring is not None:
        sets["restoring"] = encoded(latch.restoring)
    if latch.instant is not None:
        sets["instant"] = flag(latch.instant)
    if latch.generation is not None:
        sets["generation"] = number(latch.generation)
    if latch.final:
        sets["final"] = flag(True)
    if armed_at is not None:
        sets["armed_at"] = text(armed_at)
    removes = ["token", "hold"] if latch.release else []
    removes += ["hold_key"] if latch.generation is not None else []
    adds = {told: number(-count) for told, count in latch.looked.items() if count}
    if not sets and not removes and not adds:
        return []
    return [_update(table, rollout.rollout_id, (sets, removes, adds), final=latch.final)]


def _update(table: Table, rollout_id: str, changes: "Changes", *, final: bool) -> "TransactWriteItemTypeDef":
    sets, removes, adds = changes
    parts = [
        *(["SET " + ", ".join(f"#{name} = :{name}" for name in sets)] if sets else []),
        *(["REMOVE " + ", ".join(f"#{name}" for name in removes)] if removes else []),
        *(["ADD " + ", ".join(f"#{name} :{name}" for name in adds)] if adds else []),
    ]
    named = [*sets, *removes, *adds, *(["stop"] if final else [])]
    given = {f":{name}": value for name, value in (sets | adds).items()}
    update: dict[str, object] = {
        "TableName": table.name,
        "Key": key(*latch_key(rollout_id)),
        "ConditionExpression": "attribute_exists(pk)" + (_UNSTOPPED if final else ""),
        "UpdateExpression": " ".join(parts),
        "ExpressionAttributeNames": {f"#{name}": name for name in named},
        **({"ExpressionAttributeValues": given} if given else {}),
    }
    return {"Update": update}  # type: ignore[typeddict-item]
