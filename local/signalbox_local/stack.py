"""The stack of template.yaml: translated by SAM's own translator, then made in moto and our own parts."""

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import boto3
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from signalbox_local.api_facts import ApiFacts
from signalbox_local.functions import Functions
from signalbox_local.intrinsics import NO_VALUE, Made, Scope, Unresolved, references
from signalbox_local.resources import MAKERS, SILENT
from signalbox_local.workshop import Workshop
from signalbox_local.yaml_texts import read_template

log = logging.getLogger(__name__)
LOCAL_BUCKET = "local"
"""Stands for the template's folder where SAM wants an S3 bucket; the key is the path."""
_SOURCES = ("CodeUri", "ContentUri", "DefinitionUri")


class TemplateError(Exception):
    """The template cannot be translated, or something in it cannot be resolved."""


@dataclass(frozen=True)
class Place:
    """Where the stack stands, and its name."""

    region: str
    account: str
    name: str = "signalbox"


@dataclass(frozen=True)
class Stack:
    """What was made: resources by logical id as in the translated template, outputs, the API."""

    resources: Mapping[str, Made]
    outputs: Mapping[str, str]
    api: ApiFacts | None
    warnings: tuple[str, ...]

    def ref(self, logical_id: str) -> str:
        """What `!Ref` gives: a name, ARN, URL or id."""
        return self.resources[logical_id].ref


def translate(template: Path, place: Place, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The template as plain CloudFormation; sources become `s3://local/<path>`. Raises TemplateError."""
    document = read_template(template.read_text())
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        for key in _SOURCES:
            if isinstance(properties.get(key), str):
                properties[key] = f"s3://{LOCAL_BUCKET}/{properties[key]}"
    logging.getLogger("samtranslator").setLevel(logging.ERROR)
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=place.region))
    try:
        translated: dict[str, Any] = translator.translate(document, _parameters(document, parameters))
    except InvalidDocumentException as error:
        raise TemplateError("; ".join([error.message, *(cause.message for cause in error.causes)])) from error
    return translated


def load(
    template: Path,
    place: Place,
    functions: Functions,
    client: Callable[[str], Any],
    parameters: Mapping[str, str] | None = None,
) -> Stack:
    """Makes every resource through `client(service)`, dependencies first. Raises TemplateError."""
    document = translate(template, place, parameters or {})
    scope = Scope(document, _values(document, place, parameters or {}))
    workshop = Workshop(template.parent, place.name, functions, client)
    warnings: list[str] = []
    try:
        for logical_id in _in_order(document["Resources"], scope):
            warnings += _make(workshop, scope, logical_id, document["Resources"][logical_id])
        outputs = {
            name: str(scope.resolve(output["Value"]))
            for name, output in document.get("Outputs", {}).items()
            if scope.holds(output.get("Condition"))
        }
    except Unresolved as error:
        raise TemplateError(str(error)) from error
    for warning in warnings:
        log.warning(warning)
    return Stack(scope.resources, outputs, workshop.api.facts(place.region, place.account), tuple(warnings))


def _make(workshop: Workshop, scope: Scope, logical_id: str, resource: Mapping[str, Any]) -> Iterable[str]:
    """Makes one resource; yields a warning when its type is not available."""
    kind = resource["Type"]
    make = MAKERS.get(kind)
    if make is None:
        scope.resources[logical_id] = Made(logical_id)
        return () if kind in SILENT else (f"not available locally: {kind} {logical_id}",)
    try:
        properties = scope.resolve(resource.get("Properties", {}))
        scope.resources[logical_id] = make(workshop, logical_id, properties)
    except Unresolved as error:
        raise Unresolved(f"{logical_id}: {error}") from error
    return ()


def _in_order(resources: Mapping[str, Any], scope: Scope) -> list[str]:
    wanted = {
        name: resource for name, resource in resources.items() if scope.holds(resource.get("Condition"))
    }
    graph = {name: {*_needs(resource)} & wanted.keys() for name, resource in wanted.items()}
    return list(TopologicalSorter(graph).static_order())


def _needs(resource: Mapping[str, Any]) -> Iterable[str]:
    after = resource.get("DependsOn", [])
    yield from [after] if isinstance(after, str) else after
    yield from references(resource.get("Properties", {}))


def _parameters(document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    declared = document.get("Parameters", {})
    if unknown := given.keys() - declared.keys():
        raise TemplateError(f"the template has no parameter {', '.join(sorted(unknown))}")
    defaults = {name: parameter["Default"] for name, parameter in declared.items() if "Default" in parameter}
    values = {**defaults, **given}
    if missing := declared.keys() - values.keys():
        raise TemplateError(f"the template wants a value for {', '.join(sorted(missing))}")
    return values


def _values(document: Mapping[str, Any], place: Place, given: Mapping[str, str]) -> dict[str, Any]:
    """Parameters and pseudo parameters by name."""
    stack_id = f"arn:aws:cloudformation:{place.region}:{place.account}:stack/{place.name}/local"
    values = {
        "AWS::Region": place.region,
        "AWS::AccountId": place.account,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": place.name,
        "AWS::StackId": stack_id,
        "AWS::NotificationARNs": [],
        "AWS::NoValue": NO_VALUE,
    }
    for name, value in _parameters(document, given).items():
        is_list = re.match(r"CommaDelimitedList|List<", document["Parameters"][name]["Type"])
        values[name] = [part.strip() for part in str(value).split(",") if part.strip()] if is_list else value
    return values
