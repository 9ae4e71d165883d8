"""What Config has recorded and sends to a rule, and baselines, for tests."""

import json
from datetime import datetime, timedelta
from typing import Any

from signalbox.compliance.model import Item
from signalbox.compliance.spec import BaselineSpec
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject
from tests.unit.builders import NOW

VOLUME, BUCKET, GROUP = "AWS::EC2::Volume", "AWS::S3::Bucket", "AWS::EC2::SecurityGroup"
ENCRYPTED, TYPE = "configuration.encrypted", "configuration.volumeType"
TOKEN = "token-1"  # noqa: S105 - of an invocation
CHANGED, CUT, DUE = (
    "ConfigurationItemChangeNotification",
    "OversizedConfigurationItemChangeNotification",
    "ScheduledNotification",
)


def item(id_: str = "vol-1", type_: str = VOLUME, at: datetime = NOW, **configuration: Any) -> Item:
    """An unencrypted volume of type gp2, but for what is said."""
    recorded = {"encrypted": False, "volumeType": "gp2", "attachments": [], **configuration}
    parts: JsonObject = {"configuration": recorded, "supplementaryConfiguration": {}}
    return Item(type=type_, id=id_, at=at, configuration=parts, name="data", tags={"owner": "web"})


def raw_item(status: str = "OK", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    """As it stands in an invoking event."""
    return {
        "configurationItemCaptureTime": rfc3339(at),
        "configurationItemStatus": status,
        "resourceType": VOLUME,
        "resourceId": "vol-1",
        "resourceName": None,
        "awsAccountId": "123456789012",
        "awsRegion": "eu-west-1",
        "tags": {"owner": "web"},
        "configuration": {"encrypted": False, "volumeType": "gp2"},
        "supplementaryConfiguration": {},
        **more,
    }


def invocation(message: str, *, has_left: bool = False, token: object = TOKEN, **told: Any) -> JsonObject:
    """As Config invokes the function of a rule."""
    told = {"messageType": message, "notificationCreationTime": rfc3339(NOW), "recordVersion": "1.3", **told}
    return {
        "version": "1.0",
        "invokingEvent": json.dumps(told),
        "ruleParameters": "{}",
        "resultToken": token,
        "eventLeftScope": has_left,
        "executionRoleArn": "arn:aws:iam::123456789012:role/config",
        "configRuleArn": "arn:aws:config:eu-west-1:123456789012:config-rule/config-rule-1a2b3c",
        "configRuleName": "config-baseline-kept",
        "configRuleId": "config-rule-1a2b3c",
        "accountId": "123456789012",
    }


def spec(**more: Any) -> BaselineSpec:
    """Volumes are encrypted, but for what is said."""
    expected = {} if "like" in more else {"expected": {ENCRYPTED: True}}
    return BaselineSpec(**{"reason": "audit of 2026", **expected, **more})


def later(**by: float) -> datetime:
    return NOW + timedelta(**by)
