"""Reads a YAML or JSON file from somebody else: bounded, without aliases, the fault named with its place."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from signalbox_cli.connection import Misconfigured

MOST_BYTES = 64 * 1024
DEEPEST = 30
STDIN = Path("-")


class BadDocument(Exception):
    """The file cannot be read; the text names it and says why. `form` is an example of how it should be."""

    form = "examples/service.yaml"


class _Loader(yaml.SafeLoader):
    """Refuses aliases, by which a small file stands for an endless one, and documents that nest too deep."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(None, None, "aliases are refused", _here(self))
        self.depth += 1
        if self.depth > DEEPEST:
            raise yaml.composer.ComposerError(None, None, "nested too deep", _here(self))
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | str:
    """`20:00` is a time of day; YAML 1.1 reads it as 1200, to the base of 60."""
    return str(node.value) if ":" in node.value else loader.construct_yaml_int(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _number)


def _here(loader: _Loader) -> yaml.Mark:
    mark: yaml.Mark = loader.peek_event().start_mark  # type: ignore[no-untyped-call]
    return mark


def read_document(file: Path, most_bytes: int = MOST_BYTES) -> object:
    """What the file holds; `-` is standard input. Raises BadDocument."""
    try:
        if file == STDIN:
            return parse_document(sys.stdin.buffer.read(most_bytes + 1), "standard input", most_bytes)
        with file.open("rb") as stream:
            return parse_document(stream.read(most_bytes + 1), str(file), most_bytes)
    except OSError as problem:
        raise BadDocument(f"{file}: {problem.strerror}") from problem


def parse_document(content: bytes, name: str, most_bytes: int = MOST_BYTES) -> object:
    """What the text holds. Raises BadDocument."""
    if len(content) > most_bytes:
        raise BadDocument(f"{name}: larger than {most_bytes // 1024} KiB")
    try:
        return yaml.load(content, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as problem:
        raise BadDocument(f"{name}: not YAML: {' '.join(str(problem).split())}") from problem
    except RecursionError as problem:
        raise BadDocument(f"{name}: nested too deep") from problem


def read_object(file: Path) -> dict[str, Any]:
    """A document of named fields that JSON can say. Raises BadDocument."""
    found = read_document(file)
    name = "standard input" if file == STDIN else str(file)
    if not isinstance(found, dict):
        raise BadDocument(f"{name}: fields with values are wanted, such as `name: checkout`")
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise BadDocument(f"{name}: JSON cannot say it ({problem}); put it into quotes") from problem
    return found


def read_by_example(file: Path, form: str) -> dict[str, Any]:
    """The same; who gets it wrong is told where an example is. Raises BadDocument."""
    try:
        return read_object(file)
    except BadDocument as problem:
        problem.form = form
        raise


def read_named(file: Path, what: str, like: str) -> dict[str, Any]:
    """A service, fleet or exception as its owner writes it: it names itself, as in `like`, such as
    `name: checkout`. Raises BadDocument, Misconfigured."""
    body = read_by_example(file, f"examples/{what}.yaml")
    field = like.partition(":")[0]
    if not isinstance(body.get(field), str):
        raise Misconfigured(f"{file} does not say which {what} it is", f"give it a {field}: `{like}`")
    return body
