"""The file of holidays says what the library says that it was written from."""

import json

import holidays as library
import pytest

from signalbox.fleets.schedule import holidays
from tests.contract.template import ROOT

FILE = ROOT / "layers/core/signalbox/fleets/schedule/holidays.json"
SAMPLE = ["FR", "DE", "DE-BY", "GB-SCT", "US", "US-CA", "AD-03", "IN-KA", "BR-SP", "ES-CT"]


@pytest.mark.parametrize("code", SAMPLE)
def test_the_days_of_a_calendar_are_those_of_the_library(code: str) -> None:
    country, _, part = code.partition("-")
    years = range(2026, 2031)
    days = library.country_holidays(country, subdiv=part or None, years=years)
    assert holidays.days_of(code) == tuple(sorted(days))


def test_every_calendar_can_be_read_and_fits_into_the_field() -> None:
    codes = json.loads(FILE.read_text("utf-8"))["calendars"]
    assert len(codes) > 800
    assert [code for code in codes if not holidays.days_of(code) or len(code) > 10] == []


def test_the_file_stays_small() -> None:
    assert FILE.stat().st_size < 300_000
