"""DynamoDB: tables and their indexes; a transaction needs the permissions of its items."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_OF_ITEM = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}


def permissions(asked: Asked) -> Iterable[Permission]:
    """The operation on the table or index that it names; an item of a transaction is its own permission."""
    if asked.operation in {"TransactWriteItems", "TransactGetItems"}:
        return dict.fromkeys(_items(asked))
    if asked.operation in {"BatchGetItem", "BatchWriteItem"}:
        return asked.needs(*(_table(asked, name) for name in asked.parameters.get("RequestItems", {})))
    if asked.operation in {"ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"}:
        return _statements(asked)
    if asked.operation.startswith("List") and asked.operation != "ListTagsOfResource":
        return asked.needs()
    if table := asked.text("TableName"):
        index = asked.text("IndexName")
        return asked.needs(_table(asked, table) + (f"/index/{index}" if index else ""))
    return asked.on_named_arns()


def _items(asked: Asked) -> Iterable[Permission]:
    for item in asked.structures("TransactItems"):
        for kind, body in item.items():
            yield Permission(f"dynamodb:{_OF_ITEM[kind]}", _table(asked, str(body.get("TableName", "*"))))


def _statements(asked: Asked) -> Iterable[Permission]:
    """PartiQL; the table inside the statement is not looked at, so only a policy on `*` will do."""
    texts = asked.texts("Statement")
    for name in ("Statements", "TransactStatements"):
        texts += [str(entry.get("Statement", "")) for entry in asked.structures(name)]
    verbs = {text.split(maxsplit=1)[0].capitalize() for text in texts if text.split()}
    return (permission for verb in sorted(verbs) for permission in asked.needs(action=f"PartiQL{verb}"))


def _table(asked: Asked, name: str) -> str:
    return asked.arn(name if name.startswith("arn:") else f"table/{name}")
