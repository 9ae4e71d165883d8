"""What a story of compliance can do and see: resources that are not as they must be, and their findings."""

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from signalbox_local.sample_violations import (
    ENTRUSTED,
    make_bucket,
    make_database,
    make_group,
    make_instance,
    make_trail,
    make_volume,
)
from tests.scenario.fleets import now, set_clock
from tests.scenario.stack import machine_arn
from tests.scenario.world import World

BY_CONFIG = ("--parameter", "ConfigRules=yes")
PATIENCE = 60  # seconds: Config looks each second, and a fix is read back after two
A_REST = timedelta(seconds=61)  # longer than an undo rests before it is proven
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Findings:
    """The API's findings and exceptions, and the hands of those who own resources."""

    world: World

    def all(self) -> list[dict[str, Any]]:
        """All of them."""
        return list(self.world.api("viewer").request("GET", "/findings?limit=100").body["items"])

    def of(self, resource: str, rule: str) -> dict[str, Any] | None:
        """The finding of that rule about that resource, with its evidence."""
        for found in self.all():
            if (found["resource"]["id"], found["rule"]) == (resource, rule):
                whole = self.world.api("viewer").request("GET", f"/findings/{found['id']}")
                return dict(whole.body)
        return None

    def until(self, resource: str, rule: str, *states: str, reason: str = "") -> dict[str, Any]:
        """The finding, when it is in one of those states, for that reason if there is one; the clock goes on
        while an undo rests."""

        def settled() -> dict[str, Any]:
            found = self.of(resource, rule)
            if found and found["state"] in states and reason in found["reason"]:
                return found
            if found and self._undo_rests(found):
                set_clock(self.world, now(self.world) + A_REST)
            return {}

        return self.world.eventually(settled)

    def posture(self, rule: str) -> dict[str, Any]:
        """How things stand with that rule."""
        return self.postures()[rule]

    def postures(self) -> dict[str, dict[str, Any]]:
        """How things stand, by rule."""
        rules = self.world.api("viewer").request("GET", "/posture").body["rules"]
        return {each["rule"]: dict(each) for each in rules}

    def _undo_rests(self, finding: dict[str, Any]) -> bool:
        """Whether it waits for who may still come late with the fix."""
        machines, arn = self.world.aws("stepfunctions"), machine_arn(self.world, "RemediationMachine")
        running = machines.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
        for execution in running:
            if execution["name"].startswith(finding["id"]):
                history = machines.get_execution_history(executionArn=execution["executionArn"])["events"]
                left = [
                    e["stateExitedEventDetails"]["name"] for e in history if "stateExitedEventDetails" in e
                ]
                waits = bool(history) and history[-1]["type"] == "WaitStateEntered"  # none when just begun
                return waits and "UndoFix" in left[-2:]
        return False

    def say(self, verb: str, finding: dict[str, Any], caller: str, **body: object) -> Any:
        """An answer of the API."""
        return self.world.api(caller).request("POST", f"/findings/{finding['id']}/{verb}", body)

    def types(self, finding: dict[str, Any]) -> list[str]:
        """The timeline's types, oldest first."""
        whole = self.world.api("viewer").request("GET", f"/findings/{finding['id']}").body
        return [entry["type"] for entry in whole["evidence"]["timeline"]]

    def bucket(self, *, managed: bool = True) -> str:
        """One that blocks nothing."""
        tags = ENTRUSTED if managed else ()
        return make_bucket(self.world.aws, f"photos-{next(_NUMBERS)}", self.world.runtime.region, tags)

    def blocks(self, bucket: str) -> dict[str, bool]:
        """Its public access block."""
        answer = self.world.aws("s3").get_public_access_block(Bucket=bucket)
        return dict(answer["PublicAccessBlockConfiguration"])

    def group(self, port: int = 22) -> str:
        """A security group that is open to everybody on that port."""
        return make_group(self.world.aws, f"open-{next(_NUMBERS)}", port)

    def ranges(self, group: str, port: int = 22) -> list[str]:
        """What it lets in on that port."""
        found = self.world.aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        opened = (one for one in found["IpPermissions"] if one["FromPort"] == port)
        return sorted(each["CidrIp"] for one in opened for each in one["IpRanges"])

    def database(self) -> str:
        """One without backups and with a public address, as Config calls it."""
        return make_database(self.world.aws, f"orders-{next(_NUMBERS)}")

    def instance(self) -> str:
        """One whose metadata service wants no session."""
        return make_instance(self.world.aws)

    def volume(self) -> str:
        """The unencrypted root of a running instance."""
        return make_volume(self.world.aws)

    def trail(self) -> str:
        """One of all Regions that stands still; its account."""
        make_bucket(self.world.aws, "trails", self.world.runtime.region)
        make_trail(self.world.aws, "main", "trails")
        return str(self.world.runtime.account)
