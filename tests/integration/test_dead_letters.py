"""The queue of what could not be delivered, as SQS keeps it: what is delivered again, and what stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.dead_letters import TICK, SqsDeadLetters
from tests.integration.compliance_stages import REGION

FUNCTIONS = {"aws.events": "Sweep", "aws.cloudwatch": "OnAlarm"}
EVERY_MINUTE, EVERY_HOUR = ({"source": "aws.events", "detail-type": TICK, "resources": [n]} for n in "mh")
ALARM = {"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change"}
Event = dict[str, Any]


class Queue:
    """One with letters in it; `letters` replays them."""

    def __init__(self) -> None:
        self.url = clients.client("sqs").create_queue(QueueName="dead")["QueueUrl"]
        self.letters = SqsDeadLetters(self.url, FUNCTIONS)
        self.lambda_ = Stubber(clients.client("lambda"))

    def put(self, *events: Event) -> None:
        for event in events:
            clients.client("sqs").send_message(QueueUrl=self.url, MessageBody=json.dumps(event))

    def count(self) -> int:
        """Those too that somebody has taken and not yet deleted."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = clients.client("sqs").get_queue_attributes(QueueUrl=self.url, AttributeNames=names)
        return sum(int(number) for number in found["Attributes"].values())

    def will_deliver(self, function: str) -> None:
        """Once; what is delivered beyond that is an error."""
        expected = {"FunctionName": function, "InvocationType": "Event", "Payload": ANY}
        self.lambda_.add_response("invoke", {"StatusCode": 202}, expected)


@pytest.fixture
def queue() -> Iterator[Queue]:
    clients._made.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        made = Queue()
        with made.lambda_:
            yield made
            made.lambda_.assert_no_pending_responses()
    clients._made.cache_clear()


def test_of_the_ticks_of_a_rule_one_is_delivered_for_they_all_mean_now(queue: Queue) -> None:
    queue.put(EVERY_MINUTE, EVERY_MINUTE, EVERY_HOUR, EVERY_MINUTE, EVERY_HOUR)
    queue.will_deliver("Sweep")
    queue.will_deliver("Sweep")
    assert queue.letters.replay(ticks=True) == 5
    assert queue.count() == 0


def test_while_sweeps_fail_ticks_stay_and_all_else_is_delivered(queue: Queue) -> None:
    """Each would leave a letter again, and another sweep for each letter."""
    queue.put(EVERY_MINUTE, ALARM, EVERY_HOUR, ALARM)
    queue.will_deliver("OnAlarm")
    queue.will_deliver("OnAlarm")
    assert queue.letters.replay(ticks=False) == 2
    assert queue.count() == 2


def test_a_tick_that_cannot_be_delivered_yet_stays(queue: Queue) -> None:
    queue.put(EVERY_MINUTE)
    queue.lambda_.add_client_error("invoke", "TooManyRequestsException", http_status_code=429)
    assert queue.letters.replay(ticks=True) == 0
    assert queue.count() == 1
