"""AWS that asks Signalbox to slow down: a share of the calls of its roles is refused."""

import random
import threading
from collections.abc import Collection, Mapping
from typing import Any

from signalbox_local.aws_requests import AwsRequest
from signalbox_local.control import Control
from signalbox_local.refusals import Refusal

_ROLE_SESSION = ":assumed-role/"
_TOO_MANY, _UNAVAILABLE, _BAD = 429, 503, 400
_HUNDRED = 100
# What services answer that have words of their own.
_OWN = {
    "ec2": Refusal(_UNAVAILABLE, "RequestLimitExceeded", "Request limit exceeded."),
    "lambda": Refusal(_TOO_MANY, "TooManyRequestsException", "Rate Exceeded."),
    "s3": Refusal(_UNAVAILABLE, "SlowDown", "Please reduce your request rate."),
}


class Throttle:
    """Decides which calls are refused; nothing is, until `set`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.set(0, (), 0)

    def set(self, percent: float, services: Collection[str], seed: int) -> None:
        """From now on so many of the calls to these services (all, when empty), drawn from `seed`."""
        with self._lock:
            self._percent = percent
            self._services = frozenset(services)
            self._draw = random.Random(seed)

    def hits(self, principal_arn: str, service: str) -> bool:
        """Whether this call is refused; calls of users never are."""
        with self._lock:
            if not self._percent or _ROLE_SESSION not in principal_arn:
                return False
            if self._services and service not in self._services:
                return False
            return self._draw.random() * _HUNDRED < self._percent


def throttled(aws: AwsRequest) -> Refusal:
    """The refusal in the words of the service."""
    if aws.service in _OWN:
        return _OWN[aws.service]
    if "json" not in aws.protocol:
        return Refusal(_BAD, "Throttling", "Rate exceeded")
    status = _TOO_MANY if aws.protocol == "rest-json" else _BAD
    return Refusal(status, "ThrottlingException", "Rate exceeded", "Throttling")


def throttling_control(throttle: Throttle) -> Control:
    """`POST {"percent": 10, "services": […]?, "seed": 1?}`; raises ValueError for a share that is none."""

    def set_share(method: str, query: Mapping[str, str], body: Any) -> object:
        if method != "POST" or not isinstance(body, dict):
            raise ValueError("POST a JSON object with percent, services, seed")
        percent = float(body["percent"])
        if not 0 <= percent <= _HUNDRED:
            raise ValueError("percent is from 0 to 100")
        throttle.set(percent, [str(each) for each in body.get("services", ())], int(body.get("seed", 1)))
        return body

    return set_share
