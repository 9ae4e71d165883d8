"""`Idempotency-Key`: the same request twice is answered from the record of the first."""

from collections.abc import Callable
from functools import cache

from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from routing import request_of
from signalbox.kernel.errors import Invalid, Violation
from signalbox.wiring import dynamodb, settings

REMEMBERED_FOR = 24 * 3_600  # seconds
LONGEST_KEY = 255
Answer = dict[str, object]


@cache
def _store() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(
        table_name=settings().table,
        key_attr="pk",
        sort_key_attr="sk",
        static_pk_value="IDEMPOTENCY#KEYS",
        expiry_attr="expires_at",
        boto3_client=dynamodb(),
    )


def once(router: Router, action: Callable[[], Answer]) -> Answer:
    """The action's answer, or the stored one of the same caller, path and key. Without a key it just acts.

    Another body under the same key, or the same request still under way, raises Powertools' own errors.
    """
    event = request_of(router)
    given = event.headers.get("Idempotency-Key")
    if not given:
        return action()
    if len(given) > LONGEST_KEY:
        raise Invalid(Violation("Idempotency-Key", f"at most {LONGEST_KEY} characters"))
    caller = event.request_context.identity.user_arn or ""
    request = {"key": f"{caller} {event.path} {given}", "body": event.body or ""}
    return _idempotent(request, action)


def _idempotent(request: dict[str, str], action: Callable[[], Answer]) -> Answer:
    config = IdempotencyConfig(
        event_key_jmespath="key",
        payload_validation_jmespath="body",
        expires_after_seconds=REMEMBERED_FOR,
        raise_on_no_idempotency_key=True,
    )

    def act(*, request: dict[str, str]) -> Answer:
        return action()

    remembered: Callable[..., Answer] = idempotent_function(
        act, data_keyword_argument="request", persistence_store=_store(), config=config
    )
    return remembered(request=request)
