"""The parts of a rehearsal, as the timeline tells them: before, each step, the way back, after. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.rollout_words import Json
from signalbox_local.rehearsal.checks import ENDINGS

BEFORE, WAY_BACK, AFTER = "before", "the way back", "after"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From `began` to `ended`, epoch seconds; `kind` is the step's, or empty outside of steps."""

    name: str
    kind: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long it took here."""
        return self.ended - self.began


def epoch(at: str) -> float:
    """An RFC 3339 instant in epoch seconds."""
    return from_rfc3339(at).timestamp()


def phases(rollout: Json, events: Sequence[Json], began: float, ended: float) -> tuple[Phase, ...]:
    """Without gaps from `began` to `ended`; those of no length are left out."""
    starts = [(began, BEFORE, ""), *_starts(rollout, events)]
    bounds = [*(at for at, _, _ in starts[1:]), ended]
    found = [
        Phase(name=name, kind=kind, began=at, ended=max(at, until))
        for (at, name, kind), until in zip(starts, bounds, strict=True)
    ]
    return tuple(phase for phase in found if phase.seconds > 0)


def _starts(rollout: Json, events: Sequence[Json]) -> Iterator[tuple[float, str, str]]:
    """An alarm's entry carries the alarm's own time, which may be earlier than the entry before it."""
    latest = 0.0
    for event in events:
        named = _named(rollout, event)
        if named:
            latest = max(latest, epoch(event["at"]))
            yield latest, *named


def _named(rollout: Json, event: Json) -> tuple[str, str] | None:
    if event["type"] == "Step Started":
        step = rollout["steps"][event["data"]["step"]]
        return str(step["name"]), str(step["kind"])
    if event["type"] == "Rollback Started":
        return WAY_BACK, ""
    return (AFTER, "") if event["type"] in ENDINGS else None


def faster(found: Sequence[Phase], speed: float) -> list[tuple[float, float, float]]:
    """What went faster than it will on AWS, and by how much: bakes and experiments."""
    return [(phase.began, phase.ended, speed) for phase in found if phase.kind in ("bake", "analyse")]
