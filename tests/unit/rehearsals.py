"""A rehearsal that never took place: samples for what counts it and shows it."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Head, continue_chain
from signalbox_cli.rollout_news import Sighting
from signalbox_local.rehearsal.checks import Check
from signalbox_local.rehearsal.footprint import Footprint, GroupPrint
from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.looks import Look
from signalbox_local.rehearsal.phases import epoch
from signalbox_local.rehearsal.rehearse import Rehearsal
from signalbox_local.rehearsal.replica import Replica
from signalbox_local.rehearsal.result import Recording, Summary, summary
from signalbox_local.rehearsal.script import Script, Wishes, write_script
from signalbox_local.rehearsal.spec import read_spec
from signalbox_local.world import World
from tests.unit.rollouts_as_read import rolled_back, rollout

ROOT = Path(__file__).resolve().parents[2]
ZERO = epoch("2026-11-23T01:27:59.100Z")
STABLE, CANDIDATE = "ami-48cb833d4c51c97cd", "ami-45ad14c99d5f86d54"
ROLLOUT = "r-1m830aat7rettgdwm"
TARGETS = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/checkout/1"
KINDS = ("provision", "shift", "bake", "retire")
STORY: tuple[tuple[float, str, dict[str, object]], ...] = (
    (0.0, "Rollout Requested", {}),
    (0.1, "Rollout Started", {}),
    (0.2, "Step Started", {"step": 0}),
    (2.0, "Step Started", {"step": 1}),
    (3.0, "Traffic Shifted", {"stable": 0, "candidate": 100}),
    (3.0, "Step Started", {"step": 2}),
    (9.0, "Rollback Started", {"alarm": "checkout-5xx"}),
    (10.0, "Traffic Restored", {"stable": 100, "candidate": 0}),
    (11.9, "Rollout Rolled Back", {}),
)


def request(
    after: float, *, image: str = STABLE, status: int = 200, took: float = 0.02, user: int = 0
) -> Request:
    """One that was due so many seconds after the start of the rollout."""
    return Request(ZERO + after, took, status, image, "checkout", user)


def script(**wishes: Any) -> Script:
    """The example service in a world whose candidate is `bad`."""
    given = {"title": "a world", "versions": {"good": {}, "bad": {}}, "stable": "good", "candidate": "bad"}
    world = World.model_validate({**given, "expected": {"phase": "rolled_back"}})
    return write_script(read_spec(ROOT / "examples/service.yaml"), world, Wishes(**wishes))


def timeline() -> tuple[dict[str, Any], ...]:
    """Of a rollback, well chained."""
    start = from_rfc3339("2026-11-23T01:27:59.100Z")
    events = [
        Event(
            type=type_,
            at=start.fromtimestamp(ZERO + after, start.tzinfo),
            actor="signalbox",
            reason="",
            data=data,
        )
        for after, type_, data in STORY
    ]
    entries = [asdict(entry) for entry in continue_chain(Head(), events)[1]]
    return tuple({key: value for key, value in entry.items() if key != "public"} for entry in entries)


def replica() -> Replica:
    """Of one group behind one rule."""
    return Replica(
        name="checkout",
        images={"good": STABLE, "bad": CANDIDATE},
        template="lt-1",
        groups=("checkout",),
        target_groups=(TARGETS,),
        references=("arn:rule",),
        ways_in=(),
        arns={},
        alarms=("checkout-5xx",),
    )


def footprint(image: str = STABLE) -> Footprint:
    """Four instances of an image."""
    group = GroupPrint(images={image: 4}, size=(2, 8, 4), suspended=frozenset(), version="1", healthy=4)
    return Footprint(
        own={"checkout": group},
        weights={"arn:rule": {TARGETS: 100}},
        versions=frozenset({"1"}),
        groups=frozenset({"checkout"}),
        target_groups=frozenset({"checkout"}),
        balancers=frozenset({"shop"}),
        alarms=frozenset({"checkout-5xx"}),
        locks=frozenset(),
    )


def look(after: float, *, healthy: int = 4, candidates: int = 0, weight: int = 100) -> Look:
    """So many healthy targets of stable, and instances of the candidate that get no traffic."""
    stable = {f"i-{number}": STABLE for number in range(healthy)}
    extra = {f"i-c{number}": CANDIDATE for number in range(candidates)}
    targets = {TARGETS: dict.fromkeys(stable, "healthy")}
    return Look(
        at=ZERO + after, weights={"arn:rule": {TARGETS: weight}}, targets=targets, images={**stable, **extra}
    )


def sighting(**changes: object) -> Sighting:
    """The rollback, ended."""
    steps = [{"index": index, "kind": kind, "name": kind} for index, kind in enumerate(KINDS)]
    told = {**rolled_back(), "steps": steps, "generation": 1, **changes}
    return Sighting(rollout=told, events=timeline(), at="2026-11-23T01:28:11.000Z")


def recording(**changes: Any) -> Recording:
    """Ten seconds: the candidate fails each request that it gets in the bake."""
    asked = [request(at / 4, user=at) for at in range(-12, 12)]
    asked += [request(3 + at / 4, image=CANDIDATE, status=500, user=at) for at in range(24)]
    asked += [request(9 + at / 4, user=at) for at in range(20)]
    told = {"detail-type": "Rollout Rolled Back", "detail": {"rollout_id": ROLLOUT}}
    begun = replace(sighting(), rollout={**rollout(), "steps": sighting().rollout["steps"]})
    given: dict[str, Any] = {
        "began": ZERO - 3,
        "ended": ZERO + 14,
        "requests": tuple(asked),
        "looks": tuple(look(at / 2, candidates=4 if 4 < at < 20 else 0) for at in range(-6, 28)),
        "sightings": (begun, sighting()),
        "before": footprint(),
        "after": footprint(),
        "calls": [],
        "events": [{"rules": ["Alarms"], "event": told}],
        "histories": [[]],
        "warnings": (),
        **changes,
    }
    return Recording(**given)


def summed(**changes: Any) -> Summary:
    """Its figures."""
    return summary(script(), replica(), recording(**changes))


def rehearsal(**changes: Any) -> Rehearsal:
    """The whole, with other parts where they are given."""
    given: dict[str, Any] = {
        "script": script(),
        "replica": replica(),
        "recording": recording(),
        "summary": summed(),
        **changes,
    }
    return Rehearsal(**given)


BROKEN = Check("shares add up to 100 %", False, [{"stable": 90}])
