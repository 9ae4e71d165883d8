"""Look after one finding: whoever wakes up next brings on what another has begun."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, Remediation, State
from signalbox.compliance.steps.turn import publish, recorded, stored
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event

RUNNING = "RUNNING"


def begun(finding: Finding, requested_by: str = "", turn_at: datetime | None = None) -> Finding:
    """In the hands of a new execution, with a clean sheet: what an earlier attempt did stands in the
    timeline. What was queued is still the same attempt: who asked for it, and agreed to it, counts."""
    last = finding.remediation if finding.remediation.queued else Remediation()
    return replace(
        finding,
        state=State.OPEN,
        closed_at=None,
        exception=None,
        under_way=True,
        generation=finding.generation + 1 if finding.revision else finding.generation,
        remediation=Remediation(
            requested_by=last.requested_by or requested_by, approval=last.approval, turn_at=turn_at
        ),
    )


def begin(finding: Finding, events: list[Event], ports: CompliancePorts) -> Finding:
    """Stored with what made it begin, then started, then told. Should it die in between, whoever looks after
    the finding next goes on. Raises Conflict when somebody else was faster: nothing has been done then."""
    finding, entries = stored(finding, events, ports)
    ports.executions.start(finding.id, finding.generation)
    return publish(finding, ports, entries)


def asked_again(finding: Finding, ports: CompliancePorts) -> Finding:
    """The finding as it is: what a fault has kept from being started, or told, is so now, and not only with
    the next sweep."""
    if finding.under_way:
        ports.executions.start(finding.id, finding.generation)
    return publish(finding, ports)


def answered(finding: Finding, ports: CompliancePorts) -> Finding:
    """Whoever waits for an answer that is recorded is woken; then the tokens are forgotten. Who dies in
    between leaves it to the next one."""
    tokens, approval = finding.remediation.tokens, finding.remediation.approval
    if not tokens or (finding.under_way and approval is None):
        return finding
    answer = Progress(next=Next.ASSESS_FINDING if finding.under_way else Next.DONE)
    for token in tokens:
        with suppress(Conflict):  # nobody waits for it: if its execution is dead, the sweep goes on
            ports.executions.wake(token, answer)
    try:
        return recorded(replace(finding, remediation=replace(finding.remediation, tokens=())), (), ports)
    except Conflict:  # it was woken, and has gone on already
        return finding


def attend(finding: Finding, ports: CompliancePorts) -> str:
    """What was done, in words. A remediation whose execution has died goes on in another one."""
    finding = answered(publish(finding, ports), ports)
    if not finding.under_way:
        return f"{finding.id} is {finding.state}"
    status = ports.executions.status(finding.id, finding.generation)
    if status == RUNNING:
        return f"{finding.id} is under way"
    if status is not None:
        finding = recorded(replace(finding, generation=finding.generation + 1), (), ports)
    ports.executions.start(finding.id, finding.generation)
    return f"{finding.id} goes on: its execution was {status or 'not started'}"
