"""The parts of the page. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from signalbox_cli.rollout_words import ENGINE, Json, caller_name, in_short, span
from signalbox_local.rehearsal.checks import Check
from signalbox_local.rehearsal.figures import Count
from signalbox_local.rehearsal.phases import epoch
from signalbox_local.rehearsal.report.markup import Markup, element, joined
from signalbox_local.rehearsal.result import Recording, Summary
from signalbox_local.rehearsal.telling import NONE, as_expected, dollars, facts, percent


def outcome(found: Summary) -> Markup:
    """The end in two words, coloured."""
    kind = "broken" if found.broken else "succeeded" if found.phase == "succeeded" else "back"
    told = "an invariant was broken" if found.broken else found.phase.replace("_", " ")
    badge = element("span", told, class_=f"outcome {kind}")
    return element("p", badge, " ", element("small", as_expected(found)))


def lead(found: Summary) -> Markup:
    """What a hurried reader takes away."""
    blast = found.blast
    hurt = f"{blast.users_hurt} of {blast.users} users were hurt"
    old = f", {blast.users_hurt_by_stable} of them by the old version" if blast.users_hurt_by_stable else ""
    reason = found.reason.rstrip(".")
    return element("p", f"After {span(found.seconds)}: {reason}. {hurt}{old}.", class_="lead")


def tiles(found: Summary) -> Markup:
    """The six figures that decide."""
    blast = found.blast
    return element(
        "div",
        _tile(
            percent(blast.share_hurt),
            "users hurt",
            f"{blast.users_hurt} of {blast.users}",
            bad=blast.users_hurt,
        ),
        _tile(f"{blast.failed}", "requests failed", f"{blast.slowed} slowed", bad=blast.failed),
        *_time_tiles(found),
        _tile(
            f"{found.lowest_healthy} of {found.size}", "healthy at the worst", f"the floor is {found.floor}"
        ),
        _tile(dollars(found.bill.total), "at list prices", f"{found.effort.transitions} state transitions"),
        class_="tiles",
    )


def _time_tiles(found: Summary) -> tuple[Markup, Markup]:
    """Of what went back its clocks, else what it took."""
    detected, restored = found.detection_at_real_speed, found.restore_seconds
    if restored is None:
        extra = found.extra_instance_seconds_at_real_speed / 60
        return (
            _tile(span(found.seconds), "took", "here, with short bakes"),
            _tile(f"{extra:.0f} min", "of instances more", "than before, at real speed"),
        )
    return (
        _tile(NONE if detected is None else f"~{span(detected)}", "to detect", "at real speed"),
        _tile(span(restored), "to restore", "from the alarm to traffic that is back"),
    )


def _tile(figure: str, name: str, more: str, *, bad: int = 0) -> Markup:
    parts = (element("b", figure), element("span", name, class_="name"), element("span", more))
    return element("div", *parts, class_="tile hurt" if bad else "tile")


def phases_rows(found: Summary, versions: Sequence[str]) -> Iterator[list[object]]:
    """Requests, failed and slowed."""
    for phase in found.phases:
        yield [phase.name, span(phase.seconds), *(_count(phase.versions.get(name)) for name in versions)]


def _count(count: Count | None) -> Markup:
    if count is None:
        return element("small", NONE)
    failed = element("span", count.failed, class_="failed" if count.failed else "muted")
    slowed = element("span", count.slowed, class_="slowed" if count.slowed else "muted")
    return joined([count.requests, " · ", failed, " · ", slowed])


def checks_list(checks: Iterable[Check]) -> Markup:
    """Each with its mark; what was found where it does not hold."""
    items = (
        element("li", element("b", "✓"), check.told)
        if check.holds
        else element("li", element("b", "✗"), f"{check.told}: found {check.found}", class_="no")
        for check in checks
    )
    return element("ul", *items, class_="checks")


def facts_list(found: Summary) -> Markup:
    """The same words as on a terminal."""
    return element("dl", *(joined([element("dt", name), element("dd", told)]) for name, told in facts(found)))


def timeline_rows(events: Sequence[Json], found: Recording) -> Iterator[list[object]]:
    """Seconds since the rollout was asked for, what happened, why and by whom."""
    rollout = found.sightings[-1].rollout
    zero = epoch(rollout["created_at"])
    for event in events:
        by = "" if event["actor"] == ENGINE else f" · by {caller_name(event['actor'])}"
        why = f"{in_short(event['reason'], rollout)}{by}"
        yield [f"{max(0.0, epoch(event['at']) - zero):.1f} s", event["type"], why.removeprefix(" · ")]
