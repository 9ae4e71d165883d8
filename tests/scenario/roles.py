"""The roles of the stack's functions, and what becomes of them when somebody takes a permission away."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from signalbox_local.policies import Verdict, evaluate
from tests.contract.permissions import actions
from tests.scenario.stack import function_of
from tests.scenario.world import World

Document = dict[str, Any]
Permissions = set[tuple[str, ...]]  # an action, and the resources of which one must do


@dataclass(frozen=True)
class Policy:
    """One policy of a role: written into it, or attached to it (then `arn` is given)."""

    name: str
    document: Document
    arn: str | None = None

    @property
    def statements(self) -> list[Document]:
        """Its statements, with their `Sid` where they have one."""
        return list(self.document["Statement"])

    def without(self, sid: str) -> str:
        """The document as JSON, but for one statement."""
        kept = [statement for statement in self.statements if name_of(statement) != sid]
        return json.dumps({**self.document, "Statement": kept})


def name_of(statement: Document) -> str:
    """Its `Sid` or, where SAM gives none, its actions."""
    return str(statement.get("Sid") or " ".join(actions(statement)))


def role_of(world: World, function: str) -> str:
    """The name of the role of a function of the template."""
    return str(function_of(world, function)["Role"].rpartition("/")[2])


def policies_of(world: World, role: str) -> list[Policy]:
    """All policies of a role, those of AWS left out."""
    iam = world.aws("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    inline = [Policy(n, iam.get_role_policy(RoleName=role, PolicyName=n)["PolicyDocument"]) for n in names]
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    ours = [one for one in attached if ":aws:policy/" not in one["PolicyArn"]]
    return [
        *inline,
        *(Policy(one["PolicyName"], _document(iam, one["PolicyArn"]), one["PolicyArn"]) for one in ours),
    ]


def _document(iam: Any, arn: str) -> Document:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document: Document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return document


class Roles:
    """The roles of a stack while nobody has changed them, and what each was allowed to do so far."""

    def __init__(self, world: World) -> None:
        self._used = _permissions_used(world)
        self._policies = cache(lambda role: policies_of(world, role))
        self._role_of = cache(lambda function: role_of(world, function))

    def function_needs(self, function: str, statement: str) -> bool:
        """Whether a call that a function of the template made would have been refused without it."""
        return self.needs(self._role_of(function), statement)

    def needs(self, role: str, statement: str) -> bool:
        """Whether a call that was made in that role would have been refused without it."""
        policies = self._policies(role)
        assert [one for policy in policies for one in policy.statements if name_of(one) == statement]
        documents = tuple(policy.without(statement) for policy in policies)
        return any(not _is_allowed(documents, permission) for permission in self._used[role])


def _permissions_used(world: World) -> Mapping[str, Permissions]:
    found: defaultdict[str, Permissions] = defaultdict(set)
    for call in world.calls():
        kind, _, name = call["principal"].rpartition(":")[2].partition("/")
        if kind in ("assumed-role", "role") and call["error"] is None:
            role = name.partition("/")[0]
            found[role] |= {tuple(permission) for permission in call["permissions"]}
    return found


def _is_allowed(documents: tuple[str, ...], permission: tuple[str, ...]) -> bool:
    action, *anywhere = permission
    return any(evaluate(documents, action, place).verdict is Verdict.ALLOWED for place in anywhere)


@contextmanager
def lacking(world: World, function: str, sid: str) -> Iterator[str]:
    """The function's role does not have that statement until the block ends; the role's name."""
    role = role_of(world, function)
    policy = next(
        one for one in policies_of(world, role) if sid in [name_of(statement) for statement in one.statements]
    )
    _take(world.aws("iam"), role, policy, sid)
    try:
        yield role
    finally:
        _give_back(world.aws("iam"), role, policy)


def _take(iam: Any, role: str, policy: Policy, sid: str) -> None:
    if policy.arn:  # other roles have it too: this one gets a copy of what remains
        iam.detach_role_policy(RoleName=role, PolicyArn=policy.arn)
    if len(policy.statements) > 1:
        iam.put_role_policy(RoleName=role, PolicyName=policy.name, PolicyDocument=policy.without(sid))
    elif not policy.arn:
        iam.delete_role_policy(RoleName=role, PolicyName=policy.name)


def _give_back(iam: Any, role: str, policy: Policy) -> None:
    if not policy.arn:
        document = json.dumps(policy.document)
        iam.put_role_policy(RoleName=role, PolicyName=policy.name, PolicyDocument=document)
        return
    iam.attach_role_policy(RoleName=role, PolicyArn=policy.arn)
    if len(policy.statements) > 1:
        iam.delete_role_policy(RoleName=role, PolicyName=policy.name)
