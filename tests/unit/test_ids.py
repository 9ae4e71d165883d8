"""Names that callers give, and identifiers that sort by the time of their making."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.kernel.ids import is_name, new_rollout_id, short_suffix
from tests.unit.builders import NOW

INSTANTS = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001
    max_value=datetime(2900, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def made(now: datetime, chance: bytes = bytes(5)) -> str:
    return new_rollout_id(now, lambda _: chance)


@given(INSTANTS, st.binary(min_size=5, max_size=5))
def test_an_id_is_eighteen_characters_that_nobody_misreads(now: datetime, chance: bytes) -> None:
    assert re.fullmatch(r"r-[0-9a-hjkmnp-tv-z]{17}", made(now, chance))


@given(INSTANTS, INSTANTS, st.binary(min_size=5, max_size=5))
def test_newer_ids_sort_later(one: datetime, other: datetime, chance: bytes) -> None:
    earlier, later = sorted((one, other))
    if int(earlier.timestamp() * 1000) < int(later.timestamp() * 1000):
        assert made(earlier, b"\xff" * 5) < made(later, chance)


def test_chance_tells_ids_of_one_instant_apart() -> None:
    assert made(NOW, b"\x00" * 5) != made(NOW, b"\x00\x00\x00\x00\x01")
    assert made(NOW, b"\x00" * 5)[:11] == made(NOW, b"\xff" * 5)[:11]


def test_what_a_rollout_makes_is_named_after_its_chance() -> None:
    assert short_suffix(made(NOW, b"\x00\x00\x00\x00\x01")) == "00000001"


@pytest.mark.parametrize("text", ["checkout", "a", "Checkout-2_b", "0"])
def test_names_are_letters_digits_and_dashes(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize("text", ["", "-checkout", "check out", "check/out", "été", "a\n", "a#b"])
def test_what_a_path_or_a_load_balancer_could_not_carry_is_no_name(text: str) -> None:
    assert not is_name(text)
