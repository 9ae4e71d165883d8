"""What AWS's answer to a start or a stop means for those who were asked for."""

from collections.abc import Callable, Collection, Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from signalbox.aws.errors import aws_errors, code_of, is_passing
from signalbox.fleets.switches import Switched, Target

_CAPACITY = ("InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity",
             "InsufficientReservedInstanceCapacity", "InsufficientDBInstanceCapacity")  # fmt: skip
_THROTTLED = frozenset({"RequestLimitExceeded", "RequestLimitExceededException", "TooManyRequestsException"})
_UNAVAILABLE = frozenset({
    "InternalError", "InternalFailure", "InternalServerError", "InternalServiceError", "ServiceUnavailable",
    "Unavailable", "RequestTimeout", "RequestTimeoutException",
})  # fmt: skip
_SERVER_ERROR = 500
_ENTRANCE = "AssumeRole"


def reason_of(error: ClientError) -> str:
    """`InsufficientInstanceCapacity: We currently do not have …`; begins with AWS's name of the error."""
    return f"{code_of(error)}: {error.response.get('Error', {}).get('Message', '')}"


def lacks_capacity(error: ClientError) -> bool:
    """Whether AWS has none of it left; EC2 says so with HTTP 500."""
    return code_of(error).startswith(_CAPACITY)


def stops_all(error: ClientError) -> bool:
    """Whether every other call would be answered the same now: throttling, or the service is unwell."""
    code = code_of(error)
    if lacks_capacity(error):
        return False
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    unwell = status >= _SERVER_ERROR and is_passing(error) and code not in {"ResourceContention"}
    return unwell or code in _THROTTLED | _UNAVAILABLE or "Throttl" in code


def keeps_out(error: ClientError) -> bool:
    """Whether it is the account that cannot be entered."""
    return error.operation_name == _ENTRANCE


class Tally:
    """What has become of whom, so far."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.later: dict[str, str] = {}
        self.refused: dict[str, str] = {}
        self.lacking: set[str] = set()

    def lack(self, ids: Iterable[str], reason: str) -> None:
        """For which there is no capacity now."""
        known = list(ids)
        self.wait(known, reason)
        self.lacking |= set(known)

    def wait(self, ids: Iterable[str], reason: str) -> None:
        self.later.update(dict.fromkeys(ids, reason))

    def refuse(self, ids: Iterable[str], reason: str) -> None:
        self.refused.update(dict.fromkeys(ids, reason))

    def switched(self) -> Switched:
        return Switched(
            accepted=tuple(self.accepted),
            later=self.later,
            refused=self.refused,
            lacking=frozenset(self.lacking),
        )


def one_by_one(
    targets: Sequence[Target], act: Callable[[Target], str | None], passing: Collection[str] = ()
) -> Switched:
    """Acts on each target; `act` answers why it does not, or None. Errors whose code is in `passing` let
    the one wait, and so does a lack of capacity; throttling lets all the others wait, unasked."""
    tally = Tally()
    for index, target in enumerate(targets):
        try:
            refusal = act(target)
        except ClientError as error:
            if keeps_out(error):
                with aws_errors():
                    raise
            if stops_all(error):
                tally.wait((each.id for each in targets[index:]), reason_of(error))
                break
            if lacks_capacity(error):
                tally.lack([target.id], reason_of(error))
            elif is_passing(error) or code_of(error) in passing:
                tally.wait([target.id], reason_of(error))
            else:
                tally.refuse([target.id], reason_of(error))
        except BotoCoreError as error:
            tally.wait((each.id for each in targets[index:]), str(error))
            break
        else:
            if refusal is None:
                tally.accepted.append(target.id)
            else:
                tally.refused[target.id] = refusal
    return tally.switched()
