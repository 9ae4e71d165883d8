"""The page of a rehearsal: whole, without scripts, and deaf to what names say."""

import re
from dataclasses import replace
from xml.etree import ElementTree

from signalbox_local.rehearsal.report.drawing import draw
from signalbox_local.rehearsal.report.markup import Markup, element, table
from signalbox_local.rehearsal.report.page import page
from signalbox_local.rehearsal.report.series import plots
from tests.unit.rehearsals import BROKEN, CANDIDATE, STABLE, recording, rehearsal, script, sighting, summed

HOSTILE = "<script>alert('x')</script>&\u202e\x1b[2J"


def drawn() -> str:
    return draw(plots(recording(), summed(), (STABLE, CANDIDATE), 500), 0)


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "a < b", element("b", "&"), class_='"x"') == (
        '<p class="&quot;x&quot;">a &lt; b<b>&amp;</b></p>'
    )
    assert isinstance(element("p"), Markup)
    assert "<td" in table([("a", "")], [["<b>"]])
    assert "<b>" not in table([("a", "")], [["<b>"]])


def test_a_hostile_name_is_text_wherever_it_comes() -> None:
    seen = sighting(service=HOSTILE, outcome={"reason": HOSTILE, "evidence": {}})
    events = tuple(
        {**event, "reason": HOSTILE, "type": f"{HOSTILE} {event['type']}"} for event in seen.events
    )
    told = replace(seen, events=(*seen.events, *events[:1]))
    world = script().world.model_copy(update={"title": HOSTILE, "stable": HOSTILE})
    hostile = rehearsal(
        script=replace(script(), world=world.model_copy(update={"stable": "good"}), version="bad"),
        recording=recording(sightings=(told,)),
        summary=replace(summed(), reason=HOSTILE, strategy=HOSTILE, warnings=(HOSTILE,), checks=(BROKEN,)),
    )
    made = page([hostile, hostile])
    assert "<script" not in made
    assert "\u202e" not in made
    assert "\x1b" not in made
    assert made.count("&lt;script&gt;") > 5


def test_the_page_needs_nothing_from_anywhere() -> None:
    made = page([rehearsal()])
    assert not re.search(r"<(script|link|img|iframe|object)\b", made)
    assert not re.search(r"(?:href|src)=\"(?!#)", made)
    assert "url(" not in re.sub(r"url\(#\w+\)", "", made)
    assert "default-src 'none'" in made


def test_plots_are_text_and_shapes_in_the_colours_of_the_page() -> None:
    svg = drawn()
    words = {node.text for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")}
    assert {"Traffic", "Requests", "Latency", "Healthy targets", "detected", "restored", "before"} <= words
    assert {"var(--stable)", "var(--candidate)", "var(--bad)"} <= set(re.findall(r"var\(--\w+\)", svg))
    assert "#0" not in re.sub(r'"#\w*"|url\(#\w+\)', "", svg)


def test_the_same_rehearsal_is_drawn_alike_and_ids_do_not_clash_on_a_page() -> None:
    assert drawn() == drawn()
    made = page([rehearsal(), rehearsal()])
    clips = re.findall(r'<clipPath id="(\w+)"', made)
    assert len(clips) == len(set(clips))


def test_what_was_seen_before_anything_happened_is_drawn_too() -> None:
    nothing = recording(looks=(), requests=())
    svg = draw(plots(nothing, summed(), (STABLE, CANDIDATE), 500), 0)
    assert "Healthy targets" in svg


def test_a_broken_invariant_is_what_the_page_begins_with() -> None:
    made = page([rehearsal(summary=replace(summed(), checks=(BROKEN,)))])
    assert made.index("an invariant was broken") < made.index("<svg")
    assert "✗" in made
