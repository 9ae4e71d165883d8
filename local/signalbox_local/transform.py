"""What a rule's target is sent: Input, InputPath or InputTransformer applied to an event."""

import json
import re
from collections.abc import Mapping
from typing import Any

from jsonpath_ng.ext.parser import parse as parse_path

# A quoted string, in which a placeholder is text, or a bare placeholder, which is a JSON value.
_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|<[\w.-]+>')
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")


def payload_for(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """The JSON text that a target is invoked with."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(_select(target["InputPath"], event))
    if target.get("InputTransformer"):
        return _transform(target["InputTransformer"], event)
    return json.dumps(event)


def _select(path: str, event: Mapping[str, Any]) -> object:
    found = parse_path(_quoted(path)).find(event)
    return found[0].value if found else None


def _quoted(path: str) -> str:
    # EventBridge takes `$.detail-type`; jsonpath needs quotes around a name with a hyphen.
    return re.sub(r"\.([A-Za-z_][\w]*-[\w-]*)", r".'\1'", path)


def _transform(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    paths: Mapping[str, str] = transformer.get("InputPathsMap") or {}
    values = {name: _select(path, event) for name, path in paths.items()}
    values |= {"aws.events.event.json": event, "aws.events.event": event}
    return _PIECE.sub(lambda piece: _fill(piece.group(), values), transformer["InputTemplate"])


def _fill(piece: str, values: Mapping[str, object]) -> str:
    if not piece.startswith('"'):
        return json.dumps(values[piece[1:-1]]) if piece[1:-1] in values else piece
    return _PLACEHOLDER.sub(lambda name: _as_text(name, values), piece)


def _as_text(placeholder: re.Match[str], values: Mapping[str, object]) -> str:
    if placeholder[1] not in values:
        return placeholder[0]
    value = values[placeholder[1]]
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value)
    return json.dumps(text)[1:-1]
