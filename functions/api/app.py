"""The REST API: every route, one function."""

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
    body = event.get("body")
    if isinstance(body, str) and len(body.encode()) > LARGEST_BODY:
        refusal = problems.problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LARGEST_BODY} bytes")
        return {
            "statusCode": refusal.status_code,
            "headers": {"Content-Type": problems.CONTENT_TYPE},
            "body": refusal.body,
            "isBase64Encoded": False,
        }
    return app.resolve(event, context)
