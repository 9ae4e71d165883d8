"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.kernel.durations import LONGEST, format_duration, is_duration, parse_duration

WRITTEN = st.builds("{}{}".format, st.integers(0, 999_999), st.sampled_from("smhd"))


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("0s", 0), ("007m", 420)]
)
def test_a_whole_number_and_a_unit_is_a_duration(text: str, seconds: int) -> None:
    assert is_duration(text)
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["10", "m", "", "1.5h", "-1m", "10 m", "1h30m", "10M", "1w", "10m\n"])
def test_anything_else_is_none(text: str) -> None:
    assert not is_duration(text)
    with pytest.raises(ValueError, match="is not a duration such as 90s, 10m, 2h or 3d"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "fits"), [("30d", True), ("31d", False), ("720h", True), ("721h", False)])
def test_thirty_days_are_the_longest(text: str, fits: bool) -> None:  # noqa: FBT001
    assert is_duration(text) is fits


@given(WRITTEN.filter(is_duration))
def test_what_is_read_and_told_again_is_the_same_span(text: str) -> None:
    span = parse_duration(text)
    assert span <= LONGEST
    assert is_duration(format_duration(span))
    assert parse_duration(format_duration(span)) == span


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m"), (90, "90s"), (7200, "2h"), (172_800, "2d")]
)
def test_a_span_is_told_in_the_largest_unit_that_fits(seconds: int, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds, milliseconds=400)) == text
