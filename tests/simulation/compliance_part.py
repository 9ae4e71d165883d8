"""One finding in a play, as the table, its timeline and the machine have it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
from moto.stepfunctions.responses import get_backend

from signalbox.compliance.model import Resource, Subject
from signalbox.compliance.record import Finding
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import Rule
from signalbox.kernel.caller import Caller
from tests.simulation.compliance_estate import condition, is_compliant
from tests.simulation.compliance_swaps import is_replaced
from tests.simulation.universe import ACCOUNT, REGION, Universe

CALLER = Caller(arn="arn:aws:iam::123456789012:user/operator", reason="a simulation")
APPROVER = Caller(arn="arn:aws:iam::123456789012:user/approver", reason="agreed")


def owner(universe: Universe) -> Any:
    """A session of those who own resources, whose clients are made once."""
    return SimpleNamespace(client=universe.client)


class CompliancePart:
    """A rule, and the resource that it is about. `first` is how that was found, `ordered` what people and
    others have done, by name."""

    def __init__(self, universe: Universe, rule: str, resource: Resource) -> None:
        self.universe = universe
        self.rule: Rule = RULES[rule]
        self.resource = resource
        self.first = condition(resource)
        self.ordered: list[str] = []
        self.refused = False

    @property
    def id(self) -> str:
        """Of its finding."""
        return Subject(rule=self.rule.name, resource=self.resource).finding_id

    @property
    def is_put_right(self) -> bool:
        """As it is now: by what AWS Config would say, or because a copy has taken its place."""
        if self.rule.playbook.stages is None:
            return is_compliant(self.rule, self.resource)
        now = condition(self.resource)
        return now is not None and self.first is not None and is_replaced(self.first.fields, now.fields)

    def finding(self) -> Finding | None:
        """As the product keeps it."""
        items = list(self.universe.items(f"FINDING#{self.id}"))
        return msgspec.json.decode(items[0]["body"], type=Finding) if items else None

    def was_looked_at_meanwhile(self, leapt: timedelta) -> None:
        """As if in the time that was leapt over the machine had looked as often as it does, and AWS had shown
        the same each time: without an answer for so long it would wait for AWS to come back."""
        finding = self.finding()
        reached = finding.remediation.reached if finding else None
        if finding is None or reached is None or reached.answered_at is None:
            return
        reached = replace(reached, answered_at=reached.answered_at + leapt)
        remediation = replace(finding.remediation, reached=reached)
        self.universe.client("dynamodb").update_item(
            TableName=self.universe.stack.ref("Table"),
            Key={"pk": {"S": f"FINDING#{self.id}"}, "sk": {"S": "FINDING"}},
            UpdateExpression="SET body = :body",
            ExpressionAttributeValues={
                ":body": {"S": msgspec.json.encode(replace(finding, remediation=remediation)).decode()}
            },
        )

    def entries(self) -> list[dict[str, Any]]:
        """The timeline."""
        items = self.universe.items(f"TIMELINE#FINDING#{self.id}")
        return [msgspec.json.decode(item["body"]) for item in items]

    def executions(self) -> list[Any]:
        """Of the machine, for this finding."""
        machines = get_backend(ACCOUNT, REGION).state_machines
        return [e for machine in machines for e in machine.executions if e.name.startswith(f"{self.id}-g")]

    @property
    def waits(self) -> bool:
        """Whether it stands in the queue, until others of its rule have been tried."""
        finding = self.finding()
        return finding is not None and finding.remediation.queued

    def is_running(self) -> bool:
        """Whether one of them has not ended."""
        return any(execution.status == "RUNNING" for execution in self.executions())

    def rests(self) -> bool:
        """Whether nobody works on it any more."""
        finding = self.finding()
        if finding is None or finding.under_way or finding.remediation.tokens:
            return False
        return not self.is_running()

    def story(self) -> list[str]:
        """The timeline, as a person reads it."""
        name = f"{self.rule.name}/{self.resource.id}"
        return [f"{e['at']} {name} {e['type']}: {e['reason']}" for e in self.entries()]
