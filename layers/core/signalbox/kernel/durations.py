"""Durations as people write them: `90s`, `10m`, `2h`, `3d`."""

import re
from datetime import timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_PATTERN = re.compile(r"(\d{1,6})([smhd])")
LONGEST = timedelta(days=30)


def is_duration(text: str) -> bool:
    """Whether the text is a whole number and one unit, at most 30 days."""
    match = _PATTERN.fullmatch(text)
    return bool(match) and parse_duration(text) <= LONGEST


def parse_duration(text: str) -> timedelta:
    """Read a text for which `is_duration` holds; raises ValueError otherwise."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 90s, 10m, 2h or 3d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def format_duration(span: timedelta) -> str:
    """The shortest exact text in one unit; fractions of a second are dropped."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
