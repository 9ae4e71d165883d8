"""Many of one rule at once: what stories of waves begin with, and how they stand."""

from signalbox.compliance.commands.remediate import approve
from signalbox.compliance.model import Subject
from signalbox.compliance.record import State
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.compliance_stories import BUCKET, GROUP, thing


def flood(stage: Railway, count: int) -> list[Subject]:
    """So many buckets are found at once."""
    found = [stage.has(BUCKET, thing(BUCKET), id_=f"bucket-{number:04d}") for number in range(count)]
    for subject in found:
        stage.says(subject)
    return found


def states(stage: Railway, found: list[Subject]) -> set[State]:
    return {stage.finding(subject).state for subject in found}


def queued(stage: Railway, found: list[Subject]) -> list[Subject]:
    return [subject for subject in found if stage.finding(subject).remediation.queued]


def begun(stage: Railway, found: list[Subject]) -> list[Subject]:
    return [subject for subject in found if "Remediation Started" in stage.told(subject)]


def waves_are_over(stage: Railway) -> None:
    assert [wave for wave in stage.world.waves.kept.by_rule.values() if wave.first or wave.waiting] == []
    assert_in_order(stage)


def approved(stage: Railway, count: int) -> list[Subject]:
    """So many open groups are found, and somebody agrees to all of them in a loop."""
    found = [stage.has(GROUP, thing(GROUP), id_=f"sg-{number:04d}") for number in range(count)]
    for subject in found:
        stage.says(subject)
    stage.settle(seconds=5)
    for subject in found:
        approve(subject.finding_id, ANA, stage.world.ports)
    return found
