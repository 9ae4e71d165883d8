"""Moments as people write them, `22:00`, `tomorrow 08:00`, `sunday`, read in a zone. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from signalbox.fleets.schedule.edges import Days
from signalbox.kernel.clock import from_rfc3339

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FORMS = "write 22:00, tomorrow 08:00, sunday, sunday 18:00, or a moment with its offset"
_TOMORROW = "tomorrow"
_ABBREVIATED = 3  # letters of a weekday that are enough


def read_moment(text: str, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant, in UTC: of RFC 3339 as it stands, of the other forms the next one after `now`; a day alone
    is its beginning. What a clock that is set forward leaves out is the first instant after the gap. Raises
    ValueError that says what would be right."""
    try:
        return from_rfc3339(text)
    except ValueError:
        pass
    day, minutes = _parts(text, zone, now)
    here = now.astimezone(zone).date()
    # On a Sunday, `sunday 08:00` may be the one in a week.
    for later in range(len(WEEKDAYS) + 1):
        date = here + timedelta(days=later)
        if day in (None, WEEKDAYS[date.weekday()]) or (day == _TOMORROW and later == 1):
            at = Days(zone=zone).moment(date, minutes).at
            if at > now:
                return at
    raise ValueError(f"{text!r} never comes: {FORMS}")


def _parts(text: str, zone: ZoneInfo, now: datetime) -> tuple[str | None, int]:
    """(`tomorrow`, a weekday or None, minutes after midnight)."""
    match text.lower().split():
        case [word] if (minutes := _minutes(word)) is not None:
            return None, minutes
        case [word] if (day := _day(word)) is not None:
            return day, 0
        case [word, clock] if (day := _day(word)) and (minutes := _minutes(clock)) is not None:
            return day, minutes
        case _:
            raise ValueError(_what_would_be_right(text, zone, now))


def _day(word: str) -> str | None:
    if word == _TOMORROW:
        return word
    close = [day for day in WEEKDAYS if word in (day, day[:_ABBREVIATED])]
    return close[0] if close else None


def _minutes(word: str) -> int | None:
    try:
        clock = datetime.strptime(word, "%H:%M")
    except ValueError:
        return None
    return 60 * clock.hour + clock.minute


def _what_would_be_right(text: str, zone: ZoneInfo, now: datetime) -> str:
    try:
        meant = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        example = (now + timedelta(days=1)).astimezone(zone).isoformat(timespec="minutes")
        return f"{text!r} is no moment: {FORMS}, such as {example}"
    return f"{text!r} does not say where: in {zone.key} it is {meant.isoformat(timespec='minutes')}"
