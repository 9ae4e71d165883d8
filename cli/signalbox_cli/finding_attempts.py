"""What was tried about a finding, attempt by attempt, from its timeline. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from signalbox_cli.rollout_words import Json

_OUTCOMES = {
    "Remediation Succeeded": "succeeded",
    "Remediation Failed": "nothing was changed",
    "Remediation Undone": "undone",
    "Undo Failed": "undo failed",
}
# After these, what people have said before counts no more.
_CLEAN_SHEET = {
    "Finding Opened", "Exception Ended", "Finding Left", "Remediation Rejected", "Approval Lapsed",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One `fix`, or one `undo` of a fix that was proven; `undo_writes` are those by which a fix that was not
    was undone. Without an `outcome` it is under way."""

    kind: str = "fix"
    requested_by: str = ""
    approved_by: str = ""
    started_at: str | None = None
    ended_at: str | None = None
    outcome: str = ""
    reason: str = ""
    before: object = None
    writes: list[Json] = field(default_factory=list)
    undo_writes: list[Json] = field(default_factory=list)
    after: object = None


def attempts_in(timeline: Iterable[Json]) -> list[Attempt]:
    """Oldest first."""
    return list(_attempts(timeline))


def _attempts(timeline: Iterable[Json]) -> Iterator[Attempt]:
    """What people say belongs to the attempt that follows. Who asks for what is queued asks for the same
    attempt: who has asked first, and who has agreed, counts."""
    coming, going, left = Attempt(), False, None
    for event in timeline:
        kind = event["type"]
        if kind in _CLEAN_SHEET:
            coming = Attempt()
        elif kind == "Remediation Requested":
            coming = replace(coming, requested_by=coming.requested_by or event["actor"])
        elif kind == "Undo Requested":
            coming, going = Attempt(kind="undo", requested_by=event["actor"], before=left), True
        elif kind == "Approval Requested":
            coming = replace(coming, approved_by="")
        elif kind == "Remediation Approved":
            coming = replace(coming, approved_by=event["actor"])
        elif kind == "Remediation Started":
            coming, going = _begun(coming, event), True
        elif kind == "Undo Started":
            coming = _undoing(coming, event)
        elif kind in _OUTCOMES or (kind == "Finding Closed" and going):
            ended = _ended(coming, event)
            yield ended
            coming, going, left = Attempt(), False, ended.after
    if going:
        yield coming


def _begun(attempt: Attempt, event: Json) -> Attempt:
    given = event["data"]
    return replace(attempt, started_at=event["at"], before=given["before"], writes=given["writes"])


def _undoing(attempt: Attempt, event: Json) -> Attempt:
    writes = event["data"]["writes"]
    if attempt.kind == "undo":
        return replace(attempt, started_at=event["at"], writes=writes)
    return replace(attempt, undo_writes=writes)


def _ended(attempt: Attempt, event: Json) -> Attempt:
    outcome = _OUTCOMES.get(event["type"]) or event["data"]["state"]
    after = event["data"].get("after")
    return replace(attempt, ended_at=event["at"], outcome=outcome, reason=event["reason"], after=after)
