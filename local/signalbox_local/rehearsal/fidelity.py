"""What of a rollout is so only because it is rehearsed. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from signalbox_cli.rollout_news import Sighting

# Bakes, the periods of alarms and the TTL of a name are shorter here, which the engine cannot know.
_OF_THIS_PACE = ("strategy: a bake of ", "traffic.record_name: clients follow")


def at_any_speed(warnings: Iterable[str]) -> Iterator[str]:
    """Those that would be the same on AWS."""
    return (told for told in warnings if not told.startswith(_OF_THIS_PACE))


def as_at_real_speed(seen: Sighting) -> Sighting:
    """For people to look at: without warnings of bakes that are shorter than an alarm needs, and of how soon
    clients follow a name."""
    warnings = [*at_any_speed(seen.rollout["warnings"])]
    events = tuple(e for e in seen.events if not e["reason"].startswith(_OF_THIS_PACE))
    return replace(seen, rollout={**seen.rollout, "warnings": warnings}, events=events)
