"""Fields name a place and compute nothing; values are bounded."""

from typing import Any

import pytest

from signalbox.compliance.decisions.expectations import DEEPEST, field_violations, value_violations

GOOD = [
    "configuration",
    "configuration.encrypted",
    "supplementaryConfiguration.BucketVersioningConfiguration.status",
    "configuration.ipPermissions[].ipv4Ranges[*].cidrIp",
    "configuration.attachments[0].deleteOnTermination",
    'configuration."odd-name"',
]
BAD = [
    "",
    "tags.env",
    "[0].configuration",
    "configuration.",
    "configuration[?a=='b']",
    "configuration.*",
    "configuration.[a, b]",
    "configuration.{a: b}",
    "configuration | configuration",
    "configuration[0:2]",
    "length(configuration)",
    "`[1]`",
    "'configuration'",
    "@",
    "(" * 250,
    "configuration.\N{SNOWMAN}",
]


@pytest.mark.parametrize("path", GOOD)
def test_a_path_names_a_field(path: str) -> None:
    assert field_violations({"fields.0": path}) == []


@pytest.mark.parametrize("path", BAD)
def test_what_computes_or_leads_elsewhere_is_refused_by_its_place(path: str) -> None:
    assert [violation.field for violation in field_violations({"fields.0": path})] == ["fields.0"]


def _nested(levels: int, wrap: Any) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}])
def test_values_nest_so_deep_and_no_deeper(wrap: Any) -> None:
    assert value_violations({"configuration.a": _nested(DEEPEST, wrap)}) == []
    (violation,) = value_violations({"configuration.a": _nested(DEEPEST + 1, wrap)})
    assert (violation.field, violation.message) == ("expected.configuration.a", "at most 12 levels")
