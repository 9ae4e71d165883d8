"""What AWS Config says of its rules, and asking it to look again."""

from collections.abc import Iterator
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.model import Resource, Verdict
from signalbox.compliance.ports import Result

# No such rule, or an evaluation of it is under way: then it looks anyway.
_NO_RULE = "NoSuchConfigRuleException"
_LOOKS_ALREADY = "ResourceInUseException"


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

    def evaluate(self, config_rule: str) -> None:
        """Config takes one such request a minute or so for each rule."""
        with aws_errors():
            try:
                client("config").start_config_rules_evaluation(ConfigRuleNames=[config_rule])
            except ClientError as error:
                if code_of(error) != _LOOKS_ALREADY:
                    raise
