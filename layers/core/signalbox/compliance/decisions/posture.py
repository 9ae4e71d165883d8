"""How things stand: what is wrong, for how long, whose it is, and how soon things are put right."""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from signalbox.compliance.decisions.data import Data
from signalbox.compliance.model import Verdict
from signalbox.compliance.record import Finding, State

AGES = {
    "under a day": timedelta(days=1),
    "under a week": timedelta(days=7),
    "under a month": timedelta(days=30),
    "older": timedelta.max,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Some findings: how many there are of each state; of those that are not closed the moment at which the
    oldest was detected, and how many there are of each age; how many wait for others to be tried first."""

    states: Mapping[State, int]
    open: int
    oldest: datetime | None
    ages: Mapping[str, int]
    queued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds from detection to the end of those that are put right: half, nine of ten and nineteen of twenty
    took no longer. None without any."""

    count: int
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePosture:
    """Of one rule. What is not closed counts, also what has an exception; without data nothing is compliant,
    and nothing is not. `takes` is how long half of its fixes took at most until they were proven; None
    without any."""

    standing: Standing
    speed: Speed
    takes: timedelta | None
    data: Data

    @property
    def verdict(self) -> Verdict:
        """What can be said of all that it looks at."""
        if self.data.missing:
            return Verdict.NO_DATA
        return Verdict.NON_COMPLIANT if self.standing.open else Verdict.COMPLIANT


@dataclass(frozen=True, slots=True, kw_only=True)
class Posture:
    """All of it, by rule and by owner (empty where nobody is named)."""

    rules: Mapping[str, RulePosture]
    owners: Mapping[str, Standing]
    all: Standing
    speed: Speed


NO_MORE = Data(missing="Signalbox has no such rule any more")


def posture(findings: Iterable[Finding], known: Mapping[str, Data], now: datetime) -> Posture:
    """At that moment, of each rule of which something is `known` or found. Owners with nothing open are not
    named."""
    found = list(findings)
    names = sorted({each.rule for each in found} | known.keys())
    rules = {name: _of(found, "rule", name) for name in names}
    owners = {
        name: _of(found, "owner", name) for name in sorted({each.owner for each in found if _is_open(each)})
    }
    return Posture(
        rules={
            name: RulePosture(
                standing=standing(of, now), speed=speed(of), takes=takes(of), data=known.get(name, NO_MORE)
            )
            for name, of in rules.items()
        },
        owners={name: standing(of, now) for name, of in owners.items()},
        all=standing(found, now),
        speed=speed(found),
    )


def standing(findings: Sequence[Finding], now: datetime) -> Standing:
    """Of those findings."""
    open_ = [each for each in findings if _is_open(each)]
    ages = Counter(_age(now - each.detected_at) for each in open_)
    return Standing(
        states=Counter(each.state for each in findings),
        open=len(open_),
        oldest=min((each.detected_at for each in open_), default=None),
        ages={name: ages[name] for name in AGES},
        queued=sum(each.remediation.queued for each in open_),
    )


def speed(findings: Iterable[Finding]) -> Speed:
    """Of the latest episode of each. Percentiles are interpolated between those that were measured."""
    took = [
        (each.closed_at - each.detected_at).total_seconds()
        for each in findings
        if each.state is State.REMEDIATED and each.closed_at is not None
    ]
    if not took:
        return Speed(count=0)
    cuts = statistics.quantiles(took * 2 if len(took) == 1 else took, n=20, method="inclusive")
    return Speed(count=len(took), p50=cuts[9], p90=cuts[17], p95=cuts[18])


def takes(findings: Iterable[Finding]) -> timedelta | None:
    """From the first write to the proof, of the latest episode of each that Signalbox has put right."""
    took = [
        each.closed_at - each.remediation.acted_at
        for each in findings
        if each.is_proven and each.closed_at is not None and each.remediation.acted_at is not None
    ]
    return statistics.median_low(took) if took else None


def _is_open(finding: Finding) -> bool:
    return not finding.state.is_closed


def _of(findings: Iterable[Finding], field: str, value: str) -> list[Finding]:
    return [each for each in findings if getattr(each, field) == value]


def _age(age: timedelta) -> str:
    return next(name for name, most in AGES.items() if age < most)
