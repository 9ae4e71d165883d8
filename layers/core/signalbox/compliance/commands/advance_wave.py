"""It is known what became of the first ones of a rule: the others follow, or nothing does any more."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from signalbox.compliance.commands.attend import begin, begun
from signalbox.compliance.decisions.waves import EVERY, settled, speaks_for_others, together, watched_next
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Finding
from signalbox.compliance.waves import Wave, with_wave
from signalbox.kernel.again import persistent
from signalbox.kernel.errors import Conflict

Going = Sequence[tuple[Finding, datetime]]


def ended(finding_id: str, ports: CompliancePorts) -> str:
    """An attempt of that finding is over: what was done about others of its rule, in words. Told twice, or of
    one that has begun anew, it changes nothing more."""
    finding = ports.findings.find(finding_id)
    return f"there is no finding {finding_id}" if finding is None else advance(finding.rule, finding, ports)


def advance(rule: str, heard_of: Finding | None, ports: CompliancePorts) -> str:
    """What was done, in words. Raises Conflict when others are faster all the time."""
    wave, going, are_more = _advanced(rule, heard_of, ports)
    for finding, turn in reversed(going):  # the last is watched: it must not be taken for one that waits
        with suppress(Conflict):  # somebody else has it in hand
            begin(begun(finding, turn_at=turn), [], ports)
    if wave.halted:
        return f"{rule} is halted: {wave.halted}"
    if wave.waiting and not are_more and (going or not wave.first):
        _nobody_waits(rule, ports)
    return f"{rule}: {len(going)} begun"


@persistent
def _advanced(rule: str, heard_of: Finding | None, ports: CompliancePorts) -> tuple[Wave, Going, bool]:
    """The wave as stored, those that go now, each with its turn, and whether more wait. It is stored before
    anyone is begun: who dies in between leaves them queued, and the first of those are tried then."""
    waves = ports.waves.get()
    wave = waves.of(rule)
    first: Mapping[str, Finding | None] = {id_: ports.findings.find(id_) for id_ in wave.first}
    if heard_of is not None and speaks_for_others(wave, heard_of):
        first = {**first, heard_of.id: heard_of}
    elif not first and not (wave.waiting and not wave.halted):
        return wave, (), False
    now = ports.clock()
    after, count = settled(wave, first, together(ports.rules.get(rule)), now)
    queue = _queue(rule, ports) if count and wave.waiting else ()
    if after.halted:
        queue = [each for each in queue if each.remediation.requested_by]
    going = queue[:count]
    if going:
        after = replace(after, first=watched_next([each.id for each in going], count))
    start = max(now, waves.free_at or now)
    if after != wave or going:
        moved = replace(waves, free_at=start + len(going) * EVERY if going else waves.free_at)
        ports.waves.save(with_wave(moved, rule, after))
    turns = [(finding, start + number * EVERY) for number, finding in enumerate(going)]
    return after, turns, len(queue) > count


def recall(rule: str, ports: CompliancePorts) -> str:
    """Some of the rule are queued, and it may be that whoever was to remember so has died."""
    _remember_waiting(rule, ports, is_so=True)
    return advance(rule, None, ports)


def _nobody_waits(rule: str, ports: CompliancePorts) -> None:
    """Stored, and then looked at once more: who came to the queue meanwhile has been seen by nobody."""
    _remember_waiting(rule, ports, is_so=False)
    if _queue(rule, ports):
        recall(rule, ports)


@persistent
def _remember_waiting(rule: str, ports: CompliancePorts, *, is_so: bool) -> None:
    waves = ports.waves.get()
    wave = replace(waves.of(rule), waiting=is_so)
    if wave != waves.of(rule):
        ports.waves.save(with_wave(waves, rule, wave))


def _queue(rule: str, ports: CompliancePorts) -> Sequence[Finding]:
    """Those that wait, oldest first."""
    waiting = [each for each in ports.findings.all() if each.rule == rule and each.remediation.queued]
    return sorted(waiting, key=lambda each: (each.detected_at, each.id))
