"""Seams that spare moto work: the same answers, found with less of it."""

from __future__ import annotations

import inspect
import string
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import msgspec
import xmltodict
from botocore import loaders
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.constants import MISSING
from moto.core.model import Shape
from moto.core.serialize import (
    AttributePicker,
    AttributePickerContext,
    BaseJSONSerializer,
    ResponseSerializer,
)
from moto.core.utils import get_value
from moto.ec2.exceptions import InvalidInstanceIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix
from moto.moto_api._internal.moto_random import MotoRandom
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor

from signalbox_local.moto_seams.seams import Seams

MACHINES = 64
"""As many definitions of state machines are kept in parsed form."""
NAMES = 4096
FIELDS = 20_000
PLAIN = ("S", "N", "BOOL", "NULL")


def less_work(seams: Seams) -> None:
    """What moto does over and over for each request, each instance and each execution."""
    _descriptions(seams)
    _operations(seams)
    _identifiers(seams)
    _fields(seams)
    _instances_and_tags(seams)
    _parsed_machines(seams)


def _descriptions(seams: Seams) -> None:
    # botocore reads descriptions of services, megabytes of JSON, into ordered dictionaries: all are by now.
    fast = SimpleNamespace(loads=lambda text, **_: msgspec.json.decode(text))
    seams.replace(loaders, "json", fast)


def _identifiers(seams: Seams) -> None:
    # moto draws each of the 52 letters of an answer's identifier by itself.
    def letters(
        self: MotoRandom,
        length: int = 20,
        include_digits: bool = True,  # noqa: FBT001, FBT002
        lower_case: bool = False,  # noqa: FBT001, FBT002
    ) -> str:
        drawn = "".join(self.choices(string.ascii_letters + string.digits * include_digits, k=length))
        return drawn.lower() if lower_case else drawn

    seams.replace(MotoRandom, "get_random_string", letters)


@dataclass(frozen=True)
class _MethodsOf:
    """The names of a class's functions, without listing them."""

    owner: object

    def __contains__(self, name: str) -> bool:
        return inspect.isfunction(getattr(self.owner, name, None))


def _operations(seams: Seams) -> None:
    # moto lists all methods of a service to see whether it has one.
    seams.replace(responses, "method_names_from_class", _MethodsOf)

    # moto takes a lock and looks through all Regions whenever it needs an account's records.
    def known(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, account: dict.get(self, account) or original(self, account)

    seams.wrap(BackendDict, "__getitem__", known)


@dataclass(frozen=True)
class _Field:
    """The names that a field of an answer may have in a record, and what may be done to its value. `owners`
    are kept because they are known by their ids."""

    names: tuple[str, ...]
    changes: tuple[tuple[str, Callable[[Any], Any]], ...]
    owners: tuple[object, ...]


def _fields(seams: Seams) -> None:
    # moto tries for each field of an answer every name that its records might have it under, and looks
    # through all of a service's changes: both depend on the field and on the kind of the record alone.
    known: dict[Hashable, _Field] = {}

    def get_value(self: ResponseSerializer, value: Any, key: str, shape: Shape) -> Any:
        picker: AttributePicker = self._value_picker
        changes = picker.response_transformers
        mark = type(picker), id(changes) if changes else 0, key, id(shape), type(value)
        field = known.get(mark)
        if field is None:
            if len(known) > FIELDS:  # some errors bring a shape of their own
                known.clear()
            context = AttributePickerContext(
                value, key, shape, self.operation_model, self.operation_model.service_model
            )
            names = tuple(dict.fromkeys(picker.get_possible_keys(context)))
            fitting = tuple((end, change) for end, change in changes.items() if _may_end(key, end))
            field = known[mark] = _Field(names, fitting, (shape, changes or None))
        found = _find(value, field.names)
        for end, change in field.changes:
            if ".".join((*self.path, key)).endswith(end):
                return change(found)
        return found

    # moto looks in each value of an item of DynamoDB for all the ten kinds that it could be of.
    def values(original: Callable[..., None]) -> Callable[..., None]:
        def serialize(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
            if shape.name != "AttributeValue" or type(value) is not dict or len(value) != 1:
                original(self, serialized, value, shape, key)
                return
            [(kind, held)] = value.items()
            told = {kind: held}
            if kind not in PLAIN:
                self._serialize(told, held, shape.members[kind], kind)
            self._default_serialize(serialized, told, shape, key)

        return serialize

    seams.wrap(BaseJSONSerializer, "_serialize_type_structure", values)
    seams.replace(ResponseSerializer, "get_value", get_value)
    # moto's writer of XML looks at each letter of the same few hundred names again.
    seams.wrap(xmltodict, "_validate_name", lru_cache(NAMES))


def _may_end(key: str, end: str) -> bool:
    return key.endswith(end.rpartition(".")[2])


def _find(record: Any, names: Iterable[str]) -> Any:
    for name in names:
        found = record.get(name, MISSING) if type(record) is dict else get_value(record, name, MISSING)
        if found is not MISSING:
            return found
    return None


def _instances_and_tags(seams: Seams) -> None:
    # moto copies every reservation to find one instance. None leaves its reservation, so that whichever was
    # seen once is known for good; a reset of moto forgets the backend's attributes, these among them.
    def instance(self: InstanceBackend, instance_id: str) -> Instance | None:
        known: dict[str, Instance] = self.__dict__.setdefault("instances_by_id", {})
        if instance_id not in known:
            reservations = list(self.reservations.values())
            known.update((each.id, each) for made in reservations for each in made.instances)
        return known.get(instance_id)

    def needed(self: InstanceBackend, instance_id: str) -> Instance:
        found = instance(self, instance_id)
        if found is None:
            raise InvalidInstanceIdError(instance_id)
        return found

    # moto goes through the tags of all resources to find those of one.
    def tags(self: Any) -> list[dict[str, str]]:
        kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(self.id), "") if self.id else ""
        return [
            {"resource_id": self.id, "key": key, "value": value, "resource_type": kind}
            for key, value in self.ec2_backend.tags.get(self.id, {}).items()
        ]

    # moto compares each of its images with the one that an instance runs, at each launch.
    def images(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe(self: AmiBackend, *args: Any, **given: Any) -> list[Ami]:
            named = given["filters"] if not args and list(given) == ["filters"] else None
            image = self.amis.get(str(named["image-id"])) if named and list(named) == ["image-id"] else None
            return original(self, *args, **given) if image is None else [image]

        return describe

    seams.wrap(AmiBackend, "describe_images", images)
    seams.replace(InstanceBackend, "get_instance_by_id", instance)
    seams.replace(InstanceBackend, "get_instance", needed)
    seams.replace(TaggedEC2Resource, "get_tags", tags)


def _parsed_machines(seams: Seams) -> None:
    # moto parses a definition anew for each execution; what runs is made anew from the same tree.
    original = AmazonStateLanguageParser.parse

    @lru_cache(MACHINES)
    def tree(definition: str) -> Any:
        return original(definition)[1]

    def parse(definition: str) -> tuple[Any, Any]:
        parsed = tree(definition)
        return Preprocessor().visit(parsed), parsed

    seams.replace(AmazonStateLanguageParser, "parse", staticmethod(parse))
