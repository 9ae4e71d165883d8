"""Rules `ComplianceRule` and `RemediationEndedRule`: AWS Config has found that something is not, or is again,
as it must be; an attempt to put something right is over, or waits for people."""

from signalbox.compliance.commands.advance_wave import ended
from signalbox.compliance.commands.notice import notice
from signalbox.compliance.commands.occurrences import about_finding
from signalbox.compliance.ports import Result
from signalbox.entrypoint import listener
from signalbox.wiring import compliance_ports


@listener(about_finding)
def handler(occurrence: Result | str) -> str:
    """A finding opens, closes, or opens again; or others of its rule follow it."""
    if isinstance(occurrence, Result):
        return notice(occurrence, compliance_ports())
    return ended(occurrence, compliance_ports())
