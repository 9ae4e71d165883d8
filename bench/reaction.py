"""How long from an alarm to traffic that is back, beside the same AWS calls made by hand in the same run."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.runtime import PATIENCE, Runtime
from signalbox_local.sample_service import SampleService, Wish, make_service

ROLLBACKS = 40
HOLDS = ("settling", "bake", "pause")
TASKS = ("Begin", "Provision", "ShiftTraffic", "Hold")
QUIET = 0.3  # seconds without a call
WRITES = ("ModifyRule", "ModifyListener", "DeregisterTargets")
STRATEGIES: dict[str, dict[str, object]] = {
    "settling": {"preset": "blue-green", "bake": "10m"},  # of an image that never becomes healthy
    "bake": {"preset": "blue-green", "bake": "10m"},
    "pause": {
        "steps": [{"provision": {"percent": 100}}, {"shift": {"percent": 100}}, {"pause": {}}, {"retire": {}}]
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """Seconds from the alarm to the first restoring write, and to the read-back that shows it."""

    act: float
    restore: float
    place: int  # which AWS call of the alarm's function the first restoring write was


def percentiles(seconds: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95, p99 in milliseconds."""
    cuts = statistics.quantiles([1000 * s for s in seconds], n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]


def measure(runtime: Runtime, hold: str, count: int = ROLLBACKS) -> list[Reaction]:
    """That many rollbacks, each from an alarm in that kind of hold."""
    wish = Wish(name=f"react-{hold}", size=2, slots=True, draining=0, versions=("v1", "v2"))
    service = make_service(runtime.aws, wish)
    spec = service.spec(
        strategy=STRATEGIES[hold], guards={"alarms": [service.alarm], "min_healthy_percent": 50}
    )
    runtime.api.request("PUT", f"/services/{service.name}", spec)
    runtime.control("estate", {"unhealthy_images": [service.images["v2"]] if hold == "settling" else []})
    return [_one(runtime, service, hold) for _ in range(count)]


def _one(runtime: Runtime, service: SampleService, hold: str) -> Reaction:
    before = runtime.last_call()
    rollout_id = runtime.start(service.name, service.images["v2"])
    if hold != "settling":
        runtime.until(service.name, rollout_id, "holding", hold=hold)
    _until_resting(runtime, before)
    alarms = runtime.aws("cloudwatch")
    alarms.set_alarm_state(AlarmName=service.alarm, StateValue="ALARM", StateReason="bench")
    runtime.until(service.name, rollout_id, "rolled_back")
    alarms.set_alarm_state(AlarmName=service.alarm, StateValue="OK", StateReason="bench")
    return _read(runtime.calls(before))


def _until_resting(runtime: Runtime, before: int) -> None:
    """Until a token has been stored and nothing has happened for a while."""
    deadline = time.monotonic() + PATIENCE
    while not _rests(runtime.calls(before)):
        if time.monotonic() > deadline:
            raise TimeoutError("no token was stored")
        time.sleep(0.1)


def _rests(calls: Sequence[dict[str, Any]]) -> bool:
    tasks = [call for call in calls if any(f"{name}Function" in call["principal"] for name in TASKS)]
    quiet = bool(tasks) and time.time() - calls[-1]["at"] > QUIET
    return quiet and "HoldFunction" in tasks[-1]["principal"]


def _read(calls: Sequence[dict[str, Any]]) -> Reaction:
    alarm = next(call["at"] for call in calls if call["operation"] == "SetAlarmState")
    path = [call for call in calls if "OnAlarmFunction" in call["principal"]]
    act = next(call for call in path if call["operation"] in WRITES)
    seen = next(
        call["at"]
        for call in calls
        if call["at"] > act["at"]
        and "RestoreFunction" in call["principal"]
        and call["operation"] == "DescribeRules"
    )
    return Reaction(act=act["at"] - alarm, restore=seen - alarm, place=path.index(act) + 1)


def floor(runtime: Runtime, count: int = ROLLBACKS) -> list[Reaction]:
    """By hand: query, update, modify; then describe. Warm clients, nothing else running."""
    service = make_service(runtime.aws, Wish(name="floor", size=1, versions=("v1",), draining=0))
    dynamodb, elb = runtime.aws("dynamodb"), runtime.aws("elbv2")
    table = next(name for name in dynamodb.list_tables()["TableNames"] if "Table" in name)
    actions = elb.describe_rules(RuleArns=list(service.rules))["Rules"][0]["Actions"]
    reactions: list[Reaction] = []
    for _ in range(count):
        began = time.perf_counter()
        dynamodb.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": "BENCH"}},
            ConsistentRead=True,
        )
        dynamodb.update_item(
            TableName=table,
            Key={"pk": {"S": "BENCH"}, "sk": {"S": "FLOOR"}},
            UpdateExpression="SET stop = :stop",
            ExpressionAttributeValues={":stop": {"S": "bench"}},
            ReturnValues="ALL_NEW",
        )
        elb.modify_rule(RuleArn=service.rules[0], Actions=actions)
        acted = time.perf_counter() - began
        elb.describe_rules(RuleArns=list(service.rules))
        reactions.append(Reaction(act=acted, restore=time.perf_counter() - began, place=3))
    return reactions
