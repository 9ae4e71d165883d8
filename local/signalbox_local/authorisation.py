"""Whether a principal may do something, by the policies that moto's IAM holds at this moment."""

from collections.abc import Iterable
from dataclasses import dataclass

from signalbox_local.iam_records import account_of, find_role, identity_policies, permissions_boundary
from signalbox_local.policies import (
    EVERYTHING,
    Evaluation,
    Statement,
    Verdict,
    evaluate,
    statements,
    verdict_of,
)


@dataclass(frozen=True, slots=True)
class Permission:
    """What a request needs: an action as IAM spells it, on the ARN that it names (`*` when it names none)."""

    action: str
    resource: str
    or_on: tuple[str, ...] = ()
    """Other resources, any one of which will do as well."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is AWS's sentence; `conditions_not_evaluated` are the keys that AWS would have looked at."""

    allowed: bool
    reason: str
    conditions_not_evaluated: tuple[str, ...] = ()


class Authoriser:
    """Decides by identity-based policies, permissions boundaries and, for AssumeRole, the trust policy."""

    def decide(self, principal_arn: str, action: str, resource_arn: str) -> Decision:
        """`principal_arn` is a user, a role or a session of one; who does not exist may do nothing."""
        if action == "sts:GetCallerIdentity":
            return Decision(True, "everybody may ask who they are")
        if principal_arn.endswith(":root"):
            return Decision(True, "the account's root")
        granted = evaluate(identity_policies(principal_arn), action, resource_arn)
        if action == "sts:AssumeRole":
            granted = _trusted(principal_arn, resource_arn, granted)
        if granted.verdict is not Verdict.ALLOWED:
            return _refused(principal_arn, action, resource_arn, granted, "identity-based policy")
        return self._within_boundary(principal_arn, action, resource_arn, granted)

    def decide_all(self, principal_arn: str, needed: Iterable[Permission]) -> Decision:
        """The first refusal, or an allowance with the conditions of all."""
        conditions: dict[str, None] = {}
        for permission in needed:
            decision = self._decide_any(principal_arn, permission)
            if not decision.allowed:
                return decision
            conditions.update(dict.fromkeys(decision.conditions_not_evaluated))
        return Decision(True, "allowed", tuple(conditions))

    def _decide_any(self, principal_arn: str, permission: Permission) -> Decision:
        first = self.decide(principal_arn, permission.action, permission.resource)
        others = (self.decide(principal_arn, permission.action, other) for other in permission.or_on)
        return first if first.allowed else next((found for found in others if found.allowed), first)

    def _within_boundary(self, principal: str, action: str, resource: str, granted: Evaluation) -> Decision:
        boundary = permissions_boundary(principal)
        limit = evaluate((boundary,), action, resource) if boundary else granted
        if limit.verdict is not Verdict.ALLOWED:
            return _refused(principal, action, resource, limit, "permissions boundary")
        return Decision(True, "allowed", granted.conditions_not_evaluated)


def _refused(principal: str, action: str, resource: str, found: Evaluation, kind: str) -> Decision:
    article = "an" if kind.startswith("i") else "a"
    because = f"with an explicit deny in {article} {kind}"
    if found.verdict is Verdict.SILENT:
        because = f"because no {kind} allows the {action} action"
    sentence = f"User: {principal} is not authorized to perform: {action} on resource: {resource} {because}"
    return Decision(False, sentence, found.conditions_not_evaluated)


def _trusted(principal: str, role_arn: str, granted: Evaluation) -> Evaluation:
    """Trust in the account needs an identity-based `Allow` too; trust in the principal itself does not."""
    role = find_role(role_arn)
    if role is None or granted.verdict is Verdict.DENIED:
        return Evaluation(Verdict.SILENT if role is None else Verdict.DENIED)
    trust = statements(role.assume_role_policy_document)
    by_name = _trust_in(trust, _names_of(principal))
    by_account = _trust_in(trust, {"*", account_of(principal), f"arn:aws:iam::{account_of(principal)}:root"})
    if Verdict.DENIED in {by_name.verdict, by_account.verdict}:
        return Evaluation(Verdict.DENIED)
    if by_name.verdict is Verdict.ALLOWED:
        return by_name
    return granted if by_account.verdict is Verdict.ALLOWED else Evaluation(Verdict.SILENT)


def _trust_in(trust: tuple[Statement, ...], names: set[str]) -> Evaluation:
    """Trust policies name no resource, so any stands for it."""
    speaking = [s for s in trust if names & set(s.principals) and s.resources is EVERYTHING]
    return verdict_of(speaking, "sts:AssumeRole", "*")


def _names_of(principal: str) -> set[str]:
    role = find_role(principal)
    return {principal, role.arn} if role else {principal}
