"""What a story can do and see: the API as a caller, AWS as the owner of a service, every call."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.request import Request, urlopen

from botocore.credentials import Credentials

from signalbox.rollouts.dns import Name, is_dns, name_of
from signalbox_cli.client import Answer, ApiClient
from signalbox_local.sample_service import SampleService, Wish, make_service, put_errors

PATIENCE = 60  # seconds that a story waits for anything
GLANCE = 1.0  # seconds after which a story looks again also when nothing was recorded
RECORDS = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
T = TypeVar("T")
ENDED = ("succeeded", "rolled_back", "aborted", "cancelled", "superseded", "stuck")


def eventually(reached: Callable[[], T], patience: float = PATIENCE) -> T:
    """What it answers as soon as that is something; fails with what it answers last."""
    deadline = time.monotonic() + patience
    while not (answer := reached()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


@dataclass(frozen=True)
class Story:
    """One rollout of a story."""

    world: "World"
    service: str
    rollout_id: str

    @property
    def path(self) -> str:
        return f"/services/{self.service}/rollouts/{self.rollout_id}"

    def read(self) -> dict[str, Any]:
        """The rollout as the API tells it."""
        answer = self.world.api().request("GET", self.path)
        assert answer.status == 200, answer
        return dict(answer.body)

    def ask(self, verb: str, caller: str = "operator", **body: object) -> Answer:
        """A verb."""
        return self.world.api(caller).request("POST", f"{self.path}/{verb}", body or None)

    def timeline(self) -> list[dict[str, Any]]:
        """What happened, oldest first."""
        answer = self.world.api().request("GET", f"{self.path}/timeline")
        assert answer.status == 200, answer
        return list(answer.body["events"])

    def types(self) -> list[str]:
        """The detail types of the timeline."""
        return [event["type"] for event in self.timeline()]

    def until(
        self, reached: Callable[[dict[str, Any]], object], patience: float = PATIENCE
    ) -> dict[str, Any]:
        """The rollout as soon as it is so; fails with its last state and timeline."""
        for _ in self.world.looks(patience):
            rollout = self.read()
            if reached(rollout):
                return rollout
            assert rollout["phase"] not in ENDED, (rollout, self.timeline())
        raise AssertionError((rollout, self.timeline()))

    def until_ended(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The rollout when it has ended."""
        return self.until(lambda rollout: rollout["phase"] in ENDED, patience)

    def until_step(self, kind: str) -> dict[str, Any]:
        """The rollout when it is at a step of that kind."""
        return self.until(lambda rollout: (rollout["step"] or {}).get("kind") == kind)

    def until_holding(self, kind: str) -> dict[str, Any]:
        """The rollout when a hold of that kind waits, with its token stored."""
        return self.until(lambda rollout: rollout["hold"] is not None and rollout["hold"]["kind"] == kind)


