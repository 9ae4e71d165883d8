"""What SSM agents say of the instances on which they run: moto has no inventory."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

APPLICATIONS = "AWS:Application"
Inventory = dict[str, Sequence[Mapping[str, Any]]]
"""Entries by the type of inventory."""
_KEPT: dict[tuple[str, str, str], Inventory] = {}
_LOCK = Lock()


def keep(account: str, region: str, instance: str, items: Sequence[Mapping[str, Any]]) -> None:
    """Each type that is given is replaced as a whole, as agents do."""
    with _LOCK:
        own = _KEPT.setdefault((account, region, instance), {})
        own.update({str(item["TypeName"]): item.get("Content", []) for item in items})


def inventories(account: str, region: str) -> Mapping[str, Inventory]:
    """By instance: those whose agent has ever said something."""
    with _LOCK:
        return {key[2]: dict(own) for key, own in _KEPT.items() if key[:2] == (account, region)}
