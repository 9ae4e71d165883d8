"""Rule `ComplianceRule`: AWS Config has found that something is not, or is again, as it must be."""

from signalbox.compliance.commands.notice import notice
from signalbox.compliance.commands.occurrences import compliance_changed
from signalbox.compliance.ports import Result
from signalbox.entrypoint import listener
from signalbox.wiring import compliance_ports


@listener(compliance_changed)
def handler(result: Result) -> str:
    """A finding opens, closes, or opens again."""
    return notice(result, compliance_ports())
