"""Which exception covers a finding."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from signalbox.compliance.model import Observed, Subject
from signalbox.compliance.record import Excepted
from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.errors import Invalid, Violation

LONGEST = timedelta(days=366)


def end_of(until: str, now: datetime) -> datetime:
    """The moment that somebody has written. Raises Invalid."""
    try:
        end = from_rfc3339(until)
    except ValueError:
        raise Invalid(
            Violation("until", "give a moment with its offset, such as 2026-11-30T22:00:00+01:00")
        ) from None
    if not now < end <= now + LONGEST:
        raise Invalid(Violation("until", f"give a moment after now ({rfc3339(now)}), at most a year ahead"))
    return end


def covering(
    exceptions: Iterable[Excepted], subject: Subject, observed: Observed, now: datetime
) -> Excepted | None:
    """The one that lasts longest of those in force."""
    found = [each for each in exceptions if now < each.until and _covers(each, subject, observed)]
    return max(found, key=lambda each: (each.until, each.spec.id), default=None)


def _covers(exception: Excepted, subject: Subject, observed: Observed) -> bool:
    """Whether all that it names is so."""
    spec, resource = exception.spec, subject.resource
    return (
        spec.rule in (None, subject.rule)
        and spec.account in (None, resource.account)
        and (spec.resource is None or spec.resource in (resource.id, observed.name))
        and all(observed.tags.get(key) == value for key, value in (spec.tags or {}).items())
    )
