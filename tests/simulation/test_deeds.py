"""A deed whose name two kinds of cases had would happen to neither, nor would what is walked with it."""

from itertools import combinations

from tests.simulation.campaign import DEEDS


def test_no_deed_of_one_capability_has_the_name_of_another_ones() -> None:
    for one, other in combinations(DEEDS.values(), 2):
        assert not one & other
