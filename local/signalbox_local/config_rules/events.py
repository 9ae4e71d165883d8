"""The shape of "Config Rules Compliance Change", as AWS Config writes it."""

from datetime import datetime
from typing import Any

Said = tuple[str, datetime, str]
"""A word of Config, when it was recorded, and what the rule remarks; empty when nothing."""


def compliance_change(
    rule: Any, resource: tuple[str, str], now: Said, before: Said | None, place: tuple[str, str]
) -> dict[str, Any]:
    """The event of one change, to be put into an envelope; `resource` is its type and id, `place` the account
    and Region."""
    (type_, id_), (account, region) = resource, place
    return {
        "source": "aws.config",
        "detail-type": "Config Rules Compliance Change",
        "resources": [],
        "detail": {
            "resourceId": id_,
            "awsRegion": region,
            "awsAccountId": account,
            "configRuleName": rule.config_rule_name,
            "recordVersion": "1.0",
            "configRuleARN": rule.config_rule_arn,
            "messageType": "ComplianceChangeNotification",
            "newEvaluationResult": _result(rule, resource, now),
            **({"oldEvaluationResult": _result(rule, resource, before)} if before else {}),
            "notificationCreationTime": stamp(now[1]),
            "resourceType": type_,
        },
    }


def _result(rule: Any, resource: tuple[str, str], said: Said) -> dict[str, Any]:
    compliance, at, remark = said
    qualifier = {
        "configRuleName": rule.config_rule_name,
        "resourceType": resource[0],
        "resourceId": resource[1],
    }
    return {
        "evaluationResultIdentifier": {
            "evaluationResultQualifier": qualifier,
            "orderingTimestamp": stamp(at),
        },
        "complianceType": compliance,
        "resultRecordedTime": stamp(at),
        "configRuleInvokedTime": stamp(at),
        **({"annotation": remark} if remark else {}),
    }


def stamp(at: datetime) -> str:
    """As Config writes moments."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
