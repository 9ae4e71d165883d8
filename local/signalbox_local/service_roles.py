"""What AWS's services do under a role that was lent to them: allowed or refused, and on record."""

import logging
from collections.abc import Mapping

from signalbox_local.authorisation import Authoriser
from signalbox_local.calls import CallLog
from signalbox_local.targets import send_message

log = logging.getLogger(__name__)
FORBIDDEN = 403


class ServiceRoles:
    """Lambda, Step Functions and Scheduler act by the policies of the role that they were given."""

    def __init__(self, authoriser: Authoriser, calls: CallLog) -> None:
        self._authoriser = authoriser
        self._calls = calls

    def refusal(self, principal_arn: str, action: str, resource_arn: str) -> str | None:
        """AWS's sentence when the role may not; None when it may."""
        decision = self._authoriser.decide(principal_arn, action, resource_arn)
        return None if decision.allowed else decision.reason

    def recorded(self, role_arn: str, action: str, resource_arn: str, **parameters: str) -> str | None:
        """The same, and the call is on record with its outcome."""
        service, _, operation = action.partition(":")
        record = self._calls.begin(role_arn, service, operation, (resource_arn,), parameters)
        record.permissions = ((action, resource_arn),)
        refusal = self.refusal(role_arn, action, resource_arn)
        record.status, record.error = (FORBIDDEN, "AccessDenied") if refusal else (200, None)
        return refusal

    def send(self, role_arn: str, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Puts a failed event into a queue."""
        if refusal := self.recorded(role_arn, "sqs:SendMessage", queue_arn, MessageBody=body):
            log.error("the failed event is lost: %s", refusal)
        else:
            send_message(queue_arn, body, dict(attributes))
