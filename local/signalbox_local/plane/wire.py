"""The JSON lines between the runtime and its data plane."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import BaseModel

from signalbox_local.plane.reports import Report
from signalbox_local.plane.topology import Topology

LONGEST_LINE = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Shown:
    """To the plane: be this."""

    number: int
    topology: Topology


@dataclass(frozen=True, kw_only=True)
class Told:
    """From the plane: a report, or that topology `number` stands (0: ready) with listener → URL."""

    number: int = 0
    addresses: Mapping[str, str] | None = None
    report: Report | None = None


def encode(message: Shown | Told) -> bytes:
    """One line."""
    return msgspec.json.encode(message, enc_hook=_plain) + b"\n"


def decode_shown(line: bytes) -> Shown:
    return msgspec.json.decode(line, type=Shown, dec_hook=_model)


def decode_told(line: bytes) -> Told:
    return msgspec.json.decode(line, type=Told)


def _plain(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_defaults=True)


def _model(kind: type[BaseModel], plain: object) -> BaseModel:
    return kind.model_validate(plain)
