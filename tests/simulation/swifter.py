"""Spares what takes time and decides nothing: signatures, the same programs, paths and XML read again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from functools import cache, lru_cache
from typing import Any

from botocore import utils
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.regions import EndpointRulesetResolver
from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from jsonata import Jsonata
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.responses import BaseResponse
from moto.sqs.responses import SQSResponse
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path

from signalbox_local import machines
from signalbox_local.moto_seams import Seams

MOMENTS = 4096
"""As many times of answers are kept as read."""
REMEMBERED = ("ec2", "auto-scaling", "elastic-load-balancing-v2")
MOVING = (  # change without a write
    "DescribeAutoScalingGroups",
    "DescribeInstances",
    "DescribeLoadBalancers",
    "DescribeTargetHealth",
)


def without_ceremony(seams: Seams) -> None:
    """moto asks for no signature; it finds account and region without one."""
    seams.replace(RequestSigner, "sign", lambda self, *args, **given: None)
    seams.replace(SQSResponse, "region_regex", BaseResponse.region_regex)  # its own finds no address of today
    seams.replace(UserAgentString, "to_string", lambda self: "simulation")
    seams.wrap(EndpointRulesetResolver, "construct_endpoint", _resolved_once)
    seams.wrap(AmazonStateLanguageParser, "parse", lambda parse: staticmethod(cache(parse)))
    seams.wrap(json_path, "parse", cache)
    seams.wrap(result_path, "parse", cache)
    seams.wrap(utils, "_parse_timestamp_with_tzinfo", lru_cache(MOMENTS))
    seams.replace(machines, "Jsonata", _read_once())


def _resolved_once(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Where a client's operation is answered depends on nothing else, but for S3."""

    def endpoint(client: EndpointRulesetResolver, operation_model: Any, **given: Any) -> Any:
        if operation_model.service_model.service_name == "s3":
            return resolve(client, operation_model=operation_model, **given)
        known = client.__dict__.setdefault("known", {})
        if operation_model.name not in known:
            known[operation_model.name] = resolve(client, operation_model=operation_model, **given)
        return known[operation_model.name]

    return endpoint


def _read_once() -> Callable[[str], Jsonata]:
    read = cache(Jsonata)

    def query(expression: str) -> Jsonata:
        found = read(expression)
        Jsonata.CURRENT.jsonata = found  # `$millis` asks whichever was read last
        return found

    return query


class Memory:
    """Answers again what was answered before, as long as nothing has changed: the very same bytes."""

    def __init__(self, state: Callable[[], Hashable]) -> None:
        self._state = state
        self._writes: Counter[str] = Counter()
        self._answers: dict[Hashable, tuple[int, dict[str, str], bytes]] = {}

    def install(self, seams: Seams) -> None:
        """Around moto, inside of everything else."""

        def around(original: Callable[..., Any]) -> Callable[..., Any]:
            def answer(stubber: BotocoreStubber, event_name: str, request: Any, **given: Any) -> Any:
                _, service, operation = event_name.split(".")
                if service not in REMEMBERED:
                    return original(stubber, event_name, request, **given)
                if not operation.startswith("Describe"):
                    self._writes[service] += 1
                    return original(stubber, event_name, request, **given)
                state = self._state() if operation in MOVING else None
                key = (operation, request.url, request.body, self._writes[service], state)
                return self._again(key, request, lambda: original(stubber, event_name, request, **given))

            return answer

        seams.wrap(BotocoreStubber, "__call__", around)

    def _again(self, key: Hashable, request: Any, ask: Callable[[], Any]) -> Any:
        if key not in self._answers:
            found = ask()
            self._answers[key] = (found.status_code, dict(found.headers), found.content)
        status, headers, body = self._answers[key]
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), MockRawResponse(body))
