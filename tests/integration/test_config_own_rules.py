"""Config's part of a rule with a function of its own: what it sends when, and what it makes of the answer."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.config.exceptions import InvalidResultTokenException, NoSuchConfigRuleException
from moto.config.models import config_backends

from signalbox_local.config_rules import ConfigRules
from signalbox_local.config_rules.account_recorder import NAME, begin_to_record
from signalbox_local.config_rules.own_rules import OwnRules
from signalbox_local.config_rules.recorder import Recorder
from tests.integration.compliance_stages import ACCOUNT, REGION

RULE = "baseline-kept"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:evaluate"
SENT = "ConfigurationItemChangeNotification"
VOLUME = "AWS::EC2::Volume"
MESSAGES = (SENT, "ScheduledNotification")


class Functions:
    """Remembers what it is invoked with; `is_open` when Config may invoke it."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.is_open = True

    def permits(self, function: str, principal: str, source: str) -> bool:
        return self.is_open and (function, principal) == (FUNCTION, "config.amazonaws.com")

    def invoke_async(self, name: str, payload: bytes) -> None:
        self.events.append(json.loads(payload))

    def told(self) -> list[dict[str, Any]]:
        """What the events so far were about."""
        found = [json.loads(event["invokingEvent"]) for event in self.events]
        self.events.clear()
        return found


