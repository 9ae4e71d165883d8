"""Rules `InstancePowerRule` and `DatabasePowerRule`: somebody has started or stopped something. Rule
`PowerTagRule`: or has said in its tag how it should be."""

from signalbox.entrypoint import listener
from signalbox.fleets.commands.enforce import Switched, enforce
from signalbox.fleets.commands.mind_tag import TagChanged, mind_tag
from signalbox.fleets.commands.occurrences import power_told
from signalbox.wiring import fleet_ports


@listener(power_told)
def handler(told: Switched | TagChanged) -> str:
    """Bring it where its fleet, or its tag, says so."""
    return mind_tag(told, fleet_ports()) if isinstance(told, TagChanged) else enforce(told, fleet_ports())
