"""AWS Config's API as a rule of our own uses it: pages, batches, and what it does not do at once."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.compliance.evaluations import OF_IAM, ConfigEvaluations
from signalbox.aws.compliance.records import ConfigRecords
from signalbox.compliance.model import Evaluation, Looks, Recording, Verdict
from signalbox.kernel.errors import Rejected, Transient
from signalbox_local.config_rules.account_recorder import NAME, begin_to_record
from tests.integration.compliance_stages import ACCOUNT, REGION
from tests.unit.builders import NOW

BUCKET = "AWS::S3::Bucket"
STATUS = "describe_config_rule_evaluation_status"
RECORDS, EVALUATIONS = ConfigRecords(), ConfigEvaluations(ACCOUNT, REGION)


@pytest.fixture
def config() -> Iterator[Any]:
    """The client, on moto."""
    clients._made.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield clients.client("config")
    clients._made.cache_clear()


def _buckets(count: int) -> set[str]:
    s3: Any = boto3.client("s3")
    names = {f"photos-{number:03d}" for number in range(count)}
    for name in names:
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return names


@pytest.mark.usefixtures("config")
def test_all_of_a_type_are_read_page_by_page() -> None:
    names = _buckets(101)
    found = list(RECORDS.all(BUCKET))
    assert {item.id for item in found} == names
    assert all(item.configuration["configuration"]["name"] == item.id for item in found)  # type: ignore[index]
    assert list(RECORDS.all("AWS::EC2::Volume")) == []


@pytest.mark.usefixtures("config")
def test_one_is_read_with_its_tags() -> None:
    _buckets(1)
    boto3.client("s3").put_bucket_tagging(
        Bucket="photos-000", Tagging={"TagSet": [{"Key": "owner", "Value": "web"}]}
    )
    item = RECORDS.find(BUCKET, "photos-000")
    assert item is not None
    assert (item.name, item.tags) == ("photos-000", {"owner": "web"})
    assert RECORDS.find(BUCKET, "nobody") is None


def _recorded(id_: str, status: str = "OK") -> dict[str, Any]:
    return {
        "resourceType": BUCKET,
        "resourceId": id_,
        "configurationItemStatus": status,
        "configurationItemCaptureTime": NOW,
        "configuration": "{}",
    }


def test_what_was_deleted_is_not_found(config: Any) -> None:
    gone = {"configurationItems": [_recorded("photos", "ResourceDeleted")]}
    with Stubber(config) as stub:
        stub.add_response("get_resource_config_history", gone)
        assert RECORDS.find(BUCKET, "photos") is None


def _listed(*ids: str) -> dict[str, Any]:
    return {"resourceIdentifiers": [{"resourceType": BUCKET, "resourceId": id_} for id_ in ids]}


def _keys(*ids: str) -> list[dict[str, str]]:
    return [{"resourceType": BUCKET, "resourceId": id_} for id_ in ids]


def test_what_config_has_not_read_is_asked_for_again(config: Any) -> None:
    with Stubber(config) as stub:
        stub.add_response("list_discovered_resources", _listed("a", "b", "c"))
        first = {
            "baseConfigurationItems": [_recorded("a"), _recorded("b", "ResourceDeleted")],
            "unprocessedResourceKeys": _keys("c"),
        }
        stub.add_response("batch_get_resource_config", first, {"resourceKeys": _keys("a", "b", "c")})
        rest = {"baseConfigurationItems": [_recorded("c")]}
        stub.add_response("batch_get_resource_config", rest, {"resourceKeys": _keys("c")})
        assert [item.id for item in RECORDS.all(BUCKET)] == ["a", "c"]
        stub.assert_no_pending_responses()


def test_what_config_does_not_read_at_all_is_not_left_out_in_silence(config: Any) -> None:
    with Stubber(config) as stub:
        stub.add_response("list_discovered_resources", _listed("a"))
        for _ in range(3):
            stub.add_response("batch_get_resource_config", {"unprocessedResourceKeys": _keys("a")})
        with pytest.raises(Transient, match="did not read 1 resources of AWS::S3::Bucket"):
            list(RECORDS.all(BUCKET))


def _evaluations(count: int) -> list[Evaluation]:
    return [
        Evaluation(type=BUCKET, id=f"b-{number}", verdict=Verdict.NON_COMPLIANT, at=NOW, annotation="why")
        for number in range(count)
    ]


def _written(id_: str) -> dict[str, Any]:
    return {
        "ComplianceResourceType": BUCKET,
        "ComplianceResourceId": id_,
        "ComplianceType": "NON_COMPLIANT",
        "OrderingTimestamp": NOW,
        "Annotation": "why",
    }


def test_a_hundred_evaluations_are_told_at_a_time(config: Any) -> None:
    with Stubber(config) as stub:
        for numbers in (range(100), range(100, 200), range(200, 201)):
            told = [_written(f"b-{number}") for number in numbers]
            expected = {"Evaluations": told, "ResultToken": "token", "TestMode": False}
            stub.add_response("put_evaluations", {"FailedEvaluations": []}, expected)
        EVALUATIONS.tell("token", iter(_evaluations(201)))
        stub.assert_no_pending_responses()


def test_what_config_does_not_take_is_told_again(config: Any) -> None:
    with Stubber(config) as stub:
        stub.add_response("put_evaluations", {"FailedEvaluations": [_written("b-1")]})
        again = {"Evaluations": [_written("b-1")], "ResultToken": "token", "TestMode": False}
        stub.add_response("put_evaluations", {"FailedEvaluations": []}, again)
        EVALUATIONS.tell("token", _evaluations(2))
        stub.assert_no_pending_responses()
        for _ in range(3):
            stub.add_response("put_evaluations", {"FailedEvaluations": [_written("b-1")]})
        with pytest.raises(Transient, match="did not take 1 evaluations"):
            EVALUATIONS.tell("token", _evaluations(2))


def test_who_tries_the_function_out_changes_nothing(config: Any) -> None:
    with Stubber(config) as stub:
        tried = {"Evaluations": ANY, "ResultToken": "TESTMODE", "TestMode": True}
        stub.add_response("put_evaluations", {"FailedEvaluations": []}, tried)
        EVALUATIONS.tell("TESTMODE", _evaluations(1))


def test_nothing_to_tell_is_no_call(config: Any) -> None:
    with Stubber(config):
        EVALUATIONS.tell("token", [])


def test_what_is_not_applicable_needs_no_annotation(config: Any) -> None:
    plain = Evaluation(type=BUCKET, id="b-1", verdict=Verdict.NOT_APPLICABLE, at=NOW)
    written = {**_written("b-1"), "ComplianceType": "NOT_APPLICABLE"}
    del written["Annotation"]
    with Stubber(config) as stub:
        told = {"Evaluations": [written], "ResultToken": "token", "TestMode": False}
        stub.add_response("put_evaluations", {"FailedEvaluations": []}, told)
        EVALUATIONS.tell("token", [plain])


def test_without_a_recorder_there_is_none(config: Any) -> None:
    assert EVALUATIONS.recording() is None
    begin_to_record(config, ACCOUNT)
    on = EVALUATIONS.recording()
    assert on is not None
    assert on.is_on
    assert on.since is not None
    config.stop_configuration_recorder(ConfigurationRecorderName=NAME)
    off = EVALUATIONS.recording()
    assert off is not None
    assert (off.is_on, off.problem) == (False, "")


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ({"lastStatus": "Success", "lastErrorCode": "of before"}, ""),
        ({"lastStatus": "Failure", "lastErrorCode": "E", "lastErrorMessage": "no bucket"}, "E: no bucket"),
        ({"lastStatus": "Failure"}, "it does not say why"),
    ],
)
def test_a_recorder_may_be_on_and_fail(config: Any, status: dict[str, Any], problem: str) -> None:
    found = {"ConfigurationRecordersStatus": [{"recording": True, "lastStartTime": NOW, **status}]}
    with Stubber(config) as stub:
        stub.add_response("describe_configuration_recorder_status", found, {})
        recorders = {"ConfigurationRecorders": [{"name": NAME}]}
        stub.add_response("describe_configuration_recorders", recorders, {})
        assert EVALUATIONS.recording() == Recording(is_on=True, since=NOW, problem=problem, but=OF_IAM)


VOLUMES, ROLES = "AWS::EC2::Volume", "AWS::IAM::Role"


@pytest.mark.parametrize(
    ("group", "recorded"),
    [
        ({"allSupported": True}, {VOLUMES}),
        ({"allSupported": True, "includeGlobalResourceTypes": True}, {VOLUMES, ROLES}),
        ({"allSupported": False, "resourceTypes": [ROLES]}, {ROLES}),
        (
            {
                "allSupported": False,
                "exclusionByResourceTypes": {"resourceTypes": [VOLUMES]},
                "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            },
            {ROLES},
        ),
        (
            {
                "allSupported": False,
                "resourceTypes": [VOLUMES],
                "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"},
            },
            {VOLUMES},
        ),
    ],
)
def test_a_recorder_may_leave_types_out(config: Any, group: dict[str, Any], recorded: set[str]) -> None:
    begin_to_record(config, ACCOUNT)
    role = f"arn:aws:iam::{ACCOUNT}:role/config"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": NAME, "roleARN": role, "recordingGroup": group}
    )
    recording = EVALUATIONS.recording()
    assert recording is not None
    assert {each for each in (VOLUMES, ROLES) if recording.has(each)} == recorded


@pytest.mark.parametrize(
    ("group", "recorded"),
    [
        (
            {"resourceTypes": [VOLUMES], "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}},
            False,
        ),
        ({"exclusionByResourceTypes": {"resourceTypes": [VOLUMES]}}, True),
    ],
)
def test_the_strategy_counts_where_there_is_one(config: Any, group: dict[str, Any], recorded: bool) -> None:  # noqa: FBT001
    with Stubber(config) as stub:
        status = {"ConfigurationRecordersStatus": [{"recording": True}]}
        stub.add_response("describe_configuration_recorder_status", status, {})
        recorders = {"ConfigurationRecorders": [{"name": NAME, "recordingGroup": group}]}
        stub.add_response("describe_configuration_recorders", recorders, {})
        recording = EVALUATIONS.recording()
    assert recording is not None
    assert recording.has(ROLES) is recorded


def _status(name: str, **times: object) -> dict[str, Any]:
    return {"ConfigRuleName": name, **times}


def test_rules_are_asked_about_25_at_a_time(config: Any) -> None:
    names = [f"rule-{number}" for number in range(26)]
    said = _status(names[0], LastSuccessfulEvaluationTime=NOW)
    pages = [([said], names[:25]), ([], names[25:])]
    with Stubber(config) as stub:
        for found, asked in pages:
            stub.add_response(STATUS, {"ConfigRulesEvaluationStatus": found}, {"ConfigRuleNames": asked})
        assert EVALUATIONS.looks(names) == {names[0]: Looks(succeeded_at=NOW)}


def test_one_that_is_gone_does_not_hide_the_others(config: Any) -> None:
    failed = {"LastErrorCode": "AccessDenied", "LastErrorMessage": "role"}
    there = _status("there", LastFailedInvocationTime=NOW, **failed)
    with Stubber(config) as stub:
        stub.add_client_error(STATUS, "NoSuchConfigRuleException")
        stub.add_client_error(STATUS, "NoSuchConfigRuleException")
        stub.add_response(STATUS, {"ConfigRulesEvaluationStatus": [there]}, {"ConfigRuleNames": ["there"]})
        assert EVALUATIONS.looks(["gone", "there"]) == {
            "there": Looks(failed_at=NOW, problem="AccessDenied: role")
        }


def test_a_refusal_is_told_as_one(config: Any) -> None:
    with Stubber(config) as stub:
        stub.add_client_error(STATUS, "AccessDeniedException")
        with pytest.raises(Rejected):
            EVALUATIONS.looks(["there"])
