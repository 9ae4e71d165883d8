"""A router whose requests are API Gateway's."""

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent


def new_router() -> Router:
    """A capability's routes."""
    return Router()  # type: ignore[no-untyped-call]


def request_of(router: Router) -> APIGatewayProxyEvent:
    """The request under way."""
    event = router.current_event
    assert isinstance(event, APIGatewayProxyEvent)
    return event
