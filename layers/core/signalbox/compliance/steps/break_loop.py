"""What keeps coming back, or keeps failing, is left alone for a day."""

from collections.abc import Sequence
from dataclasses import replace

from signalbox.compliance.decisions.breaker import RESTS_FOR
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Excepted, Finding, State
from signalbox.compliance.spec import ExceptionSpec
from signalbox.compliance.steps.keep_exception import keep
from signalbox.compliance.steps.turn import at_rest, happened, tell
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import ENGINE, Event


def break_loop(finding: Finding, events: Sequence[Event], why: str, ports: CompliancePorts) -> Finding:
    """By an exception that anybody can see and delete; who is on call is paged by `Finding Flapping`. The
    exception is stored first: who dies before the finding is stored comes again."""
    now = ports.clock()
    id_, until = f"flapping-{finding.id}", now + RESTS_FOR
    reason = f"flapping: {why}"
    spec = ExceptionSpec(
        id=id_,
        reason=reason,
        owner=ENGINE,
        until=rfc3339(until),
        rule=finding.rule,
        resource=finding.resource.id,
        account=finding.resource.account,
    )
    breaker, _ = keep(
        Excepted(spec=spec, until=until, created_at=now, updated_at=now, updated_by=ENGINE, is_breaker=True),
        ports,
    )
    flapping = happened("Finding Flapping", reason, ports, exception=id_)
    finding = replace(at_rest(finding, State.FLAPPING, reason, ports), exception=id_)
    finding = replace(finding, excepted_at=breaker.updated_at)
    return tell(finding, [*events, flapping], ports)
