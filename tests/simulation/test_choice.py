"""What of all walks a campaign is asked for."""

import pytest

from tests.simulation.campaign import chosen
from tests.simulation.cases import EVERY_CASE, PLATFORMS, PRESETS
from tests.simulation.options import parser
from tests.simulation.points import FAULTS


def test_all_is_walked_when_nothing_is_named() -> None:
    walks = chosen(parser().parse_args([]))
    assert {walk.case.name for walk in walks} == set(EVERY_CASE)
    assert {walk.troubles[0] in FAULTS for walk in walks} == {True, False}


def test_cases_go_by_patterns_and_troubles_by_who_makes_them() -> None:
    part = ["--case", "*/slots,*/group", "--ending", "succeeds,rolls-back", "--only", "faults"]
    walks = chosen(parser().parse_args(part))
    assert {walk.case.name for walk in walks} == {f"{preset}/{on}" for preset in PRESETS for on in PLATFORMS}
    assert {str(walk.ending) for walk in walks} == {"succeeds", "rolls-back"}
    assert {trouble for walk in walks for trouble in walk.troubles} == FAULTS


def test_faults_and_deeds_are_all_there_is() -> None:
    halves = [
        {walk.name for walk in chosen(parser().parse_args(["--only", only]))} for only in ("faults", "deeds")
    ]
    assert set.union(*halves) == {walk.name for walk in chosen(parser().parse_args([]))}
    assert not set.intersection(*halves)


def test_a_name_that_no_case_has_is_told() -> None:
    with pytest.raises(SystemExit, match=r"no case is called blue/green; there are all-at-once/slots, "):
        chosen(parser().parse_args(["--case", "blue/green"]))