class Stage:
    """A rule over volumes, and one volume."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 10, tzinfo=UTC)
        self.functions, self.published = Functions(), list[Mapping[str, Any]]()
        functions: Any = self.functions
        own = OwnRules(Recorder(ACCOUNT, REGION), functions, lambda: self.now)
        self.rules = ConfigRules(self.published.append, ACCOUNT, REGION, own)
        begin_to_record(boto3.client("config"), ACCOUNT)
        self.ec2 = boto3.client("ec2")
        self.volume = self.ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=1)["VolumeId"]

    def put(self, *messages: str) -> None:
        """Makes the rule, as moto keeps it."""
        rule: Any = {
            "ConfigRuleName": RULE,
            "Scope": {"ComplianceResourceTypes": [VOLUME]},
            "Source": {
                "Owner": "CUSTOM_LAMBDA",
                "SourceIdentifier": FUNCTION,
                "SourceDetails": [{"EventSource": "aws.config", "MessageType": each} for each in messages],
            },
        }
        boto3.client("config").put_config_rule(ConfigRule=rule)

    def answer(self, says: str, about: float, token: str = "") -> None:
        """As the function would by PutEvaluations; without a token by the last one that was sent."""
        evaluation = {
            "ComplianceResourceType": VOLUME,
            "ComplianceResourceId": self.volume,
            "ComplianceType": says,
            "OrderingTimestamp": about,
            "Annotation": "why",
        }
        self.rules.take(token or self.functions.events[-1]["resultToken"], [evaluation])

    def said(self) -> list[str]:
        return [event["detail"]["newEvaluationResult"]["complianceType"] for event in self.published]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setattr("moto.awslambda.utils.get_backend", lambda *_: _HasFunctions())
    with mock_aws():
        yield Stage()
        config_backends[ACCOUNT][REGION].config_rules.clear()


class _HasFunctions:
    def get_function(self, _: str) -> None:
        """moto looks whether there is one."""


def test_what_is_there_what_changes_and_what_goes_is_sent_once(stage: Stage) -> None:
    stage.put(SENT)
    stage.rules.evaluate()
    (found,) = stage.functions.told()
    item = found["configurationItem"]
    assert (found["messageType"], item["configurationItemStatus"]) == (SENT, "ResourceDiscovered")
    assert (item["resourceId"], item["configuration"]["volumeType"]) == (stage.volume, "gp2")
    stage.rules.evaluate()
    assert stage.functions.told() == []
    stage.ec2.modify_volume(VolumeId=stage.volume, VolumeType="gp3")
    stage.rules.evaluate()
    (changed,) = stage.functions.told()
    assert changed["configurationItem"]["configurationItemStatus"] == "OK"
    assert changed["configurationItem"]["configuration"]["volumeType"] == "gp3"
    stage.ec2.delete_volume(VolumeId=stage.volume)
    stage.rules.evaluate()
    (gone,) = stage.functions.told()
    assert gone["configurationItem"]["configurationItemStatus"] == "ResourceDeleted"


def test_it_is_time_at_first_each_hour_and_when_somebody_asks(stage: Stage) -> None:
    stage.put("ScheduledNotification")
    stage.rules.evaluate()
    (due,) = stage.functions.told()
    assert (due["messageType"], "configurationItem" in due) == ("ScheduledNotification", False)
    stage.now += timedelta(minutes=59)
    stage.rules.evaluate()
    stage.rules.evaluate(["another-rule"])
    assert stage.functions.told() == []
    stage.rules.evaluate([RULE])
    assert len(stage.functions.told()) == 1
    stage.now += timedelta(hours=1)
    stage.rules.evaluate()
    assert len(stage.functions.told()) == 1


def test_what_config_may_not_invoke_it_does_not(stage: Stage) -> None:
    stage.put(*MESSAGES)
    stage.functions.is_open = False
    stage.rules.evaluate()
    assert stage.functions.told() == []


def test_an_answer_that_differs_is_told_and_kept(stage: Stage) -> None:
    stage.put(SENT)
    stage.rules.evaluate()
    stage.answer("NOT_APPLICABLE", 1)
    stage.answer("NON_COMPLIANT", 2)
    stage.answer("NON_COMPLIANT", 3)
    assert stage.said() == ["NON_COMPLIANT"]
    assert stage.published[0]["detail"]["newEvaluationResult"]["annotation"] == "why"
    ((id_, said),) = stage.rules.non_compliant(RULE)
    assert (id_, said.remark) == (stage.volume, "why")
    stage.answer("NOT_APPLICABLE", 4)
    assert stage.said() == ["NON_COMPLIANT", "NOT_APPLICABLE"]
    assert list(stage.rules.non_compliant(RULE)) == []


def test_what_is_about_an_earlier_moment_comes_too_late(stage: Stage) -> None:
    stage.put(SENT)
    stage.rules.evaluate()
    stage.answer("COMPLIANT", 2)
    stage.answer("NON_COMPLIANT", 1)
    assert stage.said() == ["COMPLIANT"]


def test_who_has_no_token_tells_nothing(stage: Stage) -> None:
    stage.put(SENT)
    with pytest.raises(InvalidResultTokenException):
        stage.answer("COMPLIANT", 1, token="made up")  # noqa: S106


def test_nothing_is_looked_at_while_the_recorder_is_off(stage: Stage) -> None:
    stage.put(*MESSAGES)
    boto3.client("config").stop_configuration_recorder(ConfigurationRecorderName=NAME)
    stage.rules.evaluate()
    assert not stage.functions.events
    boto3.client("config").start_configuration_recorder(ConfigurationRecorderName=NAME)
    stage.rules.evaluate()
    assert stage.functions.events


def test_what_the_recorder_leaves_out_is_not_sent_and_not_told_to_be_gone(stage: Stage) -> None:
    stage.put(*MESSAGES)
    stage.rules.evaluate()
    stage.functions.told()
    group = {"allSupported": False, "resourceTypes": ["AWS::S3::Bucket"]}
    recorder = {"name": NAME, "roleARN": f"arn:aws:iam::{ACCOUNT}:role/config", "recordingGroup": group}
    boto3.client("config").put_configuration_recorder(ConfigurationRecorder=recorder)
    stage.ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=2)
    stage.rules.evaluate()
    assert stage.functions.told() == []
    begin_to_record(boto3.client("config"), ACCOUNT)
    stage.rules.evaluate()
    assert len(stage.functions.told()) == 1


def test_a_rule_has_looked_once_its_function_has_answered(stage: Stage) -> None:
    stage.put(*MESSAGES)
    stage.rules.evaluate()
    assert stage.rules.looked_at(RULE) is None
    stage.answer("COMPLIANT", 1)
    assert stage.rules.looked_at(RULE) is not None
    with pytest.raises(NoSuchConfigRuleException):
        stage.rules.looked_at("nobody")
