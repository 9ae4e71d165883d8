"""What can happen to one AWS call of one function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse

from signalbox_local import refusals
from signalbox_local.aws_requests import AwsRequest
from tests.simulation.calls import Call, Send
from tests.simulation.fibers import hub
from tests.simulation.functions import Killed

if TYPE_CHECKING:
    from tests.simulation.compliance_play import CompliancePlay
    from tests.simulation.fleet_play import FleetPlay
    from tests.simulation.play import Play
    from tests.simulation.universe import Universe

LAG = 20.0  # seconds until a function that was given up goes on; none may take longer than 30
REFUSED_FOR = 100.0  # seconds
# What may refuse.
ESTATE = frozenset(
    {
        "appstream",
        "ec2",
        "auto-scaling",
        "elastic-load-balancing-v2",
        "cloudtrail",
        "cloudwatch",
        "ecs",
        "elastic-beanstalk",
        "rds",
        "resource-groups-tagging-api",
        "route-53",
        "s3",
        "scheduler",
        "ssm",
        "workspaces",
    }
)
OUTAGE_FOR = 2_400.0  # seconds
THROTTLED_FOR = 240.0  # seconds: longer than the retriers of the steps, other than Restore's, keep on
PROTOCOLS = {
    "ec2": "ec2",
    "autoscaling": "query",
    "elbv2": "query",
    "elasticbeanstalk": "query",
    "rds": "query",
    "lambda": "rest-json",
    "scheduler": "rest-json",
    "route53": "rest-xml",
    "s3": "rest-xml",
}
# What botocore's events call a service, and what its clients do.
SERVICES = {
    "auto-scaling": "autoscaling",
    "elastic-load-balancing-v2": "elbv2",
    "elastic-beanstalk": "elasticbeanstalk",
    "resource-groups-tagging-api": "resourcegroupstaggingapi",
    "config-service": "config",
    "sfn": "stepfunctions",
    "eventbridge": "events",
    "route-53": "route53",
}


class Fault(StrEnum):
    """Of a call, but the last two: those happen at its moment. Timeout: of each attempt, until the SDK
    gives up; once: it asks again when it has waited. Orphaned: whoever waits for the function is told that it
    died, but it goes on. Refused: AWS says a definite no, for a while. Outage: a service fails
    for longer than people are left to sleep."""

    THROTTLED_ONCE = "throttled-once"
    THROTTLED_LONG = "throttled-long"
    ERROR_BEFORE = "error-before"
    ANSWER_LOST = "answer-lost"
    ANSWERS_LOST = "answers-lost"
    TIMEOUT = "timeout"
    TIMEOUT_ONCE = "timeout-once"
    KILLED_BEFORE = "killed-before"
    KILLED_AFTER = "killed-after"
    ORPHANED = "orphaned"
    REFUSED = "refused"
    OUTAGE = "outage"
    DELIVERED_TWICE = "delivered-twice"
    STOPPED = "stopped"


class Injection:
    """One trouble at one call: a fault, or what somebody does; `met` tells whether the run came there."""

    def __init__(self, number: int, trouble: str, play: Play | FleetPlay | CompliancePlay) -> None:
        self.number = number
        self.trouble = trouble
        self.met: Call | None = None
        self._play = play
        self._throttled: tuple[str, float] = ("", 0.0)
        self._down: tuple[str, float] = ("", 0.0)
        self._refused: tuple[tuple[str, str], float] = (("", ""), 0.0)

    def __call__(self, call: Call, send: Send) -> Any:
        service, until = self._throttled
        if call.service == service and hub.now < until:
            return throttled(call)
        service, until = self._down
        if call.service == service and hub.now < until:
            return unavailable(call)
        what, until = self._refused
        if (call.service, call.operation) == what and hub.now < until:
            return refused(call)
        if call.number != self.number:
            return send()
        first, self.met = self.met is None, call
        if self.trouble in HAPPENS:
            return HAPPENS[Fault(self.trouble)](self, call, send, first)
        if first:
            self._play.intervene(self.trouble, call)
        return send()

    @property
    def universe(self) -> Universe:
        """Where it happens."""
        return self._play.universe

    def throttle_long(self, call: Call, send: Send, first: bool) -> Any:
        self._throttled = (call.service, hub.now + THROTTLED_FOR)
        return throttled(call)

    def be_down(self, call: Call, send: Send, first: bool) -> Any:
        self._down = (call.service, hub.now + OUTAGE_FOR)
        return unavailable(call)

    def refuse(self, call: Call, send: Send, first: bool) -> Any:
        if call.service not in ESTATE:
            return send()
        self._refused = ((call.service, call.operation), hub.now + REFUSED_FOR)
        for part in self._play.parts:
            part.refused = True
        return refused(call)

    def deliver_twice(self, call: Call, send: Send, first: bool) -> Any:
        if first:
            self.universe.deliver_again(call.running)
        return send()

    def stop_execution(self, call: Call, send: Send, first: bool) -> Any:
        if first:
            self.universe.stop_executions()
        return send()


def _answered(call: Call, refusal: refusals.Refusal) -> AWSResponse:
    service = SERVICES.get(call.service, call.service)
    shape = AwsRequest(service, call.operation, PROTOCOLS.get(service, "json"), {})
    answer = refusals.response(shape, refusal)
    headers = HTTPHeaders.from_dict(dict(answer.headers))
    return AWSResponse(call.request.url, answer.status_code, headers, MockRawResponse(answer.data))


def throttled(call: Call) -> AWSResponse:
    """As each service says it."""
    code = {"ec2": "RequestLimitExceeded", "query": "Throttling", "rest-xml": "Throttling"}
    service = SERVICES.get(call.service, call.service)
    if service == "s3":
        return _answered(call, refusals.Refusal(503, "SlowDown", "Please reduce your request rate."))
    named = code.get(PROTOCOLS.get(service, "json"), "ThrottlingException")
    return _answered(call, refusals.Refusal(400, named, "Rate exceeded"))


def unavailable(call: Call) -> AWSResponse:
    """A fault of AWS's own."""
    return _answered(call, refusals.Refusal(500, "InternalFailure", "an error of AWS itself"))


