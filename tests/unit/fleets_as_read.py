"""Fleets as the API tells them, and an API that tells them."""

from collections.abc import Mapping
from typing import Any

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.asking import Answer
from signalbox_cli.client import ApiClient

# A Friday afternoon: 17:00 in Paris.
NOW = from_rfc3339("2026-11-27T16:00:00.000Z")
ANNA = "arn:aws:iam::123456789012:user/anna"
HOSTILE = "[red]x[/red]\x1b[2J\x07"
LABEL = "period nights (mon-fri 08:00-20:00 Europe/Paris)"
ENDS = "period nights ends (mon-fri 08:00-20:00 Europe/Paris)"
BEGINS = "period nights begins (mon-fri 08:00-20:00 Europe/Paris)"
STOPS = {"at": "2026-11-27T19:00:00.000Z", "action": "stop", "reason": ENDS}
STARTS = {"at": "2026-11-30T07:00:00.000Z", "action": "start", "reason": BEGINS}
NEXT_STOP = {**STOPS, "at": "2026-11-30T19:00:00.000Z"}
OVERRIDE = {
    "state": "running",
    "since": "2026-11-27T15:00:00.000Z",
    "until": "2026-11-27T21:00:00.000Z",
    "reason": "month-end",
    "by": ANNA,
}


def fleet(**changes: object) -> dict[str, Any]:
    """Running, until this evening."""
    return {
        "name": "qa",
        "owner": "platform",
        "zone": "Europe/Paris",
        "mode": "schedule",
        "select": {"tags": {"env": ["qa"]}, "group": None, "kinds": ["ec2", "rds"]},
        "schedule": [{"name": "nights", "days": "mon-fri", "from": "08:00", "to": "20:00", "start": None}],
        "holidays": ["2026-12-25"],
        "order": [["ec2", "autoscaling"]],
        "starts_in_order": [["rds"], ["ec2", "autoscaling"]],
        "now": {"state": "running", "reason": f"within {LABEL}"},
        "next": STOPS,
        "override": None,
        "run_id": None,
        "warnings": [],
        **changes,
    }


def run(**changes: object) -> dict[str, Any]:
    """A stop that has left something running."""
    return {
        "run_id": "f-1m82zdt0w014j8txc",
        "fleet": "qa",
        "phase": "incomplete",
        "action": "stop",
        "cause": "transition",
        "reason": ENDS,
        "by": "signalbox",
        "created_at": "2026-11-27T19:00:00.000Z",
        "ended_at": "2026-11-27T19:03:20.000Z",
        "counts": {"reached": 3, "skipped": 1, "failed": 2, "waiting": 0},
        "saved": {},
        "savings": None,
        "failure": "",
        "resources": RESOURCES,
        **changes,
    }


def resource(id_: str, outcome: str, reason: str = "", kind: str = "ec2") -> dict[str, Any]:
    return {
        "id": id_,
        "kind": kind,
        "region": "eu-west-1",
        "account": "123456789012",
        "action": "stop",
        "outcome": outcome,
        "reason": reason,
    }


RESOURCES = [
    resource("i-1", "reached"),
    resource("i-2", "reached"),
    resource("orders", "reached", kind="rds"),
    resource("i-3", "skipped", "spot one-time: cannot be stopped"),
    resource("i-4", "failed", "IncorrectInstanceState: it is being terminated"),
    resource("i-5", "failed", "IncorrectInstanceState: it is being terminated"),
]


def saved(kind: str, unit: str, hours: float, price: float | None = None) -> dict[str, Any]:
    savings = None if price is None else round(hours * price, 2)
    return {"kind": kind, "unit": unit, "resources": 3, "hours": hours, "price": price, "savings": savings}


def savings(**changes: object) -> dict[str, Any]:
    """Of a week; one size has no price."""
    return {
        "fleet": "qa",
        "since": "2026-11-22T23:00:00.000Z",
        "until": "2026-11-29T23:00:00.000Z",
        "items": [saved("ec2", "m5.large", 1234.5, 0.107), saved("rds", "db.t3.medium", 300.25)],
        "hours": 1534.75,
        "savings": 132.09,
        "unpriced": ["db.t3.medium"],
        **changes,
    }


def why(**changes: object) -> dict[str, Any]:
    """Of a resource that the last evening has stopped."""
    return {
        "fleet": "qa",
        "resource": "i-1",
        "state": "stopped",
        "reason": f"outside {LABEL}",
        "override": None,
        "last": {
            "run_id": "f-1m82zdt0w014j8txc",
            "action": "stop",
            "outcome": "reached",
            "reason": ENDS,
            "by": "signalbox",
            "at": "2026-11-26T19:03:20.000Z",
        },
        "seen": None,
        "next": STARTS,
        **changes,
    }


class FakeApi(ApiClient):
    """Answers what it was given for a method and path, without the query; the last answer again and again."""

    def __init__(self, **told: list[Answer]) -> None:
        self.told = told
        self.asked: list[tuple[str, str, Any]] = []
        self.keys: list[str] = []

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.asked.append((method, path, body))
        self.keys += [value for name, value in (headers or {}).items() if name == "Idempotency-Key"]
        answers = self.told[f"{method} {path.partition('?')[0]}"]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def api(told: Mapping[str, Any]) -> FakeApi:
    """By `GET /fleets/qa`: a body that is answered with 200, an Answer, or a list of them."""
    given = {where: what if isinstance(what, list) else [what] for where, what in told.items()}
    return FakeApi(
        **{
            where: [one if isinstance(one, Answer) else Answer(status=200, body=one) for one in answers]
            for where, answers in given.items()
        }
    )
