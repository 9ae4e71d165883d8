"""Keep an exception as the next version of what was decided before."""

from dataclasses import replace

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted


def keep(exception: Excepted, ports: CompliancePorts) -> tuple[Excepted, bool]:
    """(the exception as its next version, whether there was none). Raises Conflict when somebody else is
    faster."""
    before = ports.exceptions.find(exception.id)
    if before is None:
        ports.exceptions.save(exception)
        return exception, True
    following = replace(exception, version=before.version + 1)
    if not before.is_deleted:
        following = replace(following, created_at=before.created_at)
    if _is_same(before, following):
        return before, False
    ports.exceptions.save(following)
    return following, before.is_deleted


def _is_same(before: Excepted, after: Excepted) -> bool:
    """But for when, by whom, and how its end is written."""
    return before == replace(
        after,
        spec=replace(after.spec, until=before.spec.until),
        version=before.version,
        updated_at=before.updated_at,
        updated_by=before.updated_by,
    )
