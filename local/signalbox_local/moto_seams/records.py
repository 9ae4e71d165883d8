"""Seams of DynamoDB and IAM: one request at a time, and policies that AWS manages."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.dynamodb.responses import DynamoHandler
from moto.iam.models import IAMBackend

from signalbox_local.moto_seams.seams import Seams
from signalbox_local.moto_seams.transactions import transactions


def dynamodb_requests(seams: Seams) -> None:
    """One request at a time, and transactions that are applied once."""
    lock = threading.RLock()
    seen: dict[tuple[str, str, str], str] = {}

    # moto checks and then acts without a lock.
    def one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: DynamoHandler) -> Any:
            with lock:
                return original(self)

        return call_action

    # moto applies a transaction again that comes with the same ClientRequestToken.
    def once(original: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def transact_write_items(self: DynamoHandler) -> ActionResult:
            token = self.body.get("ClientRequestToken")
            if not token:
                return original(self)
            key, request = (self.current_account, self.region, token), json.dumps(self.body, default=str)
            if key in seen and seen[key] != request:
                raise IdempotentParameterMismatch
            if key in seen:
                return ActionResult({})
            answer = original(self)
            seen[key] = request
            return answer

        return transact_write_items

    seams.wrap(DynamoHandler, "call_action", one_at_a_time)
    transactions(seams)
    seams.wrap(DynamoHandler, "transact_write_items", once)


def managed_policies(seams: Seams, account: str) -> None:
    """AWS's own managed policies exist in one account."""

    # moto reads 5 MB of policies for each partition of each account, one second in all.
    def where_needed(original: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def init_policies(self: IAMBackend) -> list[Any]:
            needed = (self.account_id, self.region_name) == (account, "aws")
            return original(self) if needed else []

        return init_policies

    seams.wrap(IAMBackend, "_init_aws_policies", where_needed)


class IdempotentParameterMismatch(ServiceException):
    """DynamoDB's answer to another transaction under the same token."""

    code = "IdempotentParameterMismatchException"
    message = "The client token was used with other parameters"
