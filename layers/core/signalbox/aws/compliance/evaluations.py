"""What AWS Config says of its rules, asking it to look again, and telling it what a rule of our own finds."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Evaluation, Looks, Recording, Resource, Verdict
from signalbox.compliance.ports import Result
from signalbox.kernel.errors import NotFound, Transient

# No such rule, or an evaluation of it is under way: then it looks anyway.
_NO_RULE = "NoSuchConfigRuleException"
_LOOKS_ALREADY = "ResourceInUseException"
_BATCH = 100  # evaluations that one call takes
_RULES = 25  # that one call tells of
_ATTEMPTS = 3  # for those that it does not take
OF_IAM = frozenset({"AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"})
_TEST_TOKEN = "TESTMODE"  # noqa: S105 - of an invocation by somebody who only tries the function


class ConfigEvaluations:
    """Port `Evaluations`."""

    def __init__(self, account: str, region: str) -> None:
        self._account, self._region = account, region

    def results(self, config_rule: str) -> Iterator[Result]:
        """100 a page. A rule that is gone has none; one that never looked has none either, which says nothing
        about what it would find."""
        with aws_errors():
            pages = (
                client("config")
                .get_paginator("get_compliance_details_by_config_rule")
                .paginate(ConfigRuleName=config_rule, ComplianceTypes=["NON_COMPLIANT"])
            )
            try:
                for page in pages:
                    for found in page["EvaluationResults"]:
                        yield self._result(config_rule, found)
            except ClientError as error:
                if code_of(error) != _NO_RULE:
                    raise

    def _result(self, config_rule: str, found: dict[str, Any]) -> Result:
        qualifier = found["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
        return Result(
            rule=config_rule,
            resource=Resource(
                type=qualifier["ResourceType"],
                id=qualifier["ResourceId"],
                account=self._account,
                region=self._region,
            ),
            verdict=Verdict.NON_COMPLIANT,
            at=found["ResultRecordedTime"].astimezone(UTC),
            annotation=found.get("Annotation", ""),
        )

    def recording(self) -> Recording | None:
        """The recorder that the account has made; those of AWS services record for these."""
        config = client("config")
        with aws_errors():
            found = config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
            recorders = config.describe_configuration_recorders()["ConfigurationRecorders"]
        if not (found and recorders):
            return None
        return _recording(found[0], recorders[0].get("recordingGroup", {}))

    def looks(self, config_rules: Collection[str]) -> Mapping[str, Looks]:
        """25 a call. One that is gone refuses the call for all: then each is asked for by itself."""
        names, found = list(config_rules), dict[str, Looks]()
        for first in range(0, len(names), _RULES):
            asked = names[first : first + _RULES]
            try:
                found |= self._looks(asked)
            except NotFound:
                for name in asked:
                    with suppress(NotFound):
                        found |= self._looks([name])
        return found

    @staticmethod
    def _looks(names: list[str]) -> dict[str, Looks]:
        with aws_errors():
            pages = client("config").get_paginator("describe_config_rule_evaluation_status")
            try:
                return {
                    status["ConfigRuleName"]: _looked(status)
                    for page in pages.paginate(ConfigRuleNames=names)
                    for status in page["ConfigRulesEvaluationStatus"]
                }
            except ClientError as error:
                if code_of(error) == _NO_RULE:
                    raise NotFound("AWS Config has not all of these rules") from error
                raise

    def evaluate(self, config_rule: str) -> None:
        """Config takes one such request a minute or so for each rule."""
        with aws_errors():
            try:
                client("config").start_config_rules_evaluation(ConfigRuleNames=[config_rule])
            except ClientError as error:
                if code_of(error) != _LOOKS_ALREADY:
                    raise

    def tell(self, token: str, evaluations: Iterable[Evaluation]) -> None:
        """Raises Transient when Config does not take all of them."""
        waiting = iter(evaluations)
        while batch := [_written(each) for each in islice(waiting, _BATCH)]:
            _put(token, batch)


def _recording(status: Mapping[str, Any], group: Mapping[str, Any]) -> Recording:
    is_on = status.get("recording", False)
    failed = status.get("lastStatus") == "Failure"
    return Recording(
        is_on=is_on,
        since=_utc(status.get("lastStartTime" if is_on else "lastStopTime")),
        problem=_said(status, "lastErrorCode", "lastErrorMessage") if failed else "",
        **_recorded(group),
    )


def _recorded(group: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The strategy counts where it is given; recorders of before there were any have none. IAM is recorded
    with all others only when that is said; where some are left out it is one of the others."""
    left_out = group.get("exclusionByResourceTypes", {}).get("resourceTypes", [])
    named = group.get("resourceTypes", [])
    strategy = group.get("recordingStrategy", {}).get("useOnly")
    if strategy == "EXCLUSION_BY_RESOURCE_TYPES" or (strategy is None and left_out):
        return {"but": frozenset(left_out)}
    if strategy == "INCLUSION_BY_RESOURCE_TYPES" or (strategy is None and named):
        return {"only": frozenset(named)}
    return {} if group.get("includeGlobalResourceTypes") else {"but": OF_IAM}


def _looked(status: Mapping[str, Any]) -> Looks:
    """Either it could not look, or its function could not be invoked."""
    times = [status.get("LastFailedEvaluationTime"), status.get("LastFailedInvocationTime")]
    failed_at = max((at.astimezone(UTC) for at in times if at), default=None)
    return Looks(
        succeeded_at=_utc(status.get("LastSuccessfulEvaluationTime")),
        failed_at=failed_at,
        problem=_said(status, "LastErrorCode", "LastErrorMessage") if failed_at else "",
    )


def _said(status: Mapping[str, Any], code: str, message: str) -> str:
    return ": ".join(status[name] for name in (code, message) if status.get(name)) or "it does not say why"


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


def _put(token: str, batch: list[dict[str, Any]]) -> None:
    for _ in range(_ATTEMPTS):
        with aws_errors():
            answer = client("config").put_evaluations(
                Evaluations=batch, ResultToken=token, TestMode=token == _TEST_TOKEN
            )
        batch = answer.get("FailedEvaluations", [])
        if not batch:
            return
    raise Transient(f"AWS Config did not take {len(batch)} evaluations")


def _written(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "ComplianceResourceType": evaluation.type,
        "ComplianceResourceId": evaluation.id,
        "ComplianceType": evaluation.verdict.name,
        "OrderingTimestamp": evaluation.at,
        **({"Annotation": evaluation.annotation} if evaluation.annotation else {}),
    }
