"""Spares what takes time and decides nothing: signatures, copies, the same XML written again."""

from __future__ import annotations

import copy
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from functools import cache
from types import SimpleNamespace
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import Shape
from botocore.signers import RequestSigner
from botocore.useragent import UserAgentString
from jsonata import Jsonata
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse
from moto.core.constants import MISSING
from moto.core.serialize import AttributePicker, AttributePickerContext
from moto.core.utils import get_value
from moto.dynamodb import models as dynamodb
from moto.dynamodb.models.table import Table
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from signalbox_local import machines
from signalbox_local.moto_seams import Seams

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
    seams.replace(UserAgentString, "to_string", lambda self: "simulation")
    seams.wrap(responses, "method_names_from_class", cache)
    seams.wrap(AmazonStateLanguageParser, "parse", lambda parse: staticmethod(cache(parse)))
    seams.replace(machines, "Jsonata", _read_once())


def without_guessing(seams: Seams) -> None:
    """moto tries for each field of an answer every name that its records might have it under: which ones
    depends on the field and on the kind of the record alone."""
    known: dict[Hashable, tuple[Shape, tuple[str, ...]]] = {}

    def pick(self: AttributePicker, context: AttributePickerContext) -> Any:
        obj, shape = context.obj, context.shape
        key = type(self), context.key, id(shape), type(obj)
        if key not in known:  # the shape is kept: its id stays its own
            known[key] = shape, tuple(dict.fromkeys(self.get_possible_keys(context)))
        value = None
        for name in known[key][1]:
            value = obj.get(name, MISSING) if type(obj) is dict else get_value(obj, name, MISSING)
            if value is not MISSING:
                break
        else:
            value = None
        for end, change in self.response_transformers.items():
            if f"{context.key_path}.{context.key}".endswith(end):
                return change(value)
        return value

    seams.replace(AttributePicker, "__call__", pick)


def _read_once() -> Callable[[str], Jsonata]:
    read = cache(Jsonata)

    def query(expression: str) -> Jsonata:
        found = read(expression)
        Jsonata.CURRENT.jsonata = found  # `$millis` asks whichever was read last
        return found

    return query


def without_copies(seams: Seams) -> None:
    """moto copies every reservation to find one instance, and every table for each part of a transaction."""

    def instance(self: InstanceBackend, wanted: str) -> Instance | None:
        every = (each for reservation in self.reservations.values() for each in reservation.instances)
        return next((each for each in every if each.id == wanted), None)

    def known(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, account: dict.get(self, account) or original(self, account)

    backups: dict[int, Table] = {}

    def copied(thing: Any) -> Any:
        if not isinstance(thing, Table):
            return copy.deepcopy(thing)
        if id(thing) not in backups:
            backups[id(thing)] = _backup(thing)
        return backups[id(thing)]

    def anew(original: Callable[..., None]) -> Callable[..., None]:
        def transact_write_items(self: Any, items: Any) -> None:
            backups.clear()
            original(self, items)

        return transact_write_items

    seams.replace(InstanceBackend, "get_instance_by_id", instance)
    seams.wrap(BackendDict, "__getitem__", known)
    seams.replace(dynamodb, "copy", SimpleNamespace(deepcopy=copied))
    seams.wrap(dynamodb.DynamoDBBackend, "transact_write_items", anew)


def _backup(table: Table) -> Table:
    clone = copy.copy(table)
    rows = {pk: {sk: copy.deepcopy(item) for sk, item in row.items()} for pk, row in table.items.items()}
    clone.items = defaultdict(dict, rows)
    return clone


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
