"""What keeps a fix from being proven: AWS answers with an old copy, or refuses one of its writes."""

from __future__ import annotations

from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import MockRawResponse

from tests.simulation.calls import Call, Send
from tests.simulation.faults import ESTATE, refused

Key = tuple[str, str, str]


def _key(call: Call) -> Key:
    return call.operation, str(call.request.url), str(call.request.body)


class AsItIs:
    """AWS as it always is."""

    def __call__(self, call: Call, send: Send) -> Any:
        return send()


class OldCopy(AsItIs):
    """`ProveFix` is told what `AssessFinding` was told first. Everybody else sees how it is."""

    def __init__(self) -> None:
        self._told: dict[Key, tuple[int, dict[str, str], bytes]] = {}

    def __call__(self, call: Call, send: Send) -> Any:
        if call.writes or call.service not in ESTATE:
            return send()
        if call.running.function == "ProveFix" and _key(call) in self._told:
            status, headers, body = self._told[_key(call)]
            return AWSResponse(
                call.request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body)
            )
        answer = send()
        if call.running.function == "AssessFinding":
            told = (answer.status_code, dict(answer.headers), answer.content)
            self._told.setdefault(_key(call), told)
        return answer


class OneRefused(AsItIs):
    """Of the writes of a fix one operation is refused, or all but the first when none is named."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._made: list[Key] = []

    def __call__(self, call: Call, send: Send) -> Any:
        if call.running.function != "ApplyFix" or not call.writes or call.service not in ESTATE:
            return send()
        if self._operation:
            return refused(call) if call.operation == self._operation else send()
        if _key(call) not in self._made:
            self._made.append(_key(call))
        return send() if _key(call) == self._made[0] else refused(call)
