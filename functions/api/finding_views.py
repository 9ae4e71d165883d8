"""Findings as callers read them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from signalbox.compliance.commands.dry_run import Outlook
from signalbox.compliance.commands.undo_remediation import UndoPlan
from signalbox.compliance.decisions.waves import behind
from signalbox.compliance.model import Configuration, Danger, Mode, Write
from signalbox.compliance.record import Finding, State, UndoRequest
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.waves import Wave, Waves
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.events import JsonObject
from signalbox.kernel.timeline import Entry, first_break
from timeline_views import EventView, timeline_view


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """Type and id as AWS Config names them; `name` is what people call it, once it has been looked at."""

    type: str
    id: str
    name: str
    account: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadView:
    """An entry of a timeline, by its sequence and hash."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoView:
    """Who has asked for an undo of what was proven, why, and until when it is left alone then."""

    by: str
    reason: str
    until: str
    writes: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """What was, what was written, what is; who agreed; who wants it undone (`undo`); and everything that
    happened, oldest first.
    `head` is the last entry that the finding's record remembers: `chain_verified` says that none up to it was
    changed, dropped or moved."""

    proposal: tuple[JsonObject, ...]
    before: Configuration | None
    writes: tuple[JsonObject, ...]
    after: Configuration | None
    requested_by: str
    approved_by: str | None
    undo: UndoView | None
    timeline: tuple[EventView, ...]
    head: HeadView
    chain_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding. `danger`: what its fix may do to those who use the resource. `evidence` is told of a single
    one only; `exception` is what keeps it from being fixed. `owner` is the resource's tag of that name.
    `queued`: others of its rule are tried first, `reason` says which; `turn_at` is when it may begin after
    them, once that is known."""

    id: str
    rule: str
    resource: ResourceView
    state: State
    playbook: Mode
    danger: Danger | None
    detected_at: str
    closed_at: str | None
    reason: str
    exception: str | None
    owner: str
    queued: bool
    turn_at: str | None
    evidence: EvidenceView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingList:
    """A page, those first that were found last for the first time; without a cursor it is the last."""

    items: tuple[FindingView, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediationView:
    """The finding as it stands. Of a dry run `outcome` says what would come of it (act, wait for an approval,
    skip, or undo), `reason` why, and `writes` what would be written."""

    id: str
    state: State
    dry_run: bool
    outcome: str | None
    reason: str
    writes: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookView:
    """What would become of one finding: act, wait (for an approval), skip, or unknown when it cannot be
    looked at; why, and what would be written."""

    id: str
    resource: ResourceView
    state: State
    outcome: str
    reason: str
    writes: tuple[JsonObject, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookList:
    """A page; it may be empty though others follow. Without a cursor it is the last."""

    items: tuple[OutlookView, ...]
    cursor: str | None


def finding_view(finding: Finding, waves: Waves, entries: Sequence[Entry] | None = None) -> FindingView:
    """With what it waits for now, and with its evidence when its whole timeline is given."""
    rule = RULES.get(finding.rule)
    return FindingView(
        id=finding.id,
        rule=finding.rule,
        resource=_resource(finding),
        state=finding.state,
        playbook=finding.mode,
        danger=rule.playbook.danger if rule else None,
        detected_at=rfc3339(finding.detected_at),
        closed_at=rfc3339(finding.closed_at) if finding.closed_at else None,
        reason=_reason(finding, waves.of(finding.rule)),
        exception=finding.exception,
        owner=finding.owner,
        queued=finding.remediation.queued,
        turn_at=rfc3339(finding.remediation.turn_at) if finding.remediation.turn_at else None,
        evidence=_evidence(finding, entries) if entries is not None else None,
    )


def _reason(finding: Finding, wave: Wave) -> str:
    """Of one that is queued as things stand: they have gone on since it came to the queue."""
    is_behind = finding.remediation.queued and (wave.first or wave.halted)
    return behind(wave, finding.rule) if is_behind else finding.reason


def outlook_view(outlook: Outlook) -> OutlookView:
    """With the resource as it was called when it was looked at last."""
    return OutlookView(
        id=outlook.finding.id,
        resource=_resource(outlook.finding),
        state=outlook.finding.state,
        outcome=outlook.outcome,
        reason=outlook.reason,
        writes=_written(outlook.writes),
    )


def _resource(finding: Finding) -> ResourceView:
    of = finding.resource
    return ResourceView(type=of.type, id=of.id, name=finding.name, account=of.account, region=of.region)


def _evidence(finding: Finding, entries: Sequence[Entry]) -> EvidenceView:
    attempt = finding.remediation
    return EvidenceView(
        proposal=_written(attempt.proposal),
        before=attempt.before,
        writes=_written(attempt.writes),
        after=attempt.after,
        requested_by=attempt.requested_by,
        approved_by=attempt.approval.by if attempt.approval else None,
        undo=_undo(attempt.undo) if attempt.undo else None,
        timeline=timeline_view(entries, len(entries) + 1).events,
        head=HeadView(sequence=finding.head.sequence, hash=finding.head.hash),
        chain_verified=first_break(entries, finding.head) is None,
    )


def _undo(request: UndoRequest) -> UndoView:
    return UndoView(
        by=request.by, reason=request.reason, until=rfc3339(request.until), writes=_written(request.writes)
    )


def _written(writes: Sequence[Write]) -> tuple[JsonObject, ...]:
    return tuple(asdict(write) for write in writes)


def remediation_view(finding: Finding, outlook: Outlook | None = None) -> RemediationView:
    """What was begun, or what would be."""
    begun = finding.remediation.undo or finding.remediation
    return RemediationView(
        id=finding.id,
        state=finding.state,
        dry_run=outlook is not None,
        outcome=outlook.outcome if outlook else None,
        reason=outlook.reason if outlook else finding.reason,
        writes=_written(outlook.writes if outlook else begun.writes),
    )


def undo_view(plan: UndoPlan) -> RemediationView:
    """What an undo would do."""
    return RemediationView(
        id=plan.finding.id,
        state=plan.finding.state,
        dry_run=True,
        outcome="undo",
        reason=f"it is left as it was until {rfc3339(plan.until)} then",
        writes=_written(plan.writes),
    )