class World:
    """One runtime, seen from outside."""

    def __init__(self, runtime: Any) -> None:
        self.runtime = runtime
        self._names = _names()

    def aws(self, service: str) -> Any:
        """A client of the service's owner."""
        return self.runtime.aws(service)

    def api(self, caller: str = "operator", *, key: bool = True) -> ApiClient:
        """The API as one of the callers."""
        who = self.runtime.callers[caller]
        return ApiClient(
            self.runtime.api_url,
            self.runtime.region,
            Credentials(who.access_key_id, who.secret_access_key),
            self.runtime.api_key if key else None,
        )

    def service(self, **wish: Any) -> SampleService:
        """A new service of its own, healthy and not yet registered."""
        return make_service(self.aws, Wish(**{"name": next(self._names), **wish}))

    def register(self, service: SampleService, **changes: object) -> Answer:
        """PUT it."""
        answer = self.api().request("PUT", f"/services/{service.name}", service.spec(**changes))
        assert answer.status in (200, 201), answer
        return answer

    def start(self, service: SampleService, version: str = "v2", **body: object) -> Story:
        """Begin a rollout to one of the service's versions."""
        answer = self.api().request(
            "POST", f"/services/{service.name}/rollouts", {"version": service.images[version], **body}
        )
        assert answer.status == 202, answer
        return Story(self, service.name, answer.body["rollout_id"])

    def errors(self, alarm: str, count: int = 100) -> None:
        """Put errors into the metric that an alarm looks at."""
        put_errors(self.aws, alarm, count)

    def raise_alarm(self, alarm: str) -> None:
        """Set the alarm off, as an operator can."""
        self.aws("cloudwatch").set_alarm_state(
            AlarmName=alarm, StateValue="ALARM", StateReason="a story says so"
        )

    def calm_alarm(self, alarm: str) -> None:
        """Set the alarm back."""
        self.aws("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="it is over")

    @contextmanager
    def without_capacity(self) -> Iterator[None]:
        """AWS launches nothing, for whomever, until the block ends: what waits for instances waits on."""
        self.control("estate", {"launch_failure": {"message": "no capacity today"}})
        try:
            yield
        finally:
            self.control("estate", {"launch_failure": {"message": None}})

    def calls(self, since: int = 0) -> list[dict[str, Any]]:
        """Every AWS call that the endpoint has seen after that sequence."""
        return list(self._control(f"calls?since={since}")["calls"])

    def last_call(self) -> int:
        """The sequence of the last call so far: `calls` after it are those that follow."""
        return max((call["sequence"] for call in self._control("calls?last=1")["calls"]), default=0)

    def eventually(self, reached: Callable[[], T], patience: float = PATIENCE) -> T:
        """`eventually`, of what is in a table."""
        for _ in self.looks(patience):
            if answer := reached():
                return answer
        raise AssertionError(answer)

    def looks(self, patience: float) -> Iterator[None]:
        """When to look at what is in a table: now, and whenever something may have been written into one, as
        long as patience lasts."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            seen = self.last_call()
            yield
            self._wait_for_a_record(seen)

    def _wait_for_a_record(self, since: int) -> None:
        """Until something was written into a table after that call, or for a second: asking the API all the
        time would take as much work as what is waited for."""
        deadline = time.monotonic() + GLANCE
        while time.monotonic() < deadline:
            time.sleep(0.1)
            if any(call["operation"] in RECORDS and call["status"] for call in self.calls(since)):
                return

    def events(self, since: int = 0) -> list[dict[str, Any]]:
        """Every event that the buses have seen after that sequence."""
        return list(self._control(f"events?since={since}")["events"])

    def control(self, path: str, body: object) -> Any:
        """Change something of the runtime itself."""
        return self._control(path, body)

    def _control(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(  # noqa: S310
            f"{self.runtime.aws_endpoint}/_signalbox/{path}",
            data=data,
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            return json.loads(response.read())

    def actions(self, rule: str) -> list[dict[str, Any]]:
        """The actions of a rule or of a listener by default, or the records of a name, exactly as AWS
        describes them."""
        if is_dns(rule):
            return self._records(name_of(rule))
        if ":listener/" in rule:
            found = self.aws("elbv2").describe_listeners(ListenerArns=[rule])["Listeners"][0]
            return list(found["DefaultActions"])
        return list(self.aws("elbv2").describe_rules(RuleArns=[rule])["Rules"][0]["Actions"])

    def weights(self, rule: str) -> dict[str, int]:
        """Target group ARN -> weight, of a rule or listener as it is now."""
        if is_dns(rule):
            return {self._behind(one["SetIdentifier"]): one["Weight"] for one in self.actions(rule)}
        groups = self.actions(rule)[-1]["ForwardConfig"]["TargetGroups"]
        return {entry["TargetGroupArn"]: entry["Weight"] for entry in groups}

    def _records(self, name: Name) -> list[dict[str, Any]]:
        found = self.aws("route53").list_resource_record_sets(HostedZoneId=name.zone)["ResourceRecordSets"]
        return [one for one in found if (one["Name"], one["Type"]) == (name.name, name.type)]

    def _behind(self, slot: str) -> str:
        """The target group of a slot, which is called like it."""
        found = self.aws("elbv2").describe_target_groups(Names=[slot])["TargetGroups"]
        return str(found[0]["TargetGroupArn"])

    def group(self, name: str) -> dict[str, Any] | None:
        """An Auto Scaling group as it is now."""
        found = self.aws("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])
        return found["AutoScalingGroups"][0] if found["AutoScalingGroups"] else None

    def images(self, group: str) -> set[str]:
        """The AMIs that a group's instances run, those that are on their way out aside."""
        found = self.group(group)
        present = (
            [i for i in found["Instances"] if not i["LifecycleState"].startswith("Terminat")] if found else []
        )
        ids = [instance["InstanceId"] for instance in present]
        pages = self.aws("ec2").describe_instances(InstanceIds=ids)["Reservations"] if ids else []
        return {instance["ImageId"] for page in pages for instance in page["Instances"]}

    def items(self, prefix: str = "") -> list[dict[str, Any]]:
        """Items of the table whose partition key begins so."""
        table = next(t for t in self.aws("dynamodb").list_tables()["TableNames"] if "Table" in t)
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(prefix)]


def _names() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"svc{number}-{time.time_ns() % 1_000_000:06d}"
