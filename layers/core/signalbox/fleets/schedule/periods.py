"""Reads a period as its owner writes it."""

import re

from signalbox.fleets.schedule.cron import Cron, Expression, read_cron
from signalbox.fleets.schedule.edges import Label, Source
from signalbox.fleets.schedule.windows import Daily, Weekly
from signalbox.fleets.spec import Period
from signalbox.kernel.errors import Violation

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MIDNIGHT = 24 * 60  # the end of a day, in minutes after its beginning
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_WINDOW, _CRON = ("days", "from", "to"), ("start", "stop")
FORMS = (
    "give days, from and to (mon-fri, 08:00, 20:00), or from and to with weekdays (mon 08:00, fri 20:00), "
    "or start and stop as cron(…)"
)


def read_period(period: Period, zone: str, field: str) -> Source | list[Violation]:
    """The period, or all that is wrong with it, below the given field name."""
    window, cron = (_given(period, names) for names in (_WINDOW, _CRON))
    if not window and not cron:
        return [Violation(field, f"it says nothing of when: {FORMS}")]
    if window and cron:
        return [Violation(field, f"{', '.join([*window, *cron])} do not go together: {FORMS}")]
    reading = _Reading(field)
    label = Label(name=period.name, text=_text(period), zone=zone)
    read: Source
    if cron:
        read = Cron(label=label, start=reading.cron("start", cron), stop=reading.cron("stop", cron))
    elif "days" in window or not _names_weekday(window):
        read = reading.daily(window, label)
    else:
        read = reading.weekly(window, label)
    return reading.wrong or read


class _Reading:
    """Reads fields one by one, and keeps what is wrong with them."""

    def __init__(self, field: str) -> None:
        self._field = field
        self.wrong: list[Violation] = []

    def cron(self, name: str, given: dict[str, str]) -> Expression | None:
        try:
            return read_cron(given[name]) if name in given else None
        except ValueError as error:
            self._add(name, str(error))
        return None

    def daily(self, given: dict[str, str], label: Label) -> Daily:
        begin = self._time(given, "from", "08:00")
        end = self._time(given, "to", "20:00")
        return Daily(
            label=label, weekdays=self._days(given), from_=begin, to=end if end > begin else end + MIDNIGHT
        )

    def weekly(self, given: dict[str, str], label: Label) -> Weekly:
        weekday, begin = self._weekday_time(given, "from", "mon 08:00")
        last, end = self._weekday_time(given, "to", "fri 20:00")
        length = (last - weekday) % 7 or (0 if end > begin else 7)
        return Weekly(label=label, weekday=weekday, from_=begin, length=length, to=end)

    def _days(self, given: dict[str, str]) -> frozenset[int]:
        if "days" not in given:
            self._add("days", "give the days, such as mon-fri or daily, or begin from and to with a weekday")
            return frozenset()
        try:
            return read_days(given["days"])
        except ValueError as error:
            self._add("days", str(error))
        return frozenset()

    def _weekday_time(self, given: dict[str, str], name: str, example: str) -> tuple[int, int]:
        weekday, _, rest = given.get(name, "").strip().lower().partition(" ")
        if weekday in WEEKDAYS:
            return WEEKDAYS.index(weekday), self._time({name: rest}, name, example)
        self._add(name, f"give a weekday and a time, such as {example}")
        return 0, 0

    def _time(self, given: dict[str, str], name: str, example: str) -> int:
        match = _TIME.fullmatch(given.get(name, "").strip())
        if match is None:
            self._add(name, f"give a time from 00:00 to 24:00, such as {example}")
            return 0
        if match[1]:
            return 60 * int(match[1]) + int(match[2])
        if name == "from":
            self._add(name, "24:00 is the end of a day: write 00:00 of the day after")
        return MIDNIGHT

    def _add(self, name: str, message: str) -> None:
        self.wrong.append(Violation(f"{self._field}.{name}", message))


def read_days(text: str) -> frozenset[int]:
    """`mon-fri`, `sat,sun`, `fri-mon` (which wraps around), `daily`; Monday is 0. Raises ValueError."""
    found: set[int] = set()
    for part in text.lower().replace(" ", "").split(","):
        first, dash, last = ("mon", "-", "sun") if part == "daily" else part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(f"{part!r} is not a day: write mon, mon-fri, sat,sun or daily")
        begin = WEEKDAYS.index(first)
        span = (WEEKDAYS.index(last) - begin) % 7 if dash else 0
        found |= {(begin + step) % 7 for step in range(span + 1)}
    return frozenset(found)


def _given(period: Period, names: tuple[str, ...]) -> dict[str, str]:
    """What is written, by the names under which it is written."""
    values = {name: getattr(period, "from_" if name == "from" else name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _names_weekday(window: dict[str, str]) -> bool:
    return any(text.strip()[:1].isalpha() for text in window.values())


def _text(period: Period) -> str:
    """As it is written: `mon-fri 08:00-20:00`, `mon 08:00 to fri 20:00`, `start cron(…), stop cron(…)`."""
    if period.days is not None:
        return f"{period.days} {period.from_}-{period.to}"
    if period.from_ is not None:
        return f"{period.from_} to {period.to}"
    return ", ".join(f"{name} {text}" for name, text in _given(period, _CRON).items())
