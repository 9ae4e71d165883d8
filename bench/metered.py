"""Meters a client of AWS in this process, in virtual time: calls, processor time, memory. It throttles as
EC2's documentation says, when asked to. Needs only botocore: it runs in the environment of each peer."""

import io
import json
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.httpsession import URLLib3Session

# Capacity, and tokens a second: Request throttling for the Amazon EC2 API, in the EC2 Developer Guide.
REQUESTS = {"DescribeInstances": (100.0, 20.0), "StopInstances": (50.0, 5.0)}
RESOURCES = {"StopInstances": (1000.0, 20.0)}
LATENCY = {"dynamodb": 0.01}  # seconds
OTHER_LATENCY = 0.05
_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/")
_ACTION = re.compile(rb"^Action=(\w+)")
_THROTTLED = (
    b"<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>Request limit exceeded.</Message>"
    b"</Error></Errors><RequestID>bench</RequestID></Response>"
)


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> Any:
        yield self.read()


@dataclass
class Meter:
    """`now` is in seconds; each attempt counts as a call, as `service:Operation`. A request that is dearer
    than its bucket is never let through, and one that is throttled costs its token all the same."""

    throttles: bool
    now: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    throttled: int = 0
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    last_stop: float = 0.0

    def install(self) -> "Meter":
        """From now on every wait of the process is over at once, and every request passes here."""
        send = URLLib3Session.send

        def metered(session: URLLib3Session, request: Any) -> Any:
            return self._refused(request) or send(session, request)

        URLLib3Session.send = metered
        time.sleep = self.sleep
        return self

    def sleep(self, seconds: float) -> None:
        """The clock goes on."""
        self.now += seconds

    def report(self, **more: object) -> None:
        """One line of JSON, the last of the standard output."""
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        told = {
            "calls": self.calls,
            "throttled": self.throttled,
            "seconds": self.last_stop,
            "cpu": time.process_time(),
            "megabytes": int(kilobytes) / 1024,
            **more,
        }
        sys.stdout.write(json.dumps(told) + "\n")

    def _refused(self, request: Any) -> AWSResponse | None:
        authorization = request.headers.get("Authorization", b"")
        text = authorization.decode() if isinstance(authorization, bytes) else authorization
        service = _SERVICE.findall(text)[0]
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        operation = self._operation(request, body)
        self.calls[f"{service}:{operation}"] += 1
        if not self.throttles:
            return None
        self.now += LATENCY.get(service, OTHER_LATENCY)
        passes = self._take(f"{operation} calls", REQUESTS.get(operation), 1)
        ids = body.count(b"&InstanceId.") if operation in RESOURCES else 0
        if passes and self._take(f"{operation} resources", RESOURCES.get(operation), ids):
            self.last_stop = self.now if operation == "StopInstances" else self.last_stop
            return None
        self.throttled += 1
        return AWSResponse(request.url, 503, {"Content-Type": "text/xml"}, _Raw(_THROTTLED))

    def _operation(self, request: Any, body: bytes) -> str:
        target = request.headers.get("X-Amz-Target", b"")
        target = target.decode() if isinstance(target, bytes) else target
        if target:
            return str(target.rpartition(".")[2])
        found = _ACTION.match(body)
        return found[1].decode() if found else str(request.method)

    def _take(self, name: str, bucket: tuple[float, float] | None, cost: float) -> bool:
        if bucket is None:
            return True
        capacity, per_second = bucket
        left, since = self.buckets.get(name, (capacity, self.now))
        left = min(capacity, left + (self.now - since) * per_second)
        passes = left >= cost - 1e-6
        self.buckets[name] = (left - cost if passes else left, self.now)
        return passes
