"""Findings with their evidence as rows that an auditor reads. Pure."""

from collections.abc import Iterable, Iterator

from signalbox.kernel.timeline import Entry, Head, first_break
from signalbox_cli.evidence_rows import csv_of
from signalbox_cli.finding_attempts import Attempt, attempts_in
from signalbox_cli.finding_words import resource_name
from signalbox_cli.rollout_words import Json

COLUMNS = (
    "finding", "rule", "type", "resource", "name", "account", "region", "state", "reason", "detected_at",
    "closed_at", "requested_by", "approved_by", "before", "writes", "after", "entries", "chain_holds",
    "attempt", "kind", "started_at", "ended_at", "outcome", "why", "undo_writes",
)  # fmt: skip


def holds(finding: Json) -> bool:
    """Whether no entry of its timeline was changed, dropped or moved, and none is missing at its end: by the
    hashes, which are computed here."""
    evidence = finding["evidence"]
    entries = [Entry(**event) for event in evidence["timeline"]]
    return first_break(entries, Head(**evidence["head"])) is None


def evidence_csv(findings: Iterable[Json]) -> str:
    """A row for each attempt, oldest first, or one when nothing was tried, below the names of the columns;
    configurations are JSON."""
    return csv_of(COLUMNS, (row for finding in findings for row in _rows(finding)))


def _rows(finding: Json) -> Iterator[tuple[object, ...]]:
    of, timeline = finding["resource"], finding["evidence"]["timeline"]
    about = (
        *(finding["id"], finding["rule"]),
        *(of["type"], of["id"], resource_name(finding), of["account"], of["region"]),
        *(finding["state"], finding["reason"], finding["detected_at"], finding["closed_at"]),
    )
    ends = (len(timeline), holds(finding))
    attempts = attempts_in(timeline)
    for number, attempt in enumerate(attempts, start=1):
        yield (*about, *_evidence(attempt), *ends, number, *_course(attempt))
    if not attempts:
        evidence = finding["evidence"]
        said = (evidence["requested_by"], evidence["approved_by"])
        yield (*about, *said, evidence["before"], evidence["writes"], evidence["after"], *ends, *_NOTHING)


_NOTHING = (None,) * 7


def _evidence(attempt: Attempt) -> tuple[object, ...]:
    return attempt.requested_by, attempt.approved_by, attempt.before, attempt.writes, attempt.after


def _course(attempt: Attempt) -> tuple[object, ...]:
    when = (attempt.started_at, attempt.ended_at)
    return attempt.kind, *when, attempt.outcome or "under way", attempt.reason, attempt.undo_writes
