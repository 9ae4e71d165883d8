"""Whether a fix is made now, or waits until the first of its rule are proven, whoever has agreed to it."""

import math
from dataclasses import replace

from signalbox.compliance.decisions.waves import behind, has_room, is_let_through
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding, State
from signalbox.compliance.steps.turn import at_rest, happened, recorded, tell
from signalbox.compliance.waves import Wave, with_wave
from signalbox.kernel.again import persistent


def its_turn(finding: Finding, ports: CompliancePorts) -> Progress | None:
    """How long it rests, when those before it have been given turns that are not over."""
    turn = finding.remediation.turn_at
    if turn is None or turn <= ports.clock():
        return None
    return Progress(next=Next.ASSESS_FINDING, seconds=math.ceil((turn - ports.clock()).total_seconds()))


def admit(finding: Finding, ports: CompliancePorts) -> Progress:
    """Where it goes on."""
    wave = _entered(finding, ports)
    return Progress(next=Next.APPLY_FIX) if is_let_through(wave, finding) else _queued(finding, wave, ports)


@persistent
def _entered(finding: Finding, ports: CompliancePorts) -> Wave:
    """The wave, with this finding among the first if there is room, and otherwise knowing that one waits."""
    waves = ports.waves.get()
    wave = waves.of(finding.rule)
    if is_let_through(wave, finding):
        return wave
    if has_room(wave, finding):
        following = replace(wave, first=(*wave.first, finding.id))
    else:
        following = replace(wave, waiting=True)
    if following != wave:
        ports.waves.save(with_wave(waves, finding.rule, following))
    return following


def _queued(finding: Finding, wave: Wave, ports: CompliancePorts) -> Progress:
    """In nobody's hands, until those before it are proven; who agreed to what is kept. Should they have been
    proven just now, whoever begins the others has not seen this one: it looks again."""
    reason = behind(wave, finding.rule)
    attempt = replace(finding.remediation, queued=True, turn_at=None)
    event = happened("Finding Queued", reason, ports, first=list(wave.first), halted=bool(wave.halted))
    queued = replace(at_rest(finding, State.OPEN, reason, ports), remediation=attempt)
    queued = tell(queued, [event], ports)
    if ports.waves.get().of(finding.rule) == wave:
        return Progress(next=Next.DONE)
    again = replace(queued.remediation, queued=False)
    recorded(replace(queued, under_way=True, remediation=again), (), ports)
    return Progress(next=Next.ASSESS_FINDING)
