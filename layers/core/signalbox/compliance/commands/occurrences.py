"""What AWS Config and EventBridge say, as commands."""

from signalbox.compliance.model import Resource, Verdict
from signalbox.compliance.ports import Result
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.events import JsonObject

VERDICTS = {
    "COMPLIANT": Verdict.COMPLIANT,
    "NON_COMPLIANT": Verdict.NON_COMPLIANT,
    "NOT_APPLICABLE": Verdict.NOT_APPLICABLE,
    "INSUFFICIENT_DATA": Verdict.NO_DATA,
}


def about_finding(event: JsonObject) -> Result | str:
    """What Config says, or the id of a finding of which an attempt is over. Raises ValueError."""
    if event.get("source") == "aws.config":
        return compliance_changed(event)
    return _text(_object(event, "detail", ""), "finding")


def compliance_changed(event: JsonObject) -> Result:
    """`Config Rules Compliance Change`. Raises ValueError. Without a new result the rule does not look at the
    resource any more."""
    detail = _object(event, "detail", "")
    new = detail.get("newEvaluationResult")
    evaluation = _object(detail, "newEvaluationResult", "detail.") if new else {}
    said = _text(evaluation, "complianceType") if evaluation else "NOT_APPLICABLE"
    recorded = (
        _text(evaluation, "resultRecordedTime") if evaluation else _text(detail, "notificationCreationTime")
    )
    if said not in VERDICTS:
        raise ValueError(f"{said} is none of {', '.join(VERDICTS)}")
    return Result(
        rule=_text(detail, "configRuleName"),
        resource=Resource(
            type=_text(detail, "resourceType"),
            id=_text(detail, "resourceId"),
            account=_text(detail, "awsAccountId"),
            region=_text(detail, "awsRegion"),
        ),
        verdict=VERDICTS[said],
        at=from_rfc3339(recorded),
        annotation=str(evaluation.get("annotation", "")),
    )


def sweep_due(event: JsonObject) -> str:
    """The moment, for the log."""
    return str(event.get("time", ""))


def _object(parent: JsonObject, name: str, path: str) -> JsonObject:
    value = parent.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"`{path}{name}` must be an object")
    return value


def _text(parent: JsonObject, name: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"`{name}` must be text")
    return value
