"""What of a rollout is so only because it is rehearsed. Pure."""

from dataclasses import replace

from signalbox_cli.rollout_news import Sighting

# Bakes are shorter here, and the periods of alarms are too, which the engine cannot know.
_SHORT_BAKE = "strategy: a bake of "


def as_at_real_speed(seen: Sighting) -> Sighting:
    """For people to look at: without warnings of bakes that are shorter than an alarm needs."""
    warnings = [told for told in seen.rollout["warnings"] if not told.startswith(_SHORT_BAKE)]
    events = tuple(e for e in seen.events if not e["reason"].startswith(_SHORT_BAKE))
    return replace(seen, rollout={**seen.rollout, "warnings": warnings}, events=events)
