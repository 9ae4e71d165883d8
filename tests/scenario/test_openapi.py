"""The OpenAPI document: valid, complete, and true of what the API answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from openapi_spec_validator import validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.contract.template import resources, template
from tests.scenario.conftest import LocalRuntime
from tests.scenario.fleets import Fleet
from tests.scenario.wire import signature
from tests.scenario.world import World

EXAMPLES = 10  # requests an operation
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def _routes() -> list[tuple[str, str]]:
    """Method and path of each route of the template; what forgets comes last."""
    events = resources(template(), "AWS::Serverless::Function")["ApiFunction"]["Properties"]["Events"]
    asked = [event["Properties"] for event in events.values()]
    routes = [(properties["Method"].upper(), properties["Path"]) for properties in asked]
    return sorted(routes, key=lambda route: (route[0] == "DELETE", route))


@pytest.fixture(scope="module")
def document(runtime: LocalRuntime) -> dict[str, Any]:
    """What a viewer is told."""
    answer = World(runtime).api("viewer").request("GET", "/openapi.json")
    assert answer.status == 200
    described: dict[str, Any] = answer.body
    return described


@pytest.fixture(scope="module")
def registered(runtime: LocalRuntime) -> dict[str, str]:
    """A service with an ended rollout, a fleet with an ended run, an exception, a rule and a type with a
    baseline, as parameters of a path, so that not everything is 404."""
    world = World(runtime)
    service = world.service(size=1)
    world.register(service)
    story = world.start(service)
    story.ask("abort")
    story.until_ended()
    fleet = Fleet(world, "empty", (), "", "")
    fleet.register()
    fleet.ask("POST", "/stop")
    run = fleet.until_run(1)
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    kept = {"id": "kept", "account": "999999999999", "reason": "a story", "owner": "tests", "until": until}
    assert world.api().request("PUT", "/exceptions/kept", kept).status in (200, 201)
    meant = {"reason": "a story", "expected": {"configuration.encrypted": True}}
    assert world.api().request("PUT", "/baselines/AWS::EC2::Volume", meant).status in (200, 201)
    return {
        "service": service.name,
        "rollout_id": story.rollout_id,
        "fleet": fleet.name,
        "run_id": run["run_id"],
        "id": "kept",
        "rule": "ssh-closed",
        "resource_type": "AWS::EC2::Volume",
    }


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_of_the_template_is_in_it_and_no_other(document: dict[str, Any]) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == set(_routes())


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            said = operation["responses"]
            refusals = {status for status in said if status >= "400" and status not in ("403", "429")}
            assert refusals >= {"400", "413", "503"}, (method, path)
            kinds = {kind for status in refusals for kind in said[status]["content"]}
            assert kinds == {"application/problem+json"}, (method, path)


@pytest.mark.parametrize(("method", "path"), _routes())
def test_what_is_answered_is_what_is_documented(
    runtime: LocalRuntime, document: dict[str, Any], registered: dict[str, str], method: str, path: str
) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=runtime.api_url)
    auth = signature(runtime)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(), is_known=strategies.booleans())
    def ask(case: schemathesis.Case[Any], is_known: bool) -> None:
        if is_known:
            known = {name: registered[name] for name in case.path_parameters}
            case.path_parameters.update(known)
        case.call_and_validate(auth=auth, checks=CHECKS)

    ask()
