"""What is new about a rollout, as lines for a log or a pipe. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.text import Text

from signalbox_cli.rollout_words import (
    ENDED,
    ENGINE,
    Json,
    caller_name,
    guard_state,
    healthy_of,
    in_short,
    place,
    printable,
    time_of_day,
)

KIND_WIDTH = 25  # of `Point Of No Return Passed`


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A rollout and its whole timeline, as the API told them at the RFC 3339 instant `at`."""

    rollout: Json
    events: tuple[Json, ...]
    at: str

    @property
    def has_ended(self) -> bool:
        """Whether the rollout has."""
        return self.rollout["phase"] in ENDED


def news(before: Sighting | None, now: Sighting) -> list[Text]:
    """One line per new entry of the timeline, then one for whatever else differs. The entry that tells how it
    ended is the last word."""
    known = len(before.events) if before else 0
    entries = [_entry(event, now.rollout) for event in now.events[known:]]
    last = [entries.pop()] if entries and now.has_ended else []
    return [
        *entries,
        *_guards(before, now),
        *_shares(before, now),
        *_analysis(before, now),
        *_capacity(before, now),
        *last,
    ]


def line(at: str, kind: str, told: str) -> Text:
    """Time, what it is about, and what there is to say."""
    kind = printable(kind)
    return Text.assemble((f"{time_of_day(at)}  ", "dim"), f"{kind:<{KIND_WIDTH}}  ", printable(told))


def _entry(event: Json, rollout: Json) -> Text:
    told = in_short(event["reason"], rollout)
    if event["type"] == "Step Started":
        told = f"{place(event['data']['step'], rollout)} {told}"
    by = "" if event["actor"] == ENGINE else f"by {caller_name(event['actor'])}"
    return line(event["at"], event["type"], " · ".join(part for part in (told, by) if part))


def _guards(before: Sighting | None, now: Sighting) -> Iterator[Text]:
    known = {guard["name"]: guard["state"] for guard in before.rollout["guards"]} if before else {}
    for guard in now.rollout["guards"]:
        if guard["state"] and guard["state"] != known.get(guard["name"]):
            yield line(now.at, "guard", f"{in_short(guard['name'], now.rollout)}: {guard_state(guard)}")


def _shares(before: Sighting | None, now: Sighting) -> Iterator[Text]:
    actual = now.rollout["shares"]["actual"]
    if before is None or before.rollout["shares"]["actual"] != actual:
        yield line(now.at, "traffic", f"stable {actual['stable']} %, candidate {actual['candidate']} %")


def _analysis(before: Sighting | None, now: Sighting) -> Iterator[Text]:
    """What each look has found; the verdict is an entry of the timeline."""
    analysis = now.rollout.get("analysis")
    known = before.rollout.get("analysis") if before else None
    if analysis and not analysis["ended_at"] and (not known or known["reason"] != analysis["reason"]):
        yield line(now.at, "experiment", analysis["reason"])


def _capacity(before: Sighting | None, now: Sighting) -> Iterator[Text]:
    capacity = now.rollout.get("capacity")
    if capacity and (before is None or before.rollout.get("capacity") != capacity):
        sides = [f"{side} {healthy_of(told)}" for side, told in capacity.items() if told]
        yield line(now.at, "capacity", "; ".join(sides))
