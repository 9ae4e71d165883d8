"""The process dies at any call of a port, before or after it is done: whatever wakes up next goes on."""

from copy import deepcopy

import pytest

from signalbox.compliance.commands.remediate import approve, reject
from signalbox.compliance.commands.undo_remediation import undo_remediation
from signalbox.compliance.model import Write
from signalbox.compliance.record import State
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, Rejected
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import Thing
from tests.unit.compliance_machine import ANA, Railway, assert_in_order
from tests.unit.fleet_fakes import Killed

BEN = Caller(arn="arn:aws:iam::123456789012:user/ben", reason="the shop is down")
BUCKET, GROUP, VOLUME = "bucket-public-access", "ssh-closed", "volume-encrypted"


def _answered(stage: Railway, finding_id: str, answer: str) -> None:
    """A person who gets an error tries again."""
    for _ in range(3):
        try:
            {"approve": approve, "reject": reject}[answer](finding_id, ANA, stage.world.ports)
        except Killed:
            continue
        except Conflict:
            return
        return


def _taken_back(stage: Railway, finding_id: str) -> None:
    """A person who gets an error tries again."""
    for _ in range(3):
        try:
            undo_remediation(finding_id, None, BEN, stage.world.ports)
        except Killed:
            continue
        return


def _play(story: str, dies_at: int | None, *, after: bool) -> tuple[Railway, State]:
    stage = Railway()
    stage.world.wire.dies_at, stage.world.wire.after = dies_at, after
    rule = RULES[story]
    thing = Thing(configuration=deepcopy(EXAMPLES[rule].bad))
    subject = stage.has(rule, thing)

    def refuse(write: Write) -> None:
        if story == "undone" and write.operation.startswith("Revoke") and stage.world.estate.writes:
            raise Rejected("no")
        if story == "put back" and write.operation == "CreateTags" and "kept-for" in str(write.parameters):
            raise Rejected("no")

    stage.world.estate.refuse = refuse
    result = stage.result(subject)
    stage.hears(result)
    stage.settle()
    if story == "taken back":
        stage.sweep()
        stage.settle()
        _taken_back(stage, subject.finding_id)
        stage.settle()
    elif story != "auto":
        stage.sweep()
        stage.settle()
        _answered(stage, subject.finding_id, "reject" if story == "rejected" else "approve")
        stage.settle()
    stage.sweep()
    stage.settle()
    stage.sweep()
    return stage, stage.finding(subject).state


RULES = {
    "auto": BUCKET, "taken back": BUCKET, "approved": GROUP, "rejected": GROUP, "undone": GROUP,
    "swapped": VOLUME, "put back": VOLUME,
}  # fmt: skip
ENDINGS = {
    "auto": State.REMEDIATED,
    "taken back": State.EXCEPTED,
    "swapped": State.REMEDIATED,
    "put back": State.FAILED,
    "approved": State.REMEDIATED,
    "rejected": State.OPEN,
    "undone": State.FAILED,
}


SWAPPED = [
    ("CreateTags", "held-for"), ("CreateSnapshot", "ahead"), ("StopInstances", ""),
    ("CreateSnapshot", "final"), ("CreateVolume", ""), ("DetachVolume", ""), ("AttachVolume", ""),
    ("ModifyInstanceAttribute", ""),
    ("CreateTags", "kept-for"), ("StartInstances", ""), ("DeleteTags", "held-for"),
]  # fmt: skip


def _swapped(stage: Railway) -> list[tuple[str, str]]:
    """Each write that had an effect, once: a process that died may have made one that nobody saw."""
    made = []
    for write in stage.world.estate.writes:
        told = str((write.parameters.get("Description"), write.parameters.get("Tags")))
        kinds = (kind for kind in ("ahead", "final", "held-for", "kept-for") if kind in told)
        made.append((write.operation, next(kinds, "")))
    return list(dict.fromkeys(made))


@pytest.mark.untraced
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("story", ENDINGS)
def test_whoever_dies_wherever_it_ends_the_same(story: str, *, after: bool) -> None:
    calls = len(_play(story, None, after=False)[0].world.wire.log)
    assert calls > 20
    for number in range(calls):
        stage, state = _play(story, number, after=after)
        where = f"call {number}: {stage.world.wire.log[number]}"
        assert state is ENDINGS[story], where
        assert_in_order(stage)
        group = next(iter(stage.world.estate.things.values())).configuration
        if story == "swapped":
            assert _swapped(stage) == SWAPPED, where
        if story == "put back":
            restored = stage.world.rules[VOLUME].playbook.restored
            assert restored(group) == restored(EXAMPLES[VOLUME].bad), where
        if story == "taken back":
            assert group == EXAMPLES[BUCKET].bad, where
            assert [each.version for each in stage.world.exceptions.all()] == [1], where
        if story == "undone":
            assert sorted(map(str, group["Ingress"])) == sorted(  # type: ignore[call-overload]
                map(str, EXAMPLES[GROUP].bad["Ingress"])  # type: ignore[call-overload]
            ), where
