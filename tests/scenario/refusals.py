"""Asking for what will be refused, and reading why."""

import json
from typing import Any

import requests

from signalbox_local.sample_service import SampleService
from tests.scenario.wire import send, signature
from tests.scenario.world import World

Violations = dict[str, str]


def send_signed(world: World, method: str, path: str, body: object) -> requests.Response:
    """As the operator; bytes go as they are, anything else as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body)
    return send(world.runtime, method, path, data, signature(world.runtime))


def refused(response: requests.Response, status: int) -> Violations:
    """The violations by field; every problem has the same shape."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem.keys() == {"type", "title", "status", "detail", "violations"}
    assert problem["status"] == status
    told: Violations = {}
    for one in problem["violations"]:
        told[one["field"]] = f"{told.get(one['field'], '')} {one['message']}".strip()
    return told


def put(world: World, service: SampleService, status: int, **changes: object) -> Violations:
    """Why a registration is refused that differs from the service's own in these fields."""
    path = f"/services/{service.name}"
    return refused(send_signed(world, "PUT", path, service.spec(**changes)), status)


def start(world: World, service: SampleService, status: int, **body: object) -> Violations:
    """Why a rollout to v2 is refused, or to another version."""
    path = f"/services/{service.name}/rollouts"
    return refused(send_signed(world, "POST", path, {"version": service.images["v2"], **body}), status)


def traffic(service: SampleService, **changes: object) -> dict[str, object]:
    """The service's own traffic with other fields."""
    given: Any = service.spec()["traffic"]
    return {**given, **changes}
