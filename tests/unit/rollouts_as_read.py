"""A rollout as the API tells it: samples for what shows it."""

from typing import Any

from signalbox.kernel.clock import from_rfc3339

NOW = from_rfc3339("2026-11-23T01:28:05.000Z")
COPY = "signalbox-r-1m830aat7rettgdwm-checkout-5xx"
HOSTS = "signalbox-r-1m830aat7rettgdwm-unhealthy-hosts"
BROKEN = "Threshold Crossed: 1 out of the last 1 datapoint [20.0 (23/11/26 01:28:00)] was greater than 5.0"
STEPS = ("provision 100 %", "shift 100 %", "bake 30s", "retire")
EVENTS: list[dict[str, Any]] = [
    {"at": f"2026-11-23T01:{at}Z", "type": type_, "actor": actor, "reason": reason, "data": {}}
    for at, type_, actor, reason in (
        ("27:59.100", "Rollout Requested", "arn:aws:iam::123456789012:user/deployer", "make demo"),
        ("27:59.260", "Rollout Started", "signalbox", "checkout from ami-1 to ami-2"),
        ("28:01.400", "Capacity Provisioned", "signalbox", "4 of 4 candidate instances are healthy"),
        ("28:02.300", "Rollout Held", "signalbox", "watching the guards for 30 s"),
    )
]


def rollout(**changes: object) -> dict[str, Any]:
    """In the bake of a blue/green, with one alarm of its own and two of its candidate."""
    steps = [{"index": index, "kind": "", "name": name} for index, name in enumerate(STEPS)]
    return {
        "rollout_id": "r-1m830aat7rettgdwm",
        "service": "checkout",
        "version": "ami-45ad14c99d5f86d54",
        "previous_version": "ami-48cb833d4c51c97cd",
        "phase": "holding",
        "hold": {"kind": "bake", "until": "2026-11-23T01:28:32.000Z", "reason": EVENTS[-1]["reason"]},
        "step": steps[2],
        "steps": steps,
        "shares": {"wanted": {"stable": 0, "candidate": 100}, "actual": {"stable": 80, "candidate": 20}},
        "guards": [
            {"name": "checkout-5xx", "state": "OK", "reason": ""},
            {"name": COPY, "state": "ALARM", "reason": BROKEN},
            {"name": HOSTS, "state": "INSUFFICIENT_DATA", "reason": ""},
        ],
        "warnings": [],
        "requested_by": "arn:aws:iam::123456789012:user/deployer",
        "created_at": "2026-11-23T01:27:59.100Z",
        "ended_at": None,
        "outcome": None,
        "clocks": {"detected_at": None, "acted_at": None, "restored_at": None},
        **changes,
    }  # fmt: skip


def compared(**changes: object) -> dict[str, Any]:
    """In the middle of an experiment."""
    analysis = {
        "step": 2,
        "began_at": "2026-11-23T01:20:00.000Z",
        "until": "2026-11-23T05:20:00.000Z",
        "looked_at": "2026-11-23T01:28:00.000Z",
        "stable": {"samples": 84_210, "value": 10.3},
        "candidate": {"samples": 9_371, "value": 12.1},
        "difference": 1.8,
        "low": -0.3,
        "high": 3.9,
        "verdict": "undecided",
        "reason": "undecided: 12.1 % against 10.3 %: +1.8 points, between -0.3 and +3.9 (95 %, any time)",
        "ended_at": None,
    }
    return rollout(analysis={**analysis, **changes})


def rolled_back() -> dict[str, Any]:
    """The same one, thrown back by its alarm."""
    return rollout(
        phase="rolled_back",
        hold=None,
        step=None,
        guards=[{"name": "checkout-5xx", "state": None, "reason": ""}],
        ended_at="2026-11-23T01:28:11.000Z",
        outcome={"reason": f"alarm {COPY} is in ALARM", "evidence": {}},
        clocks={
            "detected_at": "2026-11-23T01:28:10.294Z",
            "acted_at": "2026-11-23T01:28:10.424Z",
            "restored_at": "2026-11-23T01:28:10.546Z",
        },
    )


def judged() -> dict[str, Any]:
    """With what the API tells of an open rollout's alarms and, asked for health, of its groups."""
    at = "2026-11-23T01:28:00.000Z"
    limit = {"comparison": "GreaterThanThreshold", "threshold": 5.0, "since": at, "reason": ""}
    stable = {"group": "checkout", "template_version": "1", "desired": 4, "instances": 4, "healthy": 4}
    candidate = {
        "group": "checkout-sb-ettgdwm",
        "template_version": "2",
        "desired": 4,
        "instances": 3,
        "healthy": 2,
    }
    return rollout(
        capacity={"stable": stable, "candidate": candidate},
        guards=[
            {"name": "checkout-5xx", "state": "OK", "datapoints": [0, 0.25], **limit},
            {"name": COPY, "state": "ALARM", "datapoints": [1234.56], **limit},
            {"name": HOSTS, "state": "INSUFFICIENT_DATA", "reason": "", "since": None, "datapoints": []},
        ],
    )  # fmt: skip
