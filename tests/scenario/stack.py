"""The stack behind a story: its functions, its executions, its dead letters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.scenario.world import Story, World


def function_of(world: World, logical_id: str) -> dict[str, Any]:
    """A function of the template, as Lambda tells it."""
    found: list[dict[str, Any]] = world.aws("lambda").list_functions()["Functions"]
    return next(one for one in found if f"-{logical_id}" in one["FunctionName"])


def function_name(world: World, logical_id: str) -> str:
    """The name of a function of the template."""
    return str(function_of(world, logical_id)["FunctionName"])


@contextmanager
def throttled(world: World, *logical_ids: str) -> Iterator[None]:
    """These functions take no invocations until the block ends."""
    functions, names = world.aws("lambda"), [function_name(world, name) for name in logical_ids]
    for name in names:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    try:
        yield
    finally:
        for name in names:
            functions.delete_function_concurrency(FunctionName=name)


def execution_arn(world: World, story: Story, generation: int = 1) -> str:
    """The execution that drives a generation of a rollout, begun or not."""
    executions_of = machine_arn(world, "RolloutMachine").replace(":stateMachine:", ":execution:")
    return f"{executions_of}:{story.rollout_id}-g{generation}"


def executions(world: World, service: str) -> list[str]:
    """The names of all executions for a service, oldest first."""
    found = world.aws("stepfunctions").list_executions(stateMachineArn=machine_arn(world, "RolloutMachine"))[
        "executions"
    ]
    rollouts = {item["sk"]["S"] for item in world.items(f"SERVICE#{service}")}
    ours = [one for one in found if "ROLLOUT#" + one["name"].rpartition("-g")[0] in rollouts]
    return [one["name"] for one in sorted(ours, key=lambda one: one["startDate"])]


def entered(world: World, story: Story, generation: int = 1) -> list[str]:
    """The states that a generation's execution has entered so far; none when it has not begun."""
    machines = world.aws("stepfunctions")
    try:
        history = machines.get_execution_history(executionArn=execution_arn(world, story, generation))
    except machines.exceptions.ExecutionDoesNotExist:
        return []
    found = [event.get("stateEnteredEventDetails", {}).get("name") for event in history["events"]]
    return [name for name in found if name]


def machine_arn(world: World, logical_id: str) -> str:
    """The state machine of the template."""
    found = world.aws("stepfunctions").list_state_machines()["stateMachines"]
    return next(str(one["stateMachineArn"]) for one in found if logical_id in one["name"])


def dead_letter_queue(world: World) -> str:
    """Its URL."""
    urls: list[str] = world.aws("sqs").list_queues()["QueueUrls"]
    return next(url for url in urls if "DeadLetters" in url)


def letters(world: World, queue: str) -> list[dict[str, Any]]:
    """What lies in a queue, at most ten, looked at without taking it."""
    found = world.aws("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    )
    return list(found.get("Messages", []))
