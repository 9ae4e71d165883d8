"""Writes the public holidays of all countries, and of their parts, as a file that Signalbox reads.

`holidays` itself takes half a second to import and nine megabytes: too much for what runs on Lambda.
"""

import json
import re
import warnings
from datetime import date
from pathlib import Path

import holidays

FILE = Path(__file__).parents[1] / "layers/core/signalbox/fleets/schedule/holidays.json"
FIRST, LAST = 2026, 2030
# Cities, school zones and communities of language have names of their own; a fleet names dates for those.
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


def calendars() -> dict[str, list[str]]:
    """Of each code a text for each year, as `signalbox.fleets.schedule.holidays` reads it."""
    found: dict[str, list[str]] = {}
    for country, parts in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        whole = _days(country)
        if not whole:
            continue
        found[country] = [_text(year, "", whole) for year in range(FIRST, LAST + 1)]
        for part in sorted(parts):
            code = f"{country}-{part}"
            if _CODE.fullmatch(code):
                days = _days(country, part)
                found[code] = [
                    " ".join(filter(None, (_text(year, "+", days - whole), _text(year, "-", whole - days))))
                    for year in range(FIRST, LAST + 1)
                ]
    return found


def _days(country: str, part: str | None = None) -> set[date]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of some countries it knows the dates by estimate only
        return set(holidays.country_holidays(country, subdiv=part, years=range(FIRST, LAST + 1)))


def _text(year: int, sign: str, days: set[date]) -> str:
    return " ".join(f"{sign}{day:%m%d}" for day in sorted(days) if day.year == year)


def main() -> None:
    lines = ",\n".join(f"{json.dumps(code)}: {json.dumps(years)}" for code, years in calendars().items())
    FILE.write_text(f'{{"first": {FIRST}, "calendars": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
