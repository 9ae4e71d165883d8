"""Who may call which route: every route of the template, asked by every caller."""

from dataclasses import dataclass

import pytest
from botocore.credentials import Credentials

from signalbox_cli.client import Answer, ApiClient
from tests.contract.template import resources, template
from tests.scenario.wire import send
from tests.scenario.world import World

READING = {("POST", "/services/{service}/plan"), ("POST", "/fleets/{fleet}/forecast")}
STEERING = {
    ("POST", "/fleets/{fleet}/start"),
    ("POST", "/fleets/{fleet}/stop"),
    ("POST", "/fleets/{fleet}/override"),
    ("DELETE", "/fleets/{fleet}/override"),
    ("POST", "/findings/{id}/remediate"),
    ("POST", "/findings/{id}/undo"),
    ("POST", "/services/{service}/rollouts"),
    ("POST", "/services/{service}/undo"),
    *(
        ("POST", f"/services/{{service}}/rollouts/{{rollout_id}}/{verb}")
        for verb in ("promote", "pause", "resume", "abort", "retry")
    ),
}
APPROVING = {("POST", "/findings/{id}/approve"), ("POST", "/findings/{id}/reject")}
OPERATING = {
    ("PUT", "/services/{service}"),
    ("DELETE", "/services/{service}"),
    ("PUT", "/fleets/{fleet}"),
    ("DELETE", "/fleets/{fleet}"),
    ("PUT", "/exceptions/{id}"),
    ("DELETE", "/exceptions/{id}"),
    ("PUT", "/baselines/{resource_type}"),
    ("DELETE", "/baselines/{resource_type}"),
}
WITHOUT_KEY = {
    ("POST", "/findings/{id}/reject"),
    ("POST", "/findings/{id}/undo"),
    *(("POST", f"/services/{{service}}/rollouts/{{rollout_id}}/{verb}") for verb in ("abort", "pause")),
}
NOBODY_S_PATH = "/services/nobody/rollouts/r-00000000000000000"


@dataclass(frozen=True)
class Route:
    """One method of one path, as API Gateway knows it."""

    method: str
    path: str

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def concrete(self) -> str:
        """A path that exists, of a service, fleet, finding, rule or type that does not: whoever is let
        through gets no further than 404."""
        nobody = dict.fromkeys(("service", "fleet", "id", "rule", "resource_type"), "nobody")
        return self.path.format(**nobody, rollout_id="r-00000000000000000", run_id="f-0")

    def asked_by(self, client: ApiClient) -> Answer:
        """The answer; a body is sent where one is wanted, and does not fit."""
        body: dict[str, object] | None = {} if self.method in ("POST", "PUT") else None
        return client.request(self.method, self.concrete(), body)


def _routes() -> list[Route]:
    events = resources(template(), "AWS::Serverless::Function")["ApiFunction"]["Properties"]["Events"]
    asked = [event["Properties"] for event in events.values() if event["Type"] == "Api"]
    return sorted((Route(event["Method"].upper(), event["Path"]) for event in asked), key=str)


ROUTES = _routes()


def _may(caller: str, route: Route) -> bool:
    reads = route.method == "GET" or route.key in READING
    return (
        caller == "operator"
        or reads
        or (caller == "deployer" and route.key in STEERING)  # an approver steers nothing
        or (caller == "approver" and route.key in APPROVING)
    )


@pytest.mark.parametrize("caller", ["viewer", "deployer", "approver", "operator"])
@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_caller_gets_as_far_as_its_policy_says(world: World, route: Route, caller: str) -> None:
    answer = route.asked_by(world.api(caller))
    assert (answer.status != 403) is _may(caller, route), answer
    assert answer.status in (200, 400, 403, 404), answer


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_without_a_key_only_the_emergency_verbs_answer(world: World, route: Route) -> None:
    answer = route.asked_by(world.api("operator", key=False))
    assert (answer.status != 403) is (route.key in WITHOUT_KEY), answer


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_viewer_without_a_key_is_let_through_nowhere(world: World, route: Route) -> None:
    assert route.asked_by(world.api("viewer", key=False)).status == 403


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nobody_gets_in_without_a_signature_that_fits(world: World, route: Route) -> None:
    runtime = world.runtime
    stranger = Credentials("AKIAAAAAAAAAAAAAAAAA", "a stranger's")
    forger = Credentials(runtime.callers["operator"].access_key_id, "not the operator's")
    for who in (stranger, forger):
        client = ApiClient(runtime.api_url, runtime.region, who, runtime.api_key)
        assert route.asked_by(client).status == 403
    assert send(runtime, route.method, route.concrete()).status_code == 403


@pytest.mark.parametrize("path", ["/", "/unheard", f"{NOBODY_S_PATH}/skip", f"{NOBODY_S_PATH}/approve"])
def test_what_has_no_route_is_refused_to_the_operator_too(world: World, path: str) -> None:
    assert world.api("operator").request("POST", path, {}).status == 403


def test_every_route_of_the_matrix_is_in_the_template() -> None:
    assert {route.key for route in ROUTES} >= READING | STEERING | APPROVING | OPERATING | WITHOUT_KEY
    writing = {route.key for route in ROUTES if route.method != "GET"}
    assert writing == READING | STEERING | APPROVING | OPERATING


def test_a_refused_viewer_changes_nothing(world: World) -> None:
    service = world.service()
    world.register(service)
    before = world.items()
    viewer = world.api("viewer")
    start = {"version": service.images["v2"]}
    assert viewer.request("POST", f"/services/{service.name}/rollouts", start).status == 403
    assert viewer.request("PUT", f"/services/{service.name}", service.spec()).status == 403
    assert viewer.request("DELETE", f"/services/{service.name}").status == 403
    assert viewer.request("POST", f"/services/{service.name}/plan", start).status == 200
    assert world.items() == before
