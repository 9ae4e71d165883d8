"""How a recorded configuration differs from a baseline."""

from typing import Any

import pytest

from signalbox.compliance.decisions.baselines import LONGEST_ANNOTATION, judge, under, variations
from signalbox.compliance.model import Configuration, Verdict
from signalbox.compliance.record import Baseline
from tests.unit.builders import NOW
from tests.unit.compliance_baselines import ENCRYPTED, TYPE, VOLUME, item


def _baseline(expected: dict[str, Any], **more: Any) -> Baseline:
    return Baseline(
        resource_type=VOLUME, version=3, expected=expected, reason="audit", at=NOW, by="ana", **more
    )


def _seen(expected: dict[str, Any], **configuration: Any) -> Configuration:
    return under(_baseline(expected), item(**configuration))


def test_each_field_that_differs_is_told_with_what_was_expected_and_found() -> None:
    judgement = judge(_seen({TYPE: "gp3", ENCRYPTED: True, "configuration.attachments": []}))
    assert judgement.verdict is Verdict.NON_COMPLIANT
    assert judgement.reason == f"it differs from baseline 3 of its type in {ENCRYPTED}, {TYPE}"
    assert judgement.facts == {
        "variations": [
            {"field": ENCRYPTED, "expected": True, "found": False},
            {"field": TYPE, "expected": "gp3", "found": "gp2"},
        ]
    }


def test_what_is_as_expected_is_compliant() -> None:
    assert judge(_seen({ENCRYPTED: False, TYPE: "gp2"})).verdict is Verdict.COMPLIANT


@pytest.mark.parametrize("baseline", [None, _baseline({ENCRYPTED: True}, is_ended=True)])
def test_without_a_baseline_there_is_nothing_to_compare_with(baseline: Baseline | None) -> None:
    assert judge(under(baseline, item())).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ([{"b": 1, "a": 2}, "x"], ["x", {"a": 2, "b": 1}]),
        ({"a": 1, "b": None}, {"a": 1}),
        ([{"ports": [2, 1]}], [{"ports": [1, 2]}]),
        (7, 7.0),
        (None, None),
        ((1, 2), [2, 1]),
    ],
)
def test_order_nulls_and_notations_do_not_count(expected: object, found: object) -> None:
    assert variations({"configuration.a": expected}, {"configuration": {"a": found}}) == ()


@pytest.mark.parametrize(
    ("expected", "found"), [(True, 1), (0, False), ("1", 1), ([1], [1, 1]), (None, []), (1.5, 1), ({}, None)]
)
def test_what_is_not_the_same_differs(expected: object, found: object) -> None:
    (variation,) = variations({"configuration.a": expected}, {"configuration": {"a": found}})
    assert (variation.expected, variation.found) == (expected, found)


def test_a_field_may_be_expected_not_to_be_there() -> None:
    assert variations({"configuration.kmsKeyId": None}, {"configuration": {"encrypted": False}}) == ()


def test_fields_are_looked_for_in_lists() -> None:
    opened: Configuration = {"configuration": {"ports": [{"from": 22}, {"from": 443}]}}
    assert variations({"configuration.ports[].from": [443, 22]}, opened) == ()
    (variation,) = variations({"configuration.ports[0].from": 443}, opened)
    assert variation.found == 22


def test_a_reason_fits_into_an_annotation_and_says_how_many_more_there_are() -> None:
    fields = {f"configuration.field{number:02d}{'x' * 30}": True for number in range(40)}
    judgement = judge(_seen(fields))
    assert len(judgement.reason) <= LONGEST_ANNOTATION
    assert judgement.reason.endswith("x and 37 more")
    told = judgement.facts["variations"]
    assert isinstance(told, list)
    assert len(told) == 20


def test_a_name_that_has_no_room_is_counted() -> None:
    judgement = judge(_seen({f"configuration.{'x' * 242}": True}))
    assert judgement.reason == "it differs from baseline 3 of its type in 1 of its fields"


def test_large_values_are_told_by_their_beginning() -> None:
    judgement = judge(_seen({"configuration.policy": "x"}, policy="y" * 2000))
    short = '"' + "y" * 999 + "…"
    told = {"field": "configuration.policy", "expected": "x", "found": short}
    assert judgement.facts == {"variations": [told]}
