"""The OpenAPI document of the API."""

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

TITLE = "Signalbox"
VERSION = "1.0.0"


def document(app: APIGatewayRestResolver) -> str:
    """As JSON."""
    return app.get_openapi_json_schema(
        title=TITLE,
        version=VERSION,
        description="Deployments and operations on AWS: every request is signed with SigV4.",
    )
