"""Public holidays of countries and their parts, as dates that were written down when Signalbox was built."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

# `make holidays` writes it.
_FILE = Path(__file__).with_name("holidays.json")


class _Calendars(TypedDict):
    """`first` is the first year. A calendar has a text for each year, of month and day (`0101 0501`); a part
    of a country says what it has more (`+0106`) and less (`-0501`) than the country."""

    first: int
    calendars: Mapping[str, list[str]]


def days_of(code: str) -> tuple[date, ...]:
    """The holidays of `FR` or `DE-BY`, oldest first. Raises ValueError that says what would be right."""
    known = _calendars()["calendars"]
    if code not in known:
        close = get_close_matches(code.upper(), known, n=1)
        hint = f"did you mean {close[0]}?" if close else "FR and DE-BY are some"
        raise ValueError(
            f"{code!r} is neither a date such as 2026-12-25 nor the code of a country or one of its parts "
            f"whose holidays are known: {hint}"
        )
    country = {*_written(code.partition("-")[0], "")}
    return tuple(sorted(country - {*_written(code, "-")} | {*_written(code, "+")}))


def last_day() -> date:
    """Until when holidays are known."""
    calendars = _calendars()
    return date(calendars["first"] + len(calendars["calendars"]["US"]) - 1, 12, 31)


def _written(code: str, sign: str) -> Iterator[date]:
    """What a calendar says of days with that sign before them."""
    read = _calendars()
    for year, text in enumerate(read["calendars"][code], read["first"]):
        for word in text.split():
            if word[:-4] == sign:
                yield date(year, int(word[-4:-2]), int(word[-2:]))


@lru_cache(maxsize=1)
def _calendars() -> _Calendars:
    read: _Calendars = json.loads(_FILE.read_text(encoding="utf-8"))
    return read
