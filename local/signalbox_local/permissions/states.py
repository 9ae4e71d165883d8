"""Step Functions: machines, executions, and the machine that waits for a task token."""

from collections.abc import Iterable

from signalbox_local import moto_records
from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_PARTS_OF_A_MACHINE_ARN = 7


def permissions(asked: Asked) -> Iterable[Permission]:
    """A version or alias is authorised as its machine; a callback on the machine that waits for it."""
    if asked.operation.startswith("SendTask"):
        return [_callback(asked)]
    if asked.operation in {"CreateStateMachine", "CreateActivity"}:
        kind = "activity" if asked.operation == "CreateActivity" else "stateMachine"
        return asked.needs(asked.arn(f"{kind}:{asked.text('name')}"))
    named = asked.texts("stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn")
    return asked.needs(*(_unqualified(arn) for arn in named)) if named else asked.on_named_arns()


def _callback(asked: Asked) -> Permission:
    """AWS checks callbacks on the machine's ARN, though its reference lists no resource for them. For a token
    that nobody waits for, any machine will do: the service itself then says that the token is invalid."""
    action = f"states:{asked.operation}"
    token = asked.text("taskToken") or ""
    if machine := moto_records.machine_of_token(asked.account, asked.region, token):
        return Permission(action, machine)
    return Permission(action, asked.arn("stateMachine:*"), moto_records.machines(asked.account, asked.region))


def _unqualified(arn: str) -> str:
    return ":".join(arn.split(":")[:_PARTS_OF_A_MACHINE_ARN])
