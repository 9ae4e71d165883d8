"""IAM policy documents: what they allow, deny and leave unsaid."""

import json
from typing import Any

import pytest

from signalbox_local.policies import Evaluation, Verdict, evaluate

TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/signalbox"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def verdict(text: str, action: str = "dynamodb:GetItem", resource: str = TABLE) -> Verdict:
    return evaluate((text,), action, resource).verdict


def test_nothing_is_allowed_without_a_statement() -> None:
    assert evaluate((), "dynamodb:GetItem", TABLE) == Evaluation(Verdict.SILENT)


@pytest.mark.parametrize(
    "action", ["dynamodb:GetItem", "DynamoDB:getitem", "dynamodb:Get*", "*", "dynamodb:Ge?Item", "*:GetItem"]
)
def test_actions_match_with_wildcards_and_in_any_case(action: str) -> None:
    assert verdict(policy(allow(action, TABLE))) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "action", ["dynamodb:Get", "dynamodb:GetItems", "dynamodb:Put*", "sqs:GetItem", "[a-z]*"]
)
def test_an_action_that_differs_does_not_match(action: str) -> None:
    assert verdict(policy(allow(action))) is Verdict.SILENT


@pytest.mark.parametrize(
    "resource",
    [
        TABLE,
        "*",
        "arn:aws:dynamodb:*:*:table/signalbox",
        "arn:*",
        "arn:aws:dynamodb:eu-west-1:*:table/signal???",
    ],
)
def test_resources_match_with_wildcards(resource: str) -> None:
    assert verdict(policy(allow("dynamodb:GetItem", resource))) is Verdict.ALLOWED


@pytest.mark.parametrize(
    "resource", [TABLE.upper(), TABLE + "/index/x", TABLE[:-1], "arn:aws:dynamodb:*"[:-1]]
)
def test_resources_are_case_sensitive_and_matched_whole(resource: str) -> None:
    assert verdict(policy(allow("dynamodb:GetItem", resource))) is Verdict.SILENT


def test_a_request_that_names_no_resource_needs_a_policy_on_everything() -> None:
    assert verdict(policy(allow("ec2:*", "arn:aws:ec2:*")), "ec2:DescribeInstances", "*") is Verdict.SILENT
    assert verdict(policy(allow("ec2:*", "*")), "ec2:DescribeInstances", "*") is Verdict.ALLOWED


def test_one_of_several_statements_is_enough() -> None:
    several = policy(allow("sqs:*"), allow(["s3:*", "dynamodb:GetItem"], ["arn:aws:s3:::x", TABLE]))
    assert verdict(several) is Verdict.ALLOWED


def test_an_explicit_deny_beats_every_allow() -> None:
    assert verdict(policy(allow("*"), deny("dynamodb:*Item", TABLE))) is Verdict.DENIED


def test_a_deny_in_another_document_counts_as_well() -> None:
    documents = (policy(allow("*")), policy(deny("dynamodb:*")))
    assert evaluate(documents, "dynamodb:GetItem", TABLE).verdict is Verdict.DENIED


def test_not_action_covers_all_other_actions() -> None:
    but_writes = policy({"Effect": "Allow", "NotAction": "dynamodb:Put*", "Resource": "*"})
    assert verdict(but_writes) is Verdict.ALLOWED
    assert verdict(but_writes, "dynamodb:PutItem") is Verdict.SILENT


def test_not_resource_covers_all_other_resources() -> None:
    elsewhere = policy({"Effect": "Deny", "Action": "*", "NotResource": TABLE}, allow("*"))
    assert verdict(elsewhere) is Verdict.ALLOWED
    assert verdict(elsewhere, resource=TABLE + "2") is Verdict.DENIED


def test_a_single_statement_need_not_be_a_list() -> None:
    assert verdict(json.dumps({"Statement": allow("dynamodb:GetItem")})) is Verdict.ALLOWED


def test_an_allow_with_a_condition_counts_and_lists_its_keys() -> None:
    tagged = {
        "StringEquals": {"aws:ResourceTag/signalbox:managed": "true", "aws:RequestedRegion": "eu-west-1"}
    }
    found = evaluate((policy(allow("*", Condition=tagged)),), "dynamodb:GetItem", TABLE)
    keys = ("aws:ResourceTag/signalbox:managed", "aws:RequestedRegion")
    assert found == Evaluation(Verdict.ALLOWED, keys)


def test_a_deny_with_a_condition_is_skipped_and_listed() -> None:
    with_mfa = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    found = evaluate((policy(allow("*"), deny("*", Condition=with_mfa)),), "dynamodb:GetItem", TABLE)
    assert found == Evaluation(Verdict.ALLOWED, ("aws:MultiFactorAuthPresent",))


def test_a_condition_does_not_matter_where_another_statement_allows_without_one() -> None:
    found = evaluate(
        (policy(allow("*"), allow("*", Condition={"Bool": {"aws:ViaAWSService": "true"}})),), "sqs:x", "*"
    )
    assert found == Evaluation(Verdict.ALLOWED)


def test_a_policy_variable_matches_nothing() -> None:
    assert (
        verdict(policy(allow("dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/${aws:username}")))
        is Verdict.SILENT
    )
