"""Keep an exception as the next version of what was decided before, and say so."""

from dataclasses import replace

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import Event

DECIDED = {False: "Exception Applied", True: "Exception Deleted"}  # by whether it is deleted


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


def tell_exception(exception: Excepted, ports: CompliancePorts) -> None:
    """Who could not be told comes again, so that the same version is told twice at worst."""
    spec = exception.spec
    named = {"rule": spec.rule, "resource": spec.resource, "tags": spec.tags, "account": spec.account}
    event = Event(
        type=DECIDED[exception.is_deleted],
        at=exception.updated_at,
        actor=exception.updated_by,
        reason=spec.reason,
        data={"owner": spec.owner, "until": rfc3339(exception.until), **named},
    )
    ports.bus.publish_exception(exception, event)


def _is_same(before: Excepted, after: Excepted) -> bool:
    """But for when, by whom, and how its end is written."""
    return before == replace(
        after,
        spec=replace(after.spec, until=before.spec.until),
        version=before.version,
        updated_at=before.updated_at,
        updated_by=before.updated_by,
    )
