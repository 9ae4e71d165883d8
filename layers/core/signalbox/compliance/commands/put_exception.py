"""Decide to leave something as it is, for a while and with a reason; or not any more."""

from dataclasses import replace
from datetime import datetime, timedelta

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted
from signalbox.compliance.spec import ExceptionSpec
from signalbox.compliance.steps.keep_exception import keep
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Violation
from signalbox.kernel.events import Event

LONGEST = timedelta(days=366)
DECIDED = {False: "Exception Applied", True: "Exception Deleted"}  # by whether it is deleted


def put_exception(spec: ExceptionSpec, caller: Caller, ports: CompliancePorts) -> tuple[Excepted, bool]:
    """(the exception, whether it is new). What is so already is no new version, and is told again. Raises
    Invalid, and Conflict when somebody else is faster; a refused call stores nothing. Remediations that are
    under way are not stopped by it."""
    now = ports.clock()
    until = _checked(spec, now, ports)
    exception, is_new = keep(
        Excepted(spec=spec, until=until, created_at=now, updated_at=now, updated_by=caller.arn), ports
    )
    _tell(exception, ports)
    return exception, is_new


def delete_exception(exception_id: str, caller: Caller, ports: CompliancePorts) -> Excepted:
    """The version that ends it: it covers nothing from now on. Ended twice it is ended once, and told again.
    Raises NotFound, and Conflict when somebody else is faster."""
    exception = get_exception(exception_id, ports)
    if not exception.is_deleted:
        exception = _ended(exception, caller, ports.clock())
        ports.exceptions.save(exception)
    _tell(exception, ports)
    return exception


def get_exception(exception_id: str, ports: CompliancePorts) -> Excepted:
    """Its latest version, which may be that it was deleted. Raises NotFound."""
    found = ports.exceptions.find(exception_id)
    if found is None:
        raise NotFound(f"there is no exception {exception_id}")
    return found


def _ended(exception: Excepted, caller: Caller, now: datetime) -> Excepted:
    until = min(exception.until, now)
    return replace(
        exception,
        spec=replace(exception.spec, until=rfc3339(until), reason=caller.reason),
        until=until,
        version=exception.version + 1,
        updated_at=now,
        updated_by=caller.arn,
        is_deleted=True,
    )


def _tell(exception: Excepted, ports: CompliancePorts) -> None:
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


def _checked(spec: ExceptionSpec, now: datetime, ports: CompliancePorts) -> datetime:
    wrong = []
    if (spec.rule, spec.resource, spec.tags, spec.account) == (None, None, None, None):
        wrong.append(Violation("rule", "name a rule, a resource, tags or an account: nothing covers all"))
    if spec.rule is not None and spec.rule not in ports.rules:
        wrong.append(Violation("rule", f"one of {', '.join(sorted(ports.rules))}"))
    until = now
    try:
        until = from_rfc3339(spec.until)
    except ValueError:
        wrong.append(Violation("until", "give a moment with its offset, such as 2026-11-30T22:00:00+01:00"))
    else:
        if not now < until <= now + LONGEST:
            wrong.append(
                Violation("until", f"give a moment after now ({rfc3339(now)}), at most a year ahead")
            )
    if wrong:
        raise Invalid(*wrong)
    return until
