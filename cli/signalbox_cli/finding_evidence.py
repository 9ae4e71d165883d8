"""Findings with their evidence as rows that an auditor reads. Pure."""

from collections.abc import Iterable

from signalbox.kernel.timeline import Entry, Head, first_break
from signalbox_cli.evidence_rows import csv_of
from signalbox_cli.finding_words import resource_name
from signalbox_cli.rollout_words import Json

COLUMNS = (
    "finding", "rule", "type", "resource", "name", "account", "region", "state", "reason", "detected_at",
    "closed_at", "requested_by", "approved_by", "before", "writes", "after", "entries", "chain_holds",
)  # fmt: skip


def holds(finding: Json) -> bool:
    """Whether no entry of its timeline was changed, dropped or moved, and none is missing at its end: by the
    hashes, which are computed here."""
    evidence = finding["evidence"]
    entries = [Entry(**event) for event in evidence["timeline"]]
    return first_break(entries, Head(**evidence["head"])) is None


def evidence_csv(findings: Iterable[Json]) -> str:
    """One row each, below the names of the columns; configurations are JSON."""
    return csv_of(COLUMNS, map(_row, findings))


def _row(finding: Json) -> tuple[object, ...]:
    of, evidence = finding["resource"], finding["evidence"]
    return (
        *(finding["id"], finding["rule"]),
        *(of["type"], of["id"], resource_name(finding), of["account"], of["region"]),
        *(finding["state"], finding["reason"], finding["detected_at"], finding["closed_at"]),
        *(evidence["requested_by"], evidence["approved_by"]),
        *(evidence["before"], evidence["writes"], evidence["after"]),
        *(len(evidence["timeline"]), holds(finding)),
    )
