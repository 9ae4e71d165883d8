"""The queue of what could not be delivered, as SQS keeps it: what is delivered again, and what stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import ANY, Stubber
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.dead_letters import SqsDeadLetters
from tests.integration.compliance_stages import REGION

FUNCTIONS = {"aws.states": "Sweep", "aws.cloudwatch": "OnAlarm"}
TICK = {"source": "aws.events", "detail-type": "Scheduled Event"}
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


def test_ticks_are_thrown_away_for_the_next_one_says_the_same(queue: Queue) -> None:
    """Delivered again to a sweep that fails, each would leave a letter, and be another sweep."""
    queue.put(TICK, ALARM, TICK, ALARM)
    queue.will_deliver("OnAlarm")
    queue.will_deliver("OnAlarm")
    assert queue.letters.replay() == 4
    assert queue.count() == 0


def test_what_cannot_be_delivered_yet_stays(queue: Queue) -> None:
    queue.put(ALARM)
    queue.lambda_.add_client_error("invoke", "TooManyRequestsException", http_status_code=429)
    assert queue.letters.replay() == 0
    assert queue.count() == 1
