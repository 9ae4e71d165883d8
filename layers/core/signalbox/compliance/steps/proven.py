"""The end of a remediation that went well: the resource was read back, and is as the rule says."""

from dataclasses import replace

from signalbox.compliance.model import Configuration
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding, State
from signalbox.compliance.steps.turn import at_rest, happened, tell


def proven(finding: Finding, reason: str, after: Configuration, ports: CompliancePorts) -> None:
    """Told with the evidence: before and after. Whoever had given it up already takes that back."""
    attempt = replace(finding.remediation, after=after, stopped=False, failure="")
    evidence = happened("Remediation Succeeded", reason, ports, before=attempt.before, after=after)
    tell(replace(at_rest(finding, State.REMEDIATED, reason, ports), remediation=attempt), [evidence], ports)
