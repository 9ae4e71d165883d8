"""The REST API: every route, one function."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

import baseline_routes
import exception_routes
import finding_routes
import fleet_routes
import fleet_run_routes
import posture_routes
import problems
import rollout_routes
import service_routes
import system_routes
import verb_routes

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from aws_lambda_powertools.utilities.typing import LambdaContext

LARGEST_BODY = 64 * 1024  # bytes

app = APIGatewayRestResolver(enable_validation=True)
problems.register(app)
for routes in (
    service_routes,
    rollout_routes,
    verb_routes,
    fleet_routes,
    fleet_run_routes,
    finding_routes,
    exception_routes,
    baseline_routes,
    posture_routes,
    system_routes,
):
    app.include_router(routes.router)


def handler(event: dict[str, object], context: "LambdaContext") -> dict[str, object]:
    """One request of API Gateway."""
    refusal = _unreadable(event.get("body"))
    if refusal is None:
        return app.resolve(event, context)
    return {
        "statusCode": refusal.status_code,
        "headers": {"Content-Type": problems.CONTENT_TYPE},
        "body": refusal.body,
        "isBase64Encoded": False,
    }


def _unreadable(body: object) -> "Response[str] | None":
    """What would fail while it is read, before any route sees it. What is no JSON is told by its route."""
    if not isinstance(body, str):
        return None
    if len(body.encode()) > LARGEST_BODY:
        return problems.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST_BODY} bytes")
    try:
        json.loads(body)
    except json.JSONDecodeError:
        return None
    except (RecursionError, ValueError):
        return problems.malformed("this nests too deep, or has a number of too many digits")
    return None
