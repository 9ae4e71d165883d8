"""YAML by libyaml, eight times as quick as in Python, where PyYAML was built with it."""

from typing import Any

import yaml
from samtranslator.yaml_helper import intrinsics_multi_constructor

_Quickest: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _OfTemplates(_Quickest):  # type: ignore[misc]
    """Reads `!Ref` and its kind as SAM does."""


_OfTemplates.add_multi_constructor("!", intrinsics_multi_constructor)


def read_yaml(text: str) -> Any:
    """What a document says."""
    return yaml.load(text, Loader=_Quickest)  # noqa: S506


def read_template(text: str) -> dict[str, Any]:
    """A template with its intrinsic functions in their long form."""
    document: dict[str, Any] = yaml.load(text, Loader=_OfTemplates)  # noqa: S506
    return document
