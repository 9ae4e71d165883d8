"""template.yaml as written, and as SAM translates it, with the ASL files inside, for cfn-lint to see them."""

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "template.yaml"
Document = dict[str, Any]  # a CloudFormation document, as JSON
_ELSEWHERE = "s3://stand-in/key"  # translating needs code that is packaged already


@cache
def template() -> Document:
    """template.yaml; treat it as read-only."""
    return read_template()


def read_template() -> Document:
    """A copy of template.yaml that a test may change."""
    document: Document = yaml_parse(SOURCE.read_text(encoding="utf-8"))
    return document


def resources(document: Document, *types: str) -> dict[str, Document]:
    """Logical id to resource, of these types (all when none is named)."""
    found = document["Resources"].items()
    return {name: resource for name, resource in found if not types or resource["Type"] in types}


@cache
def machines() -> dict[str, Document]:
    """Logical id of each state machine to its definition."""
    found = resources(template(), "AWS::Serverless::StateMachine")
    paths = {name: ROOT / machine["Properties"]["DefinitionUri"] for name, machine in found.items()}
    return {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in paths.items()}


@cache
def translated() -> Document:
    """What CloudFormation is given, with the state machines inside; treat it as read-only."""
    document = translate(read_template())
    for name, definition in machines().items():
        properties = document["Resources"][name]["Properties"]
        properties.pop("DefinitionS3Location")
        properties["Definition"] = deepcopy(definition)
    return document


def translate(document: Document) -> Document:
    """SAM's transform, offline, with the parameters' defaults."""
    for resource in document["Resources"].values():
        for key in ("CodeUri", "ContentUri", "DefinitionUri"):
            place = resource.get("Properties", {}).get(key)
            if isinstance(place, str) and not place.startswith("s3:"):
                resource["Properties"][key] = f"{_ELSEWHERE}/{place}"
    defaults = {name: item["Default"] for name, item in document["Parameters"].items() if "Default" in item}
    session = boto3.Session(region_name="eu-west-1")
    translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=session)
    done: Document = translator.translate(document, defaults)
    return done


def walk(node: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every node below, depth first, with its path."""
    yield path, node
    children: Iterator[tuple[object, object]] = iter(())
    if isinstance(node, dict):
        children = iter(node.items())
    elif isinstance(node, list):
        children = iter(enumerate(node))
    for key, child in children:
        yield from walk(child, f"{path}/{key}")


def references(node: object) -> set[str]:
    """The logical ids that a part of a document refers to, by Ref, Fn::GetAtt or Fn::Sub."""
    found: set[str] = set()
    for _, part in walk(node):
        if isinstance(part, dict) and len(part) == 1:
            found |= _named(*next(iter(part.items())))
    return found


def _named(function: str, argument: Any) -> set[str]:
    match function, argument:
        case "Ref", str():
            return {argument.partition(".")[0]}
        case "Fn::GetAtt", [str() as name, *_]:
            return {name}
        case "Fn::Sub", str() | [str(), *_]:
            text = argument if isinstance(argument, str) else argument[0]
            return {name.partition(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", text)}
    return set()
