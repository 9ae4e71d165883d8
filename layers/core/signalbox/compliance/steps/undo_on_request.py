"""Somebody wants a proven fix undone: what was recorded is brought back, and the resource left alone then."""

from dataclasses import asdict, replace

from signalbox.compliance.decisions.undo import not_brought_back, obstacle_to_undo, undoing_writes
from signalbox.compliance.model import Observed, Verdict
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Excepted, Finding, State, UndoRequest
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.spec import ExceptionSpec
from signalbox.compliance.steps.keep_exception import keep, tell_exception
from signalbox.compliance.steps.look import longest_rest, until_next_look
from signalbox.compliance.steps.stage import AWAY, at_stage
from signalbox.compliance.steps.turn import at_rest, gone, happened, recorded, rule_of, tell
from signalbox.compliance.steps.write_undo import LINGERS, written
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import NotFound, Rejected

BACK = "as before"
LONGEST_OWNER = 64  # characters


def undo_on_request(finding: Finding, request: UndoRequest, ports: CompliancePorts) -> Progress:
    """One look. It ends where AWS refuses it for good; what may pass is tried again without end."""
    try:
        rule = rule_of(finding, ports)
        found = ports.estate.observe(rule, finding.resource)
        if found is None:
            return gone(finding, ports)
        return _undone(finding, request, rule, found, ports)
    except (NotFound, Rejected) as error:  # the rule is gone, or the resource cannot be read any more
        state = State.REMEDIATED if request.began_at is None else State.FAILED
        return _not_undone(finding, request, str(error), state, ports)


def _undone(
    finding: Finding, request: UndoRequest, rule: Rule, found: Observed, ports: CompliancePorts
) -> Progress:
    """At once; and proven when AWS shows it, and nobody can come late with the fix any more. AWS has as long
    for it as for the fix."""
    if request.began_at is None:
        obstacle = obstacle_to_undo(finding, rule, found)
        if obstacle:
            return _not_undone(finding, request, obstacle, State.REMEDIATED, ports)
        finding, request = _recorded_first(finding, request, rule, found, ports)
    refused: list[str] = []
    left = not_brought_back(finding.remediation, rule, found.configuration)
    if left:
        refused = written(request.writes, ports)
        now = ports.estate.observe(rule, finding.resource)
        if now is None:
            return gone(finding, ports)
        found, left = now, not_brought_back(finding.remediation, rule, now.configuration)
    reached = at_stage(finding.remediation.reached, BACK, ports.clock(), AWAY + longest_rest(rule))
    finding = replace(finding, remediation=replace(finding.remediation, reached=reached))
    if not finding.remediation.rested:
        recorded(replace(finding, remediation=replace(finding.remediation, rested=True)), (), ports)
        return Progress(next=Next.UNDO_FIX, seconds=LINGERS)
    if left and not refused and ports.clock() - reached.at <= rule.playbook.within:
        return _again(finding, rule, ports)
    finding = replace(finding, remediation=replace(finding.remediation, after=found.configuration))
    problems = [*refused, *(f"{name} is not as before" for name in left)]
    if problems:
        return _not_undone(finding, request, "; ".join(problems), _state_by(rule, found), ports)
    return _left_alone(finding, request, ports)


def _recorded_first(
    finding: Finding, request: UndoRequest, rule: Rule, found: Observed, ports: CompliancePorts
) -> tuple[Finding, UndoRequest]:
    """The audit record: what is written is what it says, however often."""
    writes = undoing_writes(finding, rule, found.configuration)
    request = replace(request, began_at=ports.clock(), writes=writes)
    started = happened(
        "Undo Started", request.reason, ports, request.by, writes=[asdict(write) for write in writes]
    )
    attempt = replace(finding.remediation, undoing=True, undo=request)
    return tell(replace(finding, remediation=attempt), [started], ports), request


def _again(finding: Finding, rule: Rule, ports: CompliancePorts) -> Progress:
    attempt = replace(finding.remediation, rounds=finding.remediation.rounds + 1)
    recorded(replace(finding, remediation=attempt), (), ports)
    return Progress(next=Next.UNDO_FIX, seconds=until_next_look(rule, attempt.rounds))


def _state_by(rule: Rule, found: Observed) -> State:
    """Where a finding is that could not be undone."""
    is_kept = rule.judge(found.configuration).verdict is Verdict.COMPLIANT
    return State.REMEDIATED if is_kept else State.FAILED


def _left_alone(finding: Finding, request: UndoRequest, ports: CompliancePorts) -> Progress:
    """All is as before, and stays so until the exception ends. That is stored, and told, first: who dies
    before the finding is stored comes again."""
    exception, _ = keep(_exception(finding, request, ports), ports)
    tell_exception(exception, ports)
    reason = f"undone; exception {exception.id} until {rfc3339(exception.until)}: {request.reason}"
    attempt = finding.remediation
    undone = happened(
        "Remediation Undone",
        reason,
        ports,
        before=attempt.before,
        after=attempt.after,
        exception=exception.id,
    )
    left = _resting(finding, request, State.EXCEPTED, reason, ports)
    tell(replace(left, exception=exception.id, excepted_at=exception.updated_at), [undone], ports)
    return Progress(next=Next.DONE)


def _exception(finding: Finding, request: UndoRequest, ports: CompliancePorts) -> Excepted:
    """Of whoever wants the undo, for this rule and resource."""
    now = ports.clock()
    spec = ExceptionSpec(
        id=f"undone-{finding.id}",
        reason=request.reason,
        owner=request.by.rsplit("/", 1)[-1][:LONGEST_OWNER],
        until=rfc3339(request.until),
        rule=finding.rule,
        resource=finding.resource.id,
        account=finding.resource.account,
    )
    return Excepted(spec=spec, until=request.until, created_at=now, updated_at=now, updated_by=request.by)


def _not_undone(
    finding: Finding, request: UndoRequest, why: str, state: State, ports: CompliancePorts
) -> Progress:
    """It stays put right where that is so, and may be asked for again."""
    attempt = finding.remediation
    reason = f"not undone: {why}"
    event = happened("Undo Failed", reason, ports, before=attempt.before, after=attempt.after)
    failed = _resting(finding, request, state, reason, ports)
    if state.is_closed:
        kept = replace(failed.remediation, undo=None, undoing=False, rested=False)
        failed = replace(failed, closed_at=finding.closed_at, remediation=kept)
    tell(failed, [event], ports)
    return Progress(next=Next.NOT_REMEDIATED)


def _resting(
    finding: Finding, request: UndoRequest, state: State, reason: str, ports: CompliancePorts
) -> Finding:
    """In nobody's hands. Once something was written, what AWS Config has recorded before is over; and what is
    wrong now is so since then."""
    resting = at_rest(finding, state, reason, ports)
    if request.began_at is None:
        return resting
    return replace(
        resting,
        detected_at=finding.detected_at if state.is_closed else request.began_at,
        result_at=max(finding.result_at, ports.clock()),
    )
