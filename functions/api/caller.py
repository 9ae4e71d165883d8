"""Who calls, as API Gateway vouches for it."""

from aws_lambda_powertools.event_handler.api_gateway import Router

from routing import request_of
from signalbox.kernel.caller import Caller


def caller_of(router: Router, reason: str = "") -> Caller:
    """The ARN of the signer, and the reason given in the body."""
    return Caller(arn=request_of(router).request_context.identity.user_arn or "unknown", reason=reason)
