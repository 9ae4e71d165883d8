"""Rule `PlatformEventRule`: Auto Scaling launched or terminated an instance."""

from signalbox.entrypoint import listener
from signalbox.rollouts.commands.occurrences import group_of
from signalbox.rollouts.commands.on_platform_event import on_platform_event
from signalbox.wiring import ports


@listener(group_of)
def handler(group: str) -> bool:
    """Whoever waits for the group looks again at once."""
    return on_platform_event(group, ports())
