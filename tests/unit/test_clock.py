"""Instants as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.kernel.clock import from_rfc3339, rfc3339

INSTANTS = st.datetimes(timezones=st.timezones(), min_value=datetime(1970, 1, 2))  # noqa: DTZ001


def test_an_instant_is_told_in_utc_with_milliseconds() -> None:
    paris = timezone(timedelta(hours=1))
    assert rfc3339(datetime(2026, 11, 22, 9, 0, 0, 123_456, tzinfo=paris)) == "2026-11-22T08:00:00.123Z"


@given(INSTANTS)
def test_an_instant_is_read_back_to_the_millisecond(instant: datetime) -> None:
    back = from_rfc3339(rfc3339(instant))
    assert timedelta(0) <= instant - back < timedelta(milliseconds=1)
    assert back.tzinfo is UTC


@given(INSTANTS, INSTANTS)
def test_texts_sort_as_their_instants_do(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) <= rfc3339(other)) or one > other


@pytest.mark.parametrize("text", ["2026-11-22T08:00:00+00:00", "2026-11-22T09:00:00.000+0100"])
def test_any_offset_is_understood(text: str) -> None:
    assert from_rfc3339(text) == datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-22T08:00:00", "2026-11-22", "yesterday", ""])
def test_a_text_without_an_offset_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        from_rfc3339(text)


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_what_utc_has_no_year_for_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError, match="is no instant"):
        from_rfc3339(text)
