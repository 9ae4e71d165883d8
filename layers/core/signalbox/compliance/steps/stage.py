"""One stage of a fix, or of its undo: recorded before its writes, and left when it takes too long."""

from dataclasses import asdict, replace
from datetime import timedelta

from signalbox.compliance.model import Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding, Reached
from signalbox.compliance.rules.rule import Stage
from signalbox.compliance.steps.turn import happened, recorded, tell
from signalbox.kernel.again import later

SOONEST = 2  # seconds between two looks; each round of a stage twice as many
LONGEST_WAIT = 60  # seconds
# What EC2 has made it may not list at once: made again it would be there twice.
SHOWS_WITHIN = timedelta(seconds=15)


def entered(finding: Finding, stage: Stage, ports: CompliancePorts) -> tuple[Finding, tuple[Write, ...]]:
    """The finding at that stage, and what is to be written now. It stands in the timeline already; what stood
    there is not told again, and what was written a moment ago is given time to show."""
    last = finding.remediation.reached
    if last is None or last.stage != stage.name:
        reached = Reached(stage=stage.name, at=ports.clock(), writes=stage.writes)
        return _told(finding, stage, reached, ports), stage.writes
    attempt = replace(finding.remediation, rounds=finding.remediation.rounds + 1)
    finding = replace(finding, remediation=attempt)
    if stage.writes not in ((), last.writes):
        return _told(finding, stage, replace(last, writes=stage.writes), ports), stage.writes
    is_fresh = ports.clock() - last.at < SHOWS_WITHIN
    return recorded(finding, (), ports), () if is_fresh else stage.writes


def _told(finding: Finding, stage: Stage, reached: Reached, ports: CompliancePorts) -> Finding:
    begun = happened("Stage Begun", stage.name, ports, writes=[asdict(write) for write in stage.writes])
    attempt = replace(finding.remediation, reached=reached, rounds=0)
    return tell(replace(finding, reason=stage.name, remediation=attempt), [begun], ports)


def is_late(finding: Finding, stage: Stage, ports: CompliancePorts) -> bool:
    """Whether it has been at that stage for too long."""
    reached = finding.remediation.reached
    return reached is not None and ports.clock() - reached.at > stage.within


def rest(finding: Finding) -> int:
    """Seconds until it is worth looking again."""
    return later(finding.remediation.rounds, SOONEST, LONGEST_WAIT)
