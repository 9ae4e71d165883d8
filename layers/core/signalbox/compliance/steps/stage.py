"""One stage of a fix, or of its undo: recorded before its writes, and left when it takes too long."""

from dataclasses import asdict, replace

from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding, Reached
from signalbox.compliance.rules.rule import Stage
from signalbox.compliance.steps.turn import happened, recorded, tell
from signalbox.kernel.again import later

SOONEST = 2  # seconds between two looks; each round of a stage twice as many
LONGEST_WAIT = 60  # seconds


def entered(finding: Finding, stage: Stage, ports: CompliancePorts) -> Finding:
    """The finding at that stage. Its writes stand in the timeline now; those that stood there are not told
    again."""
    last = finding.remediation.reached
    if last is None or last.stage != stage.name:
        return _told(finding, stage, Reached(stage=stage.name, at=ports.clock(), writes=stage.writes), ports)
    attempt = replace(finding.remediation, rounds=finding.remediation.rounds + 1)
    finding = replace(finding, remediation=attempt)
    if stage.writes in ((), last.writes):
        return recorded(finding, (), ports)
    return _told(finding, stage, replace(last, writes=stage.writes), ports)


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
