"""What every task of a remediation begins with, and how what happened is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.rule import Rule
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.events import ENGINE, Event, JsonObject
from signalbox.kernel.timeline import Entry, continue_chain


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationCommand:
    """What a task is called with; everything else is in the table. `failure` is what led to the undo."""

    finding: str
    generation: int
    failure: str | None = None


def get_finding(finding_id: str, ports: CompliancePorts) -> Finding:
    """Raises NotFound."""
    finding = ports.findings.find(finding_id)
    if finding is None:
        raise NotFound(f"there is no finding {finding_id}")
    return finding


def take_turn(command: RemediationCommand, ports: CompliancePorts) -> Finding | None:
    """The finding, when this execution has it in its hands: it is not over, and no later one has taken it.
    Who comes again after the end tells what could not be told."""
    finding = get_finding(command.finding, ports)
    if finding.under_way and finding.generation == command.generation:
        return finding
    publish(finding, ports)
    return None


def resumed(finding: Finding) -> Progress | None:
    """Where an attempt goes on that has begun to write, or that somebody wants undone: it is not decided upon
    again."""
    if finding.remediation.undo is not None:
        return Progress(next=Next.UNDO_FIX)
    if finding.remediation.stopped:
        return Progress(next=Next.UNDO_FIX, failure=finding.remediation.failure)
    return Progress(next=Next.APPLY_FIX) if finding.remediation.before is not None else None


def rule_of(finding: Finding, ports: CompliancePorts) -> Rule:
    """Raises NotFound for a rule of a version that is not this one."""
    rule = ports.rules.get(finding.rule)
    if rule is None:
        raise NotFound(f"there is no rule {finding.rule} any more")
    return rule


def happened(type_: str, reason: str, ports: CompliancePorts, actor: str = ENGINE, **data: object) -> Event:
    """Something that happened to a finding, now."""
    facts: JsonObject = dict(data)
    return Event(type=type_, at=ports.clock(), actor=actor, reason=reason, data=facts)


def stored(
    finding: Finding, events: Sequence[Event], ports: CompliancePorts
) -> tuple[Finding, tuple[Entry, ...]]:
    """The finding, stored in one write with what happened, and the entries that are new. They are not out
    yet: see `publish`."""
    head, entries = continue_chain(finding.head, events)
    following = replace(finding, head=head, revision=finding.revision + 1)
    ports.findings.save(following, entries)
    return following, entries


def recorded(finding: Finding, events: Sequence[Event], ports: CompliancePorts) -> Finding:
    """The same, without the entries."""
    return stored(finding, events, ports)[0]


def tell(finding: Finding, events: Sequence[Event], ports: CompliancePorts) -> Finding:
    """Stored, and then on the bus."""
    following, entries = stored(finding, events, ports)
    return publish(following, ports, entries)


def publish(finding: Finding, ports: CompliancePorts, new: Sequence[Entry] = ()) -> Finding:
    """Put on the bus what is in the timeline and not yet out, and remember that it is; it is read unless the
    `new` entries are all of it. Who dies in between leaves it to the next one; consumers know an entry by its
    sequence."""
    untold = finding.head.sequence - finding.published
    if not untold:
        return finding
    entries = new if len(new) == untold else ports.findings.timeline(finding.id, finding.published, untold)
    ports.bus.publish(finding, entries)
    following = replace(finding, published=finding.head.sequence, revision=finding.revision + 1)
    try:
        ports.findings.save(following, ())
    except Conflict:  # it is out; whoever was faster tells it again at worst
        return finding
    return following


def at_rest(finding: Finding, state: State, reason: str, ports: CompliancePorts) -> Finding:
    """The finding in nobody's hands; closed, and done with what failed before, when nothing is
    wrong any more."""
    return replace(
        finding,
        state=state,
        reason=reason,
        closed_at=ports.clock() if state.is_closed else None,
        failed=() if state.is_closed else finding.failed,
        under_way=False,
        remediation=replace(finding.remediation, until=None, queued=False),
    )


def gone(finding: Finding, ports: CompliancePorts) -> Progress:
    """The resource has been deleted meanwhile: that is nobody's failure."""
    reason = "the resource is gone"
    closed = happened("Finding Closed", reason, ports, state=State.GONE)
    tell(at_rest(finding, State.GONE, reason, ports), [closed], ports)
    return Progress(next=Next.DONE)
