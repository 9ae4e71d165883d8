"""How things stand, as callers read it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from signalbox.compliance.decisions.posture import Posture, RulePosture, Speed, Standing
from signalbox.compliance.decisions.waves import Pace, expected, last_turn_at, together
from signalbox.compliance.model import Danger, Mode, Verdict
from signalbox.compliance.rules.rule import SOON, Rule
from signalbox.compliance.waves import Waves
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingView:
    """`states` counts findings of each state; `open` those that are not closed, `ages` how old they are."""

    states: Mapping[str, int]
    open: int
    oldest: str | None
    ages: Mapping[str, int]
    queued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeedView:
    """Seconds from detection until it was put right, of the latest episode of each finding; null without
    any."""

    count: int
    p50: float | None
    p90: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStanding(StandingView):
    """Of one rule. `verdict` is `compliant`, `non_compliant` or `no_data`; `looked_at` when AWS Config last
    had a result of it, `no_data` why nothing that is known of it counts, empty when it does. `first` are the
    findings that are tried before `queued` others; `halted` says why those are not put right by themselves
    any more, `last_turn_at` about when the last of the queued ones has its turn, null when nobody waits or it
    is halted. `playbook` and `danger` are null of a rule that is no more."""

    rule: str
    title: str
    verdict: Verdict
    looked_at: str | None
    no_data: str
    playbook: Mode | None
    danger: Danger | None
    first: tuple[str, ...]
    halted: str
    last_turn_at: str | None
    time_to_remediate: SpeedView


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerStanding(StandingView):
    """Of what has the tag `owner`; empty where it has none."""

    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PostureView(StandingView):
    """Everything that was ever found. `next_turn_at`: those that follow the first ones begin at a pace, and
    this is when the next could."""

    at: str
    rules: tuple[RuleStanding, ...]
    owners: tuple[OwnerStanding, ...]
    time_to_remediate: SpeedView
    next_turn_at: str | None


def posture_view(found: Posture, waves: Waves, rules: Mapping[str, Rule], now: datetime) -> PostureView:
    """With what is tried first."""
    return PostureView(
        **_standing(found.all),
        at=rfc3339(now),
        rules=tuple(_rule(name, of, rules.get(name), waves, now) for name, of in found.rules.items()),
        owners=tuple(
            OwnerStanding(**_standing(standing), owner=owner) for owner, standing in found.owners.items()
        ),
        time_to_remediate=_speed(found.speed),
        next_turn_at=rfc3339(waves.free_at) if waves.free_at and waves.free_at > now else None,
    )


def _rule(name: str, of: RulePosture, rule: Rule | None, waves: Waves, now: datetime) -> RuleStanding:
    wave, takes = waves.of(name), expected(of.takes, rule.playbook.within if rule else SOON)
    pace = Pace(takes=takes, together=together(rule))
    last = last_turn_at(waves, name, of.standing.queued, pace, now)
    return RuleStanding(
        **_standing(of.standing),
        rule=name,
        title=rule.title if rule else "",
        verdict=of.verdict,
        looked_at=rfc3339(of.data.looked_at) if of.data.looked_at else None,
        no_data=of.data.missing,
        playbook=rule.playbook.mode if rule else None,
        danger=rule.playbook.danger if rule else None,
        first=wave.first,
        halted=wave.halted,
        last_turn_at=rfc3339(last) if last else None,
        time_to_remediate=_speed(of.speed),
    )


def _standing(of: Standing) -> dict[str, Any]:
    return {
        "states": {str(state): count for state, count in of.states.items()},
        "open": of.open,
        "oldest": rfc3339(of.oldest) if of.oldest else None,
        "ages": dict(of.ages),
        "queued": of.queued,
    }


def _speed(of: Speed) -> SpeedView:
    return SpeedView(**asdict(of))