def refused(call: Call) -> AWSResponse:
    """What IAM, or a policy of the organisation, says."""
    return _answered(call, refusals.Refusal(403, "AccessDenied", "an explicit deny in a policy"))


def _throttled_once(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    return throttled(call) if first else send()


def _error_before(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    return unavailable(call)


def _answer_lost(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    return _answers_lost(injection, call, send, first) if first else send()


def _answers_lost(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    send()
    raise ConnectionClosedError(endpoint_url=call.request.url)


def _timeout(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    send()
    hub.sleep(call.running.sandbox.read_timeout)
    raise ReadTimeoutError(endpoint_url=call.request.url)


def _timeout_once(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    return _timeout(injection, call, send, first) if first else send()


def _killed_before(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    raise Killed


def _killed_after(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    send()
    raise Killed


def _orphaned(injection: Injection, call: Call, send: Send, first: bool) -> Any:
    injection.universe.functions.disown(call.running)
    hub.sleep(LAG)
    return send()


HAPPENS: Mapping[Fault, Callable[[Injection, Call, Send, bool], Any]] = {
    Fault.THROTTLED_ONCE: _throttled_once,
    Fault.THROTTLED_LONG: Injection.throttle_long,
    Fault.ERROR_BEFORE: _error_before,
    Fault.ANSWER_LOST: _answer_lost,
    Fault.ANSWERS_LOST: _answers_lost,
    Fault.TIMEOUT: _timeout,
    Fault.TIMEOUT_ONCE: _timeout_once,
    Fault.KILLED_BEFORE: _killed_before,
    Fault.KILLED_AFTER: _killed_after,
    Fault.ORPHANED: _orphaned,
    Fault.REFUSED: Injection.refuse,
    Fault.OUTAGE: Injection.be_down,
    Fault.DELIVERED_TWICE: Injection.deliver_twice,
    Fault.STOPPED: Injection.stop_execution,
}
