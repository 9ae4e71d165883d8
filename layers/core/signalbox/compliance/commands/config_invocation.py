"""What AWS Config invokes a rule of our own with, as a command."""

import json
from dataclasses import dataclass
from datetime import datetime

from signalbox.compliance.configuration_items import item_of, moment
from signalbox.compliance.model import Item
from signalbox.kernel.events import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChanged:
    """A resource in the scope of the rule is new, changed, gone, or (then `has_left`) not in its scope any
    more. Of an item that `is_cut` only the summary was small enough to be sent: its configuration must be
    read."""

    token: str
    item: Item
    has_left: bool
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationDue:
    """It is time to look at everything."""

    token: str
    at: datetime


Invocation = ItemChanged | EvaluationDue


def config_invocation(event: JsonObject) -> Invocation:
    """Raises ValueError."""
    token = event.get("resultToken")
    if not isinstance(token, str) or not token:
        raise ValueError("`resultToken` must be text")
    told = json.loads(str(event.get("invokingEvent")))
    has_left = event.get("eventLeftScope") is True
    match told:
        case {"messageType": "ConfigurationItemChangeNotification", "configurationItem": dict(item)}:
            return ItemChanged(token=token, item=item_of(item), has_left=has_left)
        case {
            "messageType": "OversizedConfigurationItemChangeNotification",
            "configurationItemSummary": dict(summary),
        }:
            return ItemChanged(token=token, item=item_of(summary), has_left=has_left, is_cut=True)
        case {"messageType": "ScheduledNotification", "notificationCreationTime": at}:
            return EvaluationDue(token=token, at=moment(at))
        case _:
            raise ValueError(
                "`invokingEvent` is no change of a configuration item, and no scheduled evaluation"
            )
