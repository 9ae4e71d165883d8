"""Reads a YAML or JSON file from somebody else: bounded, without aliases, the fault named with its place."""

from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 64 * 1024
DEEPEST = 30


class BadDocument(Exception):
    """The file cannot be read; the text names it and says why."""


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


def _here(loader: _Loader) -> yaml.Mark:
    mark: yaml.Mark = loader.peek_event().start_mark  # type: ignore[no-untyped-call]
    return mark


def read_document(file: Path, most_bytes: int = MOST_BYTES) -> object:
    """What the file holds. Raises BadDocument."""
    try:
        with file.open("rb") as stream:
            content = stream.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise BadDocument(f"{file}: larger than {most_bytes // 1024} KiB")
        return yaml.load(content, _Loader)  # noqa: S506 - a SafeLoader
    except OSError as problem:
        raise BadDocument(f"{file}: {problem.strerror}") from problem
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as problem:
        raise BadDocument(f"{file}: not YAML: {' '.join(str(problem).split())}") from problem
