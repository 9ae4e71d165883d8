"""The IAM statements of the stack, by the role or policy that holds them."""

from collections.abc import Iterator
from typing import Any

from tests.contract.template import Document, resources, translated

Statement = dict[str, Any]


def statements() -> Iterator[tuple[str, Statement]]:
    """The logical id of a role or managed policy, and each statement that it grants."""
    for name, role in resources(translated(), "AWS::IAM::Role").items():
        for policy in role["Properties"].get("Policies", []):
            yield from ((name, statement) for statement in _granted(policy["PolicyDocument"]))
    for name, policy in resources(translated(), "AWS::IAM::ManagedPolicy").items():
        yield from ((name, statement) for statement in _granted(policy["Properties"]["PolicyDocument"]))


def statements_of(role: str) -> list[Statement]:
    """All that a role may do: its own statements and those of the stack's policies attached to it."""
    attached = translated()["Resources"][role]["Properties"].get("ManagedPolicyArns", [])
    names = {role} | {policy["Ref"] for policy in attached if isinstance(policy, dict) and "Ref" in policy}
    return [statement for name, statement in statements() if name in names]


def actions(statement: Statement) -> list[str]:
    """The actions of a statement, as a list."""
    named = statement["Action"]
    return [named] if isinstance(named, str) else list(named)


def _granted(document: Document) -> Iterator[Statement]:
    listed = document["Statement"]
    for statement in [listed] if isinstance(listed, dict) else listed:
        yield statement["Fn::If"][1] if "Fn::If" in statement else statement
