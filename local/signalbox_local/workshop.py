"""Where the resources of a template are made, and with what."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signalbox_local.api_parts import ApiParts
from signalbox_local.functions import Functions

Properties = Mapping[str, Any]


@dataclass
class Workshop:
    """Where resources are made: `client(service)` is AWS, `root` the folder of the template."""

    root: Path
    stack: str
    functions: Functions
    client: Callable[[str], Any]
    api: ApiParts = field(default_factory=ApiParts)
    layers: dict[str, Path] = field(default_factory=dict)

    def name(self, logical_id: str, given: str | None = None) -> str:
        """The physical name: the template's, else one that CloudFormation could have chosen."""
        return given or f"{self.stack}-{logical_id}"

    def generated_id(self, logical_id: str) -> str:
        """Ten characters, the same at each start."""
        return hashlib.sha256(f"{self.stack}/{logical_id}".encode()).hexdigest()[:10]

    def folder(self, location: Properties) -> Path:
        """The folder or file behind an `S3Bucket`/`S3Key` or `Bucket`/`Key`."""
        return (self.root / str(location.get("S3Key") or location["Key"])).resolve()
