"""Decide to leave something as it is, for a while and with a reason; or not any more."""

from datetime import datetime, timedelta

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted
from signalbox.compliance.spec import ExceptionSpec
from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox.kernel.errors import Invalid, NotFound, Violation

LONGEST = timedelta(days=366)


def put_exception(spec: ExceptionSpec, caller: Caller, ports: CompliancePorts) -> tuple[Excepted, bool]:
    """(the exception, whether it is new). Raises Invalid; a refused call stores nothing. Remediations that
    are under way are not stopped by it."""
    now = ports.clock()
    until = _checked(spec, now, ports)
    try:
        created = ports.exceptions.get(spec.id).created_at
    except NotFound:
        created = now
    exception = Excepted(spec=spec, until=until, created_at=created, updated_at=now, updated_by=caller.arn)
    return exception, ports.exceptions.put(exception)


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
