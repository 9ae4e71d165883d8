"""Which exception covers a finding."""

from collections.abc import Iterable
from datetime import datetime

from signalbox.compliance.model import Observed, Subject
from signalbox.compliance.record import Excepted


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
