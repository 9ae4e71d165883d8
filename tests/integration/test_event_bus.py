"""The event bus of the local runtime, in process, on moto's own rules and queues."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox_local.bus import Bus
from signalbox_local.delivery import Consignment, InvocationRefused, exhausted
from signalbox_local.moto_seams import Seams, event_bus
from signalbox_local.transform import payload_for

ACCOUNT, REGION = "123456789012", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:on-alarm:3"


class FakeFunctions:
    """Accepts every invocation, but refuses the first few when told to."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, Any]] = []
        self.refusals: list[InvocationRefused] = []

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.accepted.append((name_or_arn, json.loads(payload)))


class World:
    """A bus with its fake functions, and clients as a user has them."""

    def __init__(self) -> None:
        self.functions = FakeFunctions()
        self.bus = Bus(self.functions, ACCOUNT, REGION)
        self.events = boto3.client("events", REGION)
        self.sqs = boto3.client("sqs", REGION)

    def rule(self, pattern: dict[str, Any], target: dict[str, Any] | None = None, **given: Any) -> str:
        arn = self.events.put_rule(Name="rule", EventPattern=json.dumps(pattern), **given)["RuleArn"]
        bus = {"EventBusName": given["EventBusName"]} if "EventBusName" in given else {}
        targets: Any = [{"Id": "1", "Arn": FUNCTION, **(target or {})}]
        self.events.put_targets(Rule="rule", Targets=targets, **bus)
        return arn

    def queue(self, name: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def received(self, url: str) -> list[Any]:
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return list(answer.get("Messages", []))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    seams = Seams()
    with mock_aws():
        world = World()
        event_bus(seams, world.bus)
        world.bus.start()
        yield world
        world.bus.stop()
        seams.undo()


ALARM = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change"}


def alarm(value: str) -> dict[str, Any]:
    return {**ALARM, "resources": ["arn:alarm"], "detail": {"state": {"value": value}}}


def test_a_matching_event_reaches_the_function_in_an_aws_envelope(world: World) -> None:
    world.rule({"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}})
    sent = world.bus.publish(alarm("ALARM"))
    world.bus.publish(alarm("OK"))
    assert world.bus.idle()
    assert world.functions.accepted == [(FUNCTION, sent)]
    assert set(sent) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert (sent["version"], sent["account"], sent["region"]) == ("0", ACCOUNT, REGION)


def test_a_disabled_rule_is_silent_until_a_client_enables_it(world: World) -> None:
    world.rule({"source": ["aws.cloudwatch"]}, State="DISABLED")
    world.bus.publish(alarm("ALARM"))
    world.events.enable_rule(Name="rule")
    world.bus.publish(alarm("OK"))
    assert world.bus.idle()
    assert [event["detail"]["state"]["value"] for _, event in world.functions.accepted] == ["OK"]


def test_a_rule_with_only_a_schedule_matches_no_event(world: World) -> None:
    world.events.put_rule(Name="each-minute", ScheduleExpression="rate(1 minute)")
    world.events.put_targets(Rule="each-minute", Targets=[{"Id": "1", "Arn": FUNCTION}])
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert world.functions.accepted == []


def test_events_of_clients_stay_on_the_bus_that_they_name(world: World) -> None:
    world.events.create_event_bus(Name="signalbox")
    world.rule({"source": ["signalbox.rollouts"]}, EventBusName="signalbox")
    entry: Any = {"Source": "signalbox.rollouts", "DetailType": "Rollout Started", "Detail": '{"version": 1}'}
    elsewhere: Any = {**entry, "EventBusName": "signalbox"}
    answer = world.events.put_events(Entries=[elsewhere, entry])
    assert world.bus.idle()
    assert answer["FailedEntryCount"] == 0
    assert len(world.functions.accepted) == 1
    assert [(each.bus, each.rules) for each in world.bus.events()] == [
        ("signalbox", ("rule",)),
        ("default", ()),
    ]


def test_an_event_keeps_the_time_that_its_client_gives(world: World) -> None:
    moment = datetime(2026, 1, 30, 12, 0, 5, tzinfo=UTC)
    world.events.put_events(
        Entries=[{"Source": "me", "DetailType": "Something Happened", "Detail": "{}", "Time": moment}]
    )
    assert world.bus.events()[0].event["time"] == "2026-01-30T12:00:05Z"


def test_a_client_may_not_speak_for_aws(world: World) -> None:
    world.rule({"source": ["aws.cloudwatch"]})
    entry: Any = {"Source": "aws.cloudwatch", "DetailType": "CloudWatch Alarm State Change", "Detail": "{}"}
    answer = world.events.put_events(Entries=[entry])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert world.bus.events() == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Source": ""}, "InvalidArgument"),
        ({"Detail": "[1]"}, "MalformedDetail"),
        ({"Detail": "no json"}, "MalformedDetail"),
        ({"EventBusName": "nowhere"}, "ResourceNotFoundException"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_by_itself(world: World, change: dict[str, str], code: str) -> None:
    good: Any = {"Source": "me", "DetailType": "Something Happened", "Detail": "{}"}
    wrong: Any = {**good, **change}
    answer = world.events.put_events(Entries=[wrong, good])
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [code, None]


def test_a_refused_invocation_is_retried_until_it_is_accepted(world: World) -> None:
    world.functions.refusals = [InvocationRefused("TooManyRequestsException", "Rate exceeded")] * 2
    world.rule({"source": ["aws.cloudwatch"]})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert len(world.functions.accepted) == 1


def test_an_event_that_is_never_accepted_ends_in_the_dead_letter_queue(world: World) -> None:
    url, queue = world.queue("dead")
    world.functions.refusals = [InvocationRefused("TooManyRequestsException", "Rate exceeded")] * 9
    retry = {"RetryPolicy": {"MaximumRetryAttempts": 2}, "DeadLetterConfig": {"Arn": queue}, "Input": "{}"}
    rule = world.rule({"source": ["aws.cloudwatch"]}, retry)
    event = world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    [message] = world.received(url)
    assert json.loads(message["Body"]) == event
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert attributes == {
        "RULE_ARN": rule,
        "TARGET_ARN": FUNCTION,
        "ERROR_CODE": "THROTTLING",
        "ERROR_MESSAGE": "Rate exceeded",
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "2",
    }
    assert len(world.functions.refusals) == 6


def test_a_function_that_does_not_exist_is_not_retried(world: World) -> None:
    url, queue = world.queue("dead")
    world.functions.refusals = [InvocationRefused("ResourceNotFoundException", "Function not found")] * 2
    world.rule({"source": ["aws.cloudwatch"]}, {"DeadLetterConfig": {"Arn": queue}})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    [message] = world.received(url)
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
    assert len(world.functions.refusals) == 1


def test_an_event_past_its_age_is_given_up() -> None:
    target = {"Arn": FUNCTION, "RetryPolicy": {"MaximumEventAgeInSeconds": 60}}
    consignment = Consignment("arn:rule", target, "{}", "id", "{}", sent=0)
    refusal = InvocationRefused("ServiceException", "later")
    assert exhausted(consignment, refusal, now=59) == (False, None)
    assert exhausted(consignment, refusal, now=60) == (True, "MaximumEventAgeInSeconds")


def test_a_state_machine_without_a_role_is_refused(world: World) -> None:
    url, queue = world.queue("dead")
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:rollout"
    world.rule({"source": ["aws.cloudwatch"]}, {"Arn": machine, "DeadLetterConfig": {"Arn": queue}})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert world.received(url)[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_topic_is_a_target(world: World) -> None:
    url, queue = world.queue("subscribed")
    sns = boto3.client("sns", REGION)
    topic = sns.create_topic(Name="page")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    world.rule({"source": ["aws.cloudwatch"]}, {"Arn": topic, "Input": '"wake up"'})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert json.loads(json.loads(world.received(url)[0]["Body"])["Message"]) == "wake up"


def test_a_topic_that_is_gone_is_told_at_once(world: World) -> None:
    url, queue = world.queue("dead")
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:gone"
    world.rule({"source": ["aws.cloudwatch"]}, {"Arn": topic, "DeadLetterConfig": {"Arn": queue}})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert world.received(url)[0]["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"


def test_a_queue_is_a_target(world: World) -> None:
    url, queue = world.queue("events")
    world.rule({"source": ["aws.cloudwatch"]}, {"Arn": queue, "InputPath": "$.detail.state"})
    world.bus.publish(alarm("ALARM"))
    assert world.bus.idle()
    assert json.loads(world.received(url)[0]["Body"]) == {"value": "ALARM"}


@pytest.mark.parametrize(
    ("target", "payload"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail-type"}, "CloudWatch Alarm State Change"),
        ({"InputPath": "$.detail"}, {"state": {"value": 'A "B"'}}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "value": "$.detail.state.value",
                        "all": "$.detail",
                        "none": "$.detail.x",
                    },
                    "InputTemplate": '{"is": <value>, "text": "now <value>!", "all": <all>, "none": <none>}',
                }
            },
            {"is": 'A "B"', "text": 'now A "B"!', "all": {"state": {"value": 'A "B"'}}, "none": None},
        ),
    ],
)
def test_input_is_transformed_as_the_target_asks(target: dict[str, Any], payload: object) -> None:
    assert json.loads(payload_for(target, alarm('A "B"'))) == payload


def test_no_thread_is_left_when_the_bus_stops_with_retries_waiting(world: World) -> None:
    world.functions.refusals = [InvocationRefused("ServiceException", "no")] * 999
    world.rule({"source": ["aws.cloudwatch"]})
    world.bus.publish(alarm("ALARM"))
    assert not world.bus.idle(0.05)
    world.bus.stop()
    assert world.bus.idle(0)
