"""What a rehearsal has found: recorded, then summed up. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from signalbox.rollouts.scene import part
from signalbox.rollouts.strategies.presets import with_floor
from signalbox_cli.rollout_news import Sighting
from signalbox_cli.rollout_words import why
from signalbox_local.rehearsal.checks import Check
from signalbox_local.rehearsal.effort import Bill, Effort, bill, effort
from signalbox_local.rehearsal.figures import (
    Blast,
    Count,
    Latency,
    PhaseCount,
    blast,
    by_phase,
    by_version,
    first_hurt,
    last_after,
    latency,
    within,
)
from signalbox_local.rehearsal.footprint import Footprint
from signalbox_local.rehearsal.invariants import (
    bus_check,
    ending_checks,
    floor_check,
    kept_check,
    shares_check,
    watched_until,
)
from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.looks import Look, instance_seconds, lowest_healthy
from signalbox_local.rehearsal.phases import Phase, epoch, faster, phases
from signalbox_local.rehearsal.replica import Replica
from signalbox_local.rehearsal.script import Script

ENDED_WELL, WENT_BACK, BROKEN = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that was seen and counted outside; times in epoch seconds."""

    began: float
    ended: float
    requests: tuple[Request, ...]
    looks: tuple[Look, ...]
    sightings: tuple[Sighting, ...]
    before: Footprint
    after: Footprint
    calls: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    histories: Sequence[Sequence[Mapping[str, Any]]]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Of a rollback, epoch seconds: the first bad answer that stable did not give, then the three clocks."""

    hurt: float | None
    detected: float | None
    acted: float | None
    restored: float | None

    def detection(self) -> float | None:
        """Seconds from the first bad answer to the alarm, here."""
        if self.hurt is None or self.detected is None:
            return None
        return max(0.0, self.detected - self.hurt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All figures of one rehearsal. `detection_at_real_speed` in seconds; `extra_instance_seconds` are those
    above the baseline, here and at real speed; `lowest_healthy` targets carried the traffic at the worst.
    `followed_seconds`: after the traffic had been given to one version, users still came to the other one for
    so long; None where no weights say who gets it."""

    strategy: str
    version: str
    rollout_id: str
    phase: str
    reason: str
    expected: str
    seconds: float
    clocks: Clocks
    detection_at_real_speed: float | None
    restore_seconds: float | None
    followed_seconds: float | None
    versions: dict[str, Count]
    latency: dict[str, Latency]
    phases: tuple[PhaseCount, ...]
    blast: Blast
    size: int
    floor: int
    lowest_healthy: int
    extra_instance_seconds: float
    extra_instance_seconds_at_real_speed: float
    effort: Effort
    bill: Bill
    checks: tuple[Check, ...]
    warnings: tuple[str, ...]

    @property
    def broken(self) -> tuple[Check, ...]:
        """Invariants that did not hold."""
        return tuple(check for check in self.checks if not check.holds)

    @property
    def exit_code(self) -> int:
        """0: the rollout succeeded, 1: it did not, 2: an invariant was broken."""
        if self.broken:
            return BROKEN
        return ENDED_WELL if self.phase == "succeeded" else WENT_BACK

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "exit_code": self.exit_code, "share_hurt": self.blast.share_hurt}


