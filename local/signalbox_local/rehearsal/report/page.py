"""One self-contained page of one or more rehearsals."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from signalbox_cli.rollout_words import span
from signalbox_local.rehearsal import prices
from signalbox_local.rehearsal.fidelity import as_at_real_speed
from signalbox_local.rehearsal.rehearse import Rehearsal
from signalbox_local.rehearsal.report.drawing import draw
from signalbox_local.rehearsal.report.markup import Markup, element, joined, table
from signalbox_local.rehearsal.report.sections import (
    checks_list,
    facts_list,
    lead,
    outcome,
    phases_rows,
    tiles,
    timeline_rows,
)
from signalbox_local.rehearsal.report.series import plots
from signalbox_local.rehearsal.telling import COLUMNS, comparison_row

STYLE = Path(__file__).with_name("style.css")
_NUMBER, _WORD, _TEXT = "number", "word", ""


def write_report(file: Path, found: Sequence[Rehearsal]) -> None:
    """Overwrites the file."""
    file.write_text(page(found), encoding="utf-8")


def page(found: Sequence[Rehearsal]) -> str:
    """The whole document."""
    first = found[0]
    title = f"{first.script.plan.name}: {first.script.world.title}"
    head = element(
        "head",
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
               "style-src 'unsafe-inline'\">"),
        element("title", title),
        element("style", Markup(STYLE.read_text("utf-8"))),
    )  # fmt: skip
    body = element("main", _heading(first), *_comparison(found), *_rehearsals(found), _footer(first))
    return f"<!doctype html>\n{element('html', head, element('body', body), lang='en')}\n"


def _heading(first: Rehearsal) -> Markup:
    script = first.script
    told = f"rehearsal · speed ×{script.speed:g} · seed {script.seed}"
    return joined([
        element("div", told, class_="kicker"),
        element("h1", f"{script.plan.name}: {script.version} after {script.world.stable}"),
        element("p", script.world.title, class_="muted"),
    ])  # fmt: skip


def _comparison(found: Sequence[Rehearsal]) -> Iterator[Markup]:
    if len(found) == 1:
        return
    head, *rows = zip(COLUMNS, *(comparison_row(one.summary) for one in found), strict=True)
    yield element("h2", "Side by side")
    yield table([(name, _NUMBER if place else _WORD) for place, name in enumerate(head)], rows)
    told = "Detected after and error minutes: at real speed. Lowest capacity: healthy targets of all."
    yield element("p", told, class_="muted")


def _rehearsals(found: Sequence[Rehearsal]) -> Iterator[Markup]:
    for number, one in enumerate(found):
        if len(found) > 1:
            yield element("h2", one.summary.strategy, class_="next")
        yield _rehearsal(one, number)


def _rehearsal(one: Rehearsal, number: int) -> Markup:
    summed, script = one.summary, one.script
    images = (one.replica.images[script.world.stable], one.replica.images[script.version])
    drawn = Markup(draw(plots(one.recording, summed, images, script.world.traffic.slow_ms), number))
    versions = list(dict.fromkeys(name for phase in summed.phases for name in phase.versions))
    events = as_at_real_speed(one.recording.sightings[-1]).events
    return joined([
        outcome(summed),
        lead(summed),
        tiles(summed),
        element("figure", drawn, element("figcaption", _CAPTION)),
        element("h3", "Phase by phase"),
        table(
            [("phase", _TEXT), ("took", _NUMBER), *((name, _NUMBER) for name in versions)],
            phases_rows(summed, versions),
        ),
        element("p", "requests · failed · slowed, by the version that answered", class_="muted"),
        element("h3", "What must hold of every rollout"),
        checks_list(summed.checks),
        element("h3", "All figures"),
        facts_list(summed),
        element("h3", "Timeline"),
        table([("after", _NUMBER), ("what", _TEXT), ("why", _TEXT)], timeline_rows(events, one.recording)),
    ])  # fmt: skip


_CAPTION = (
    "All on one time axis, in seconds of the rehearsal; above it the phases. "
    "Dashed: the share that was asked for. "
    "Red: a guard went off; green: all traffic was back and healthy."
)


def _footer(first: Rehearsal) -> Markup:
    speed = first.script.speed
    told = (
        f"Bakes and the periods of alarms went {speed:g} times as fast as they will; instances booted, and "
        f"health checks ran, as the world says. An answer is slow above {span(first.script.slow_seconds)}. "
        "Error minutes: each second counts by the share of its requests that failed. "
        f"Prices: list prices of {prices.REGION}, {prices.AS_OF}, instances {prices.INSTANCE_TYPE}."
    )
    return element("footer", told)
