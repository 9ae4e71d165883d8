"""Rule `SweepFindingsRule`: what no event has announced, once an hour."""

from signalbox.compliance.commands.occurrences import sweep_due
from signalbox.compliance.commands.sweep_findings import sweep_findings
from signalbox.entrypoint import listener
from signalbox.wiring import compliance_ports


@listener(sweep_due)
def handler(_: str) -> str:
    """Every finding and every rule by itself."""
    return sweep_findings(compliance_ports())
