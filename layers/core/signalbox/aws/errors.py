"""One place that turns AWS's errors into the kernel's."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from signalbox.kernel.errors import Rejected, Transient

_PASSING = frozenset({
    "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "ServiceUnavailable",
    "Unavailable", "RequestLimitExceeded", "RequestTimeout", "RequestTimeoutException",
    "PriorRequestNotComplete", "ScalingActivityInProgress", "ResourceContention",
    "TransactionInProgressException", "ConcurrentModification", "ConcurrentModificationException",
    "LimitExceededException", "TooManyRequestsException",
    "ProvisionedThroughputExceededException", "TransactionConflictException",
})  # fmt: skip
_SERVER_ERROR = 500
_NOT_IMPLEMENTED = 501


def code_of(error: ClientError) -> str:
    """AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_passing(error: ClientError) -> bool:
    """Whether the same call may succeed later: throttling, unavailability, a server's fault."""
    code = code_of(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    server = status >= _SERVER_ERROR and status != _NOT_IMPLEMENTED
    return server or code in _PASSING or "Throttl" in code


@contextmanager
def aws_errors() -> Iterator[None]:
    """Transient for what may pass, Rejected for what AWS definitely refused."""
    try:
        yield
    except ClientError as error:
        kind = Transient if is_passing(error) else Rejected
        raise kind(f"{error.operation_name}: {error}") from error
    except BotoCoreError as error:
        raise Transient(str(error)) from error
