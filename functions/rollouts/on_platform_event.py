"""Rule `PlatformEventRule`: Auto Scaling launched or terminated an instance."""

from signalbox.entrypoint import listener
from signalbox.rollouts.commands.occurrences import instance_changed
from signalbox.rollouts.commands.on_platform_event import InstanceChanged, on_platform_event
from signalbox.wiring import ports


@listener(instance_changed)
def handler(event: InstanceChanged) -> bool:
    """Whoever waits for the group looks again at once."""
    return on_platform_event(event, ports())
