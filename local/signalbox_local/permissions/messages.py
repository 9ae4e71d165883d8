"""SQS and SNS: a queue is known by its URL, a topic by its ARN; a batch needs what one message needs."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked


def queues(asked: Asked) -> Iterable[Permission]:
    """SQS."""
    name = (asked.text("QueueUrl") or "").rpartition("/")[2] or asked.text("QueueName")
    action = asked.operation.removesuffix("Batch")
    if name:
        return asked.needs(asked.arn(name), action=action)
    return asked.on_named_arns()


def topics(asked: Asked) -> Iterable[Permission]:
    """SNS; a subscription is authorised on its topic."""
    if asked.operation == "CreateTopic":
        return asked.needs(asked.arn(str(asked.text("Name"))))
    action = asked.operation.removesuffix("Batch")
    if subscription := asked.text("SubscriptionArn"):
        return asked.needs(subscription.rpartition(":")[0], action=action)
    return asked.needs(*asked.texts("TopicArn", "TargetArn", "ResourceArn"), action=action)
