"""`signalbox findings`: what is not as it must be, why, and what becomes of it."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from signalbox.kernel.clock import rfc3339
from signalbox_cli.arguments import Limit, Reason
from signalbox_cli.asking import Tampered, segment
from signalbox_cli.finding_words import (
    WOULD,
    finding_sentences,
    in_json,
    outlook_sentences,
    resource_name,
    variations,
)
from signalbox_cli.plain_tables import plain_table, text, timeline_table
from signalbox_cli.rollout_words import Json
from signalbox_cli.session import Session, with_session
from signalbox_cli.tables import sentence, sentences, service_table

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="See what is not as it must be, and have it put right."
)


Finding = Annotated[str, typer.Argument(help="The id of a finding, such as c-2f5e0f3b6f0f4c8e9d1a.")]
Rule = Annotated[str, typer.Argument(help="The name of a rule, such as ssh-closed.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
WhyUndo = Annotated[str, typer.Option("--reason", "-m", help="Why; the exception says so, too.")]
LeftUntil = Annotated[
    str | None, typer.Option("--until", help="Such as 'friday 18:00', in UTC, or RFC 3339; a year at most.")
]
WithState = Annotated[str | None, typer.Option("--state", help="Only those: open, waiting, failed …")]


def _path(finding: str) -> str:
    return f"/findings/{segment(finding)}"


@app.command(name="list")
@with_session
def list_findings(session: Session, limit: Limit = None, *, state: WithState = None) -> None:
    """List findings: rule, resource, state and why; the newest first."""
    found = session.listed("/findings", limit)
    shown = [each for each in found if state in (None, each["state"])]
    session.answer(shown, lambda: _table(shown))


def _table(findings: Sequence[Json]) -> Table:
    table = plain_table("finding", "rule", "resource", "state", "why", whole=2)
    for each in findings:
        cells = (each["id"], each["rule"], resource_name(each), each["state"], each["reason"])
        table.add_row(*(text(cell) for cell in cells))
    return table


@app.command()
@with_session
def posture(session: Session) -> None:
    """Say how things stand: by rule, owner and age, how soon things are put right, and what is held up."""
    # Only who asks for it pays for it.
    from signalbox_cli.posture import posture_report  # noqa: PLC0415

    found = session.ask("GET", "/posture", holds="rules")
    session.answer(found, lambda: posture_report(found))


@app.command()
@with_session
def dry_run(session: Session, rule: Rule, limit: Limit = None) -> None:
    """Say what would become of all findings of a rule now, and why. It changes nothing."""
    found, _ = session.items(f"/rules/{segment(rule)}/dry-run", limit)
    session.answer(found, lambda: _outlooks(found))


def _outlooks(found: Sequence[Json]) -> Table:
    table = plain_table("finding", "resource", "would", "because", "by")
    for each in found:
        calls = ", ".join(f"{write['service']}:{write['operation']}" for write in each["writes"])
        cells = (each["id"], resource_name(each), WOULD[each["outcome"]], each["reason"], calls)
        table.add_row(*(text(cell) for cell in cells))
    return table


@app.command()
@with_session
def show(session: Session, finding: Finding) -> None:
    """Show a finding with its evidence: before, what was written, after, and everything that happened."""
    found = session.ask("GET", _path(finding), holds="evidence")

    def in_words() -> RenderableType:
        evidence = found["evidence"]
        told = {**found, "evidence": {name: evidence[name] for name in evidence if name != "timeline"}}
        shown = (service_table(told), Text(), timeline_table(evidence["timeline"]))
        return Group(*shown, *_differing(evidence["timeline"]))

    session.answer(found, in_words)


def _differing(events: Sequence[Json]) -> tuple[RenderableType, ...]:
    """The fields that differed from the baseline when the resource was looked at last."""
    seen = [fields for event in events if (fields := variations(event))]
    if not seen:
        return ()
    table = plain_table("field", "expected", "found")
    for each in seen[-1]:
        row = (each["field"], in_json(each["expected"]), in_json(each["found"]))
        table.add_row(*(text(cell) for cell in row))
    return (Text(), table)


@app.command()
@with_session
def why(session: Session, finding: Finding) -> None:
    """Say why it is as it is, what was done about it and who decided so, in sentences."""
    found = session.ask("GET", _path(finding), holds="evidence")
    rules = session.ask("GET", "/posture", holds="rules")["rules"] if found["queued"] else ()
    last = next((each["last_turn_at"] for each in rules if each["rule"] == found["rule"]), None)
    session.answer(found, lambda: sentences(finding_sentences(found, last)))


@app.command()
@with_session
def export(session: Session, limit: Limit = None) -> None:
    """Export findings with their evidence, as CSV, or whole with -o json. Fails when a record was changed."""
    # Only who exports pays for it.
    from signalbox_cli.finding_evidence import evidence_csv, holds  # noqa: PLC0415

    listed, _ = session.items("/findings", limit)
    found = [session.ask("GET", _path(each["id"]), holds="evidence") for each in listed]
    session.answer(found, lambda: Text(evidence_csv(found).rstrip("\n")))
    changed = [each["id"] for each in found if not holds(each)]
    if changed:
        raise Tampered(f"the record of {', '.join(changed)} does not hold: somebody has changed it")


@app.command()
@with_session
def remediate(session: Session, finding: Finding, *, reason: Reason = "", dry_run: DryRun = False) -> None:
    """Put it right now, or say what would be done."""
    body = {"reason": reason, "dry_run": dry_run}
    found = session.ask("POST", f"{_path(finding)}/remediate", body, holds="state")
    if dry_run:
        session.answer(found, lambda: sentences(outlook_sentences(found)))
    else:
        session.answer(found, lambda: sentence(_answered(found)))


@app.command()
@with_session
def approve(session: Session, finding: Finding, *, reason: Reason = "") -> None:
    """Agree to what it waits for: it is assessed again, and done when it has its turn."""
    _say(session, finding, "approve", reason)


@app.command()
@with_session
def reject(session: Session, finding: Finding, *, reason: Reason = "") -> None:
    """Leave it as it is, also when it waits for its turn, until somebody asks for it."""
    _say(session, finding, "reject", reason)


@app.command()
@with_session
def undo(
    session: Session, finding: Finding, *, reason: WhyUndo, until: LeftUntil = None, dry_run: DryRun = False
) -> None:
    """Undo what was put right, and leave it so for a week, or until a moment."""
    # Only who undoes pays for it.
    from signalbox_cli.fleet_arguments import moment_option  # noqa: PLC0415
    from signalbox_cli.fleet_clock import present  # noqa: PLC0415

    end = moment_option("--until", until, "UTC", present(session)) if until else None
    body = {"reason": reason, "until": rfc3339(end) if end else None, "dry_run": dry_run}
    found = session.ask("POST", f"{_path(finding)}/undo", body, holds="state")
    if dry_run:
        session.answer(found, lambda: sentences(outlook_sentences(found)))
    else:
        session.answer(found, lambda: sentence(_answered(found)))


def _say(session: Session, finding: str, verb: str, reason: str) -> None:
    found = session.ask("POST", f"{_path(finding)}/{verb}", {"reason": reason}, holds="state")
    session.answer(found, lambda: sentence(_answered(found)))


def _answered(found: Json) -> str:
    return f"{found['id']} is {found['state']}: {found['reason']}"
