"""One stage of a fix, or of its undo: recorded before its writes, and left when it takes too long."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta

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
# More than any wait between two looks: AWS was down, or took no writes. A stage is not late for that.
AWAY = timedelta(minutes=5)


def entered(finding: Finding, stage: Stage, ports: CompliancePorts) -> tuple[Finding, tuple[Write, ...]]:
    """The finding at that stage, and what is to be written now. It stands in the timeline already; what stood
    there is not told again, and what was written a moment ago is given time to show."""
    last, now = finding.remediation.reached, ports.clock()
    reached = at_stage(last, stage.name, now)
    is_new = last is None or last.stage != stage.name
    if is_new or stage.writes not in ((), reached.writes):
        return _told(finding, stage, replace(reached, writes=stage.writes), ports), stage.writes
    writes = () if now - reached.at < SHOWS_WITHIN else stage.writes
    attempt = replace(
        finding.remediation,
        reached=last if writes else reached,
        rounds=finding.remediation.rounds + 1,
    )
    finding = recorded(replace(finding, remediation=attempt), (), ports)  # whoever lost it writes nothing
    return replace(finding, remediation=replace(attempt, reached=reached)), writes


def at_stage(last: Reached | None, name: str, now: datetime, away: timedelta = AWAY) -> Reached:
    """Since when it has been there, now that AWS has answered again; since now when it was not there."""
    if last is None or last.stage != name:
        return Reached(stage=name, at=now, writes=(), answered_at=now)
    gap = now - (last.answered_at or now)
    return replace(last, at=last.at + gap if gap > away else last.at, answered_at=now)


def answered(finding: Finding, writes: Sequence[Write], ports: CompliancePorts) -> None:
    """AWS has taken all writes of a round: that is remembered. Of a first one, and of one without writes, it
    is already."""
    if writes and finding.remediation.rounds:
        recorded(finding, (), ports)


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
