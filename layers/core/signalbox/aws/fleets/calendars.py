"""Reads Change Calendars of Systems Manager."""

from datetime import datetime, timedelta

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.kernel.clock import from_rfc3339

MOST_CHANGES = 200  # of one calendar that are followed


class SsmCalendars:
    """Port `Calendars`."""

    def closed(self, calendar: str, begin: datetime, end: datetime) -> tuple[tuple[datetime, datetime], ...]:
        """One call for each change of the calendar between the two moments."""
        spans: list[tuple[datetime, datetime]] = []
        at = begin
        for _ in range(MOST_CHANGES):
            with aws_errors():
                answer = client("ssm").get_calendar_state(
                    CalendarNames=[calendar], AtTime=at.strftime("%Y-%m-%dT%H:%M:%SZ")
                )
            following = answer.get("NextTransitionTime")
            until = min(from_rfc3339(following), end) if following else end
            if answer["State"] == "CLOSED":
                spans.append((at, until))
            if until >= end:
                break
            at = max(until, at + timedelta(seconds=1))
        return tuple(spans)
