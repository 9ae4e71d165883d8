"""Decide to leave something as it is, for a while and with a reason; or not any more."""

from dataclasses import replace
from datetime import datetime

from signalbox.compliance.decisions.exceptions import end_of
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted
from signalbox.compliance.spec import ExceptionSpec
from signalbox.compliance.steps.keep_exception import keep, tell_exception
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Violation


def put_exception(spec: ExceptionSpec, caller: Caller, ports: CompliancePorts) -> tuple[Excepted, bool]:
    """(the exception, whether it is new). What is so already is no new version, and is told again. Raises
    Invalid, and Conflict when somebody else is faster; a refused call stores nothing. Remediations that are
    under way are not stopped by it."""
    now = ports.clock()
    until = _checked(spec, now, ports)
    exception, is_new = keep(
        Excepted(spec=spec, until=until, created_at=now, updated_at=now, updated_by=caller.arn), ports
    )
    tell_exception(exception, ports)
    return exception, is_new


def delete_exception(exception_id: str, caller: Caller, ports: CompliancePorts) -> Excepted:
    """The version that ends it: it covers nothing from now on. Ended twice it is ended once, and told again.
    Raises NotFound, and Conflict when somebody else is faster."""
    exception = get_exception(exception_id, ports)
    if not exception.is_deleted:
        exception = _ended(exception, caller, ports.clock())
        ports.exceptions.save(exception)
    tell_exception(exception, ports)
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


def _checked(spec: ExceptionSpec, now: datetime, ports: CompliancePorts) -> datetime:
    wrong = []
    if (spec.rule, spec.resource, spec.tags, spec.account) == (None, None, None, None):
        wrong.append(Violation("rule", "name a rule, a resource, tags or an account: nothing covers all"))
    if spec.rule is not None and spec.rule not in ports.rules:
        wrong.append(Violation("rule", f"one of {', '.join(sorted(ports.rules))}"))
    until = now
    try:
        until = end_of(spec.until, now)
    except Invalid as problem:
        wrong += problem.violations
    if wrong:
        raise Invalid(*wrong)
    return until