def summary(script: Script, replica: Replica, found: Recording) -> Summary:
    """The figures of what was recorded."""
    last = found.sightings[-1]
    spans = phases(last.rollout, last.events, found.began, found.ended)
    sped_up = faster(spans, script.speed)
    asked = _during(found, last)
    stable = replica.images[script.world.stable]
    clocks = _clocks(last, asked, stable, script.slow_seconds)
    detection = clocks.detection()
    spent = effort(found.calls, found.histories, _ruled(found.events))
    size = found.before.size
    really = instance_seconds(found.looks, size, sped_up)
    names = version_names(script, replica)
    return Summary(
        strategy=script.strategy_name,
        version=script.version,
        rollout_id=last.rollout["rollout_id"],
        phase=last.rollout["phase"],
        reason=why(last.rollout, last.events),
        expected=script.world.expected.phase,
        seconds=_ended_at(last, found) - epoch(last.rollout["created_at"]),
        clocks=clocks,
        detection_at_real_speed=None if detection is None else detection * script.speed,
        restore_seconds=_between(clocks.detected, clocks.restored),
        followed_seconds=_followed(found, clocks, stable, replica.images[script.version]),
        versions=by_version(asked, names, script.slow_seconds),
        latency=_latencies(asked, names),
        phases=by_phase(found.requests, spans, names, script.slow_seconds),
        blast=blast(asked, stable, script.slow_seconds, sped_up),
        size=size,
        floor=floor_of(script, size),
        lowest_healthy=lowest_healthy(found.looks),
        extra_instance_seconds=instance_seconds(found.looks, size, ()),
        extra_instance_seconds_at_real_speed=really,
        effort=spent,
        bill=bill(spent, really),
        checks=_checks(script, replica, found),
        warnings=found.warnings,
    )


def version_names(script: Script, replica: Replica) -> dict[str, str]:
    """AMI id → version, stable first."""
    names = [script.world.stable, script.version]
    return {replica.images[name]: name for name in names}


def floor_of(script: Script, size: int) -> int:
    """The health floor in instances, rounded up."""
    spec = with_floor(replace(script.spec, strategy=script.strategy), size)
    return part(spec.guards.min_healthy_percent or 0, size)


def phases_of(found: Recording) -> tuple[Phase, ...]:
    """Of the whole recording."""
    last = found.sightings[-1]
    return phases(last.rollout, last.events, found.began, found.ended)


def _during(found: Recording, last: Sighting) -> list[Request]:
    """From the start of the rollout to its end."""
    return within(found.requests, epoch(last.rollout["created_at"]), _ended_at(last, found))


def _ended_at(last: Sighting, found: Recording) -> float:
    return epoch(last.rollout["ended_at"]) if last.rollout["ended_at"] else found.ended


def _latencies(asked: Sequence[Request], names: Mapping[str, str]) -> dict[str, Latency]:
    found = {name: latency(one for one in asked if one.image == image) for image, name in names.items()}
    return {name: measured for name, measured in found.items() if measured}


def _clocks(last: Sighting, asked: Sequence[Request], stable: str, slow_seconds: float) -> Clocks:
    told = last.rollout["clocks"]
    instants = {name: epoch(told[f"{name}_at"]) if told[f"{name}_at"] else None for name in _CLOCKS}
    return Clocks(hurt=first_hurt(asked, stable, slow_seconds), **instants)


def _followed(found: Recording, clocks: Clocks, stable: str, candidate: str) -> float | None:
    """On the way back from the first restoring write on, otherwise from when the last shift was done."""
    last = found.sightings[-1]
    if not any(step["kind"] == "shift" for step in last.rollout["steps"]):
        return None
    if clocks.acted is not None:
        return last_after(found.requests, candidate, clocks.acted)
    shifted = [epoch(event["at"]) for event in last.events if event["type"] == "Traffic Shifted"]
    return last_after(found.requests, stable, shifted[-1]) if shifted else None


_CLOCKS = ("detected", "acted", "restored")


def _between(earlier: float | None, later: float | None) -> float | None:
    return None if earlier is None or later is None else later - earlier


def _ruled(events: Sequence[Mapping[str, Any]]) -> int:
    """Events that a rule of the stack took: each is an invocation of the rule's function."""
    return sum(len(event["rules"]) for event in events)


def _checks(script: Script, replica: Replica, found: Recording) -> tuple[Check, ...]:
    last = found.sightings[-1]
    size = found.before.size
    stable = replica.images[script.world.stable]
    roles = (script.world.stable, script.version)
    watched = watched_until(last.rollout, last.events)
    return (
        shares_check(found.sightings),
        floor_check(found.looks, floor_of(script, size)),
        kept_check(found.looks, stable, size, watched),
        *ending_checks(found.before, found.after, last, replica.images, roles),
        bus_check(found.events, last.rollout["rollout_id"]),
    )
