"""Whether a finding is put right now, waits for somebody, or is left as it is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from signalbox.compliance.decisions.exceptions import covering
from signalbox.compliance.model import Mode, Observed, Subject, Write
from signalbox.compliance.record import Excepted, Finding, State
from signalbox.compliance.rules.rule import Rule
from signalbox.kernel.clock import rfc3339

MANAGED = "signalbox:managed"  # the tag by which an owner entrusts a resource to Signalbox
_STRICTER = (Mode.AUTO, Mode.APPROVE, Mode.PROPOSE, Mode.NOTIFY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """It is put right by these writes."""

    writes: tuple[Write, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Somebody must agree to these writes first."""

    writes: tuple[Write, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """It is left as it is, in this state: because of an `exception`, as that was `decided_at`. `writes` is
    what could be asked for."""

    state: State
    reason: str
    exception: str | None = None
    decided_at: datetime | None = None
    writes: tuple[Write, ...] = ()


Decision = Act | Wait | Skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The exceptions, what this installation allows at most, and the time."""

    exceptions: Sequence[Excepted]
    ceiling: Mode
    now: datetime


def is_entrusted(observed: Observed) -> bool:
    """Whether its owner lets Signalbox change it."""
    return observed.is_of_account or observed.tags.get(MANAGED) == "true"


def mode_under(ceiling: Mode, mode: Mode) -> Mode:
    """The stricter of the two."""
    return max(ceiling, mode, key=_STRICTER.index)


def assess(finding: Finding, rule: Rule, observed: Observed, terms: Terms) -> Decision:
    """For a resource that is not as the rule says. Exceptions count first, then what the playbook may do,
    the owner's consent, what stands in the way, and at last who has agreed to what."""
    exception = covering(
        terms.exceptions, Subject(rule=finding.rule, resource=finding.resource), observed, terms.now
    )
    if exception is not None:
        return _excepted(exception)
    mode = mode_under(terms.ceiling, rule.playbook.mode)
    if mode is Mode.NOTIFY:
        return _left(f"{rule.judge(observed.configuration).reason}; its playbook only tells")
    if not is_entrusted(observed):
        return _left(f"its owner has not entrusted it: it has no tag {MANAGED}=true")
    obstacle = rule.playbook.obstacle(observed.configuration)
    if obstacle:
        return _left(obstacle)
    return _agreed(finding, mode, rule.playbook.act(finding.resource, observed.configuration))


def _agreed(finding: Finding, mode: Mode, writes: tuple[Write, ...]) -> Decision:
    approval = finding.remediation.approval
    if approval is not None and approval.writes == writes:
        return Act(writes=writes)
    if approval is not None:
        return Wait(writes=writes, reason=f"it has changed since {approval.by} approved")
    match mode:
        case Mode.AUTO:
            return Act(writes=writes)
        case Mode.PROPOSE if not finding.remediation.requested_by:
            reason = "its playbook proposes: it is put right when somebody asks and another approves"
            return Skip(state=State.OPEN, reason=reason, writes=writes)
        case _:
            return Wait(writes=writes, reason="it needs an approval")


def _excepted(exception: Excepted) -> Skip:
    spec = exception.spec
    return Skip(
        state=State.FLAPPING if exception.is_breaker else State.EXCEPTED,
        reason=f"exception {spec.id} of {spec.owner} until {rfc3339(exception.until)}: {spec.reason}",
        exception=spec.id,
        decided_at=exception.updated_at,
    )


def _left(reason: str) -> Skip:
    return Skip(state=State.OPEN, reason=reason)
