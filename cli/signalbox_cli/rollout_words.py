"""How a rollout is told in words: what the live view and the plain lines share. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from signalbox.kernel.clock import from_rfc3339

Json = Mapping[str, Any]
ENDED = frozenset({"succeeded", "rolled_back", "aborted", "superseded", "cancelled", "stuck"})
ENGINE = "signalbox"
_STATES = {"OK": "ok", "ALARM": "in alarm", "INSUFFICIENT_DATA": "no data yet"}
_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_EXACT_BELOW, _WHOLE_FROM = 10, 60  # seconds: hundredths below, whole ones from there


def printable(text: str) -> str:
    """One line without control characters: what others have named cannot steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def in_short(text: str, rollout: Json) -> str:
    """The temporary copy of an alarm by what it copies: `signalbox-r-1-errors` is `errors (candidate)`."""
    prefix = f"signalbox-{rollout['rollout_id']}-"
    own = {guard["name"].removeprefix(prefix) for guard in rollout["guards"]} | {"unhealthy-hosts"}
    for name in sorted(own, key=len, reverse=True):
        text = text.replace(prefix + name, f"{name} (candidate)")
    return printable(text)


def guard_state(guard: Json) -> str:
    """The state of an alarm as people say it."""
    return _STATES.get(guard["state"], str(guard["state"]))


def healthy_of(side: Json) -> str:
    """`3 of 4 healthy`; with the size that it should have when that differs."""
    told = f"{side['healthy']} of {side['instances']} healthy"
    return told if side["instances"] == side["desired"] else f"{told}, {side['desired']} wanted"


def number(value: float) -> str:
    """As short as it can be: `5`, `0.25`, `1234.6`."""
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.1f}".removesuffix(".0")  # noqa: PLR2004


def limit_of(guard: Json) -> str:
    """When the alarm goes off: `> 5`; empty for one without a threshold."""
    sign = _COMPARISONS.get(guard.get("comparison") or "")
    threshold = guard.get("threshold")
    return f"{sign} {number(threshold)}" if sign and threshold is not None else ""


def value_of(guard: Json) -> str:
    """The last datapoint that led to the alarm's state; a dash for none."""
    points = guard.get("datapoints") or ()
    return number(points[-1]) if points else "–"


def analysis_lines(analysis: Json) -> list[str]:
    """An experiment as last looked at: the verdict with its reason, then each side."""
    verdict = "" if analysis["verdict"] == "undecided" else f"{analysis['verdict'].replace('_', ' ')}: "
    sides = [
        f"{name:<9}  {number(analysis[name]['value'])} in {analysis[name]['samples']} samples"
        for name in ("stable", "candidate")
    ]
    return [printable(f"{verdict}{analysis['reason']}"), *sides]


def phase_name(rollout: Json) -> str:
    """`rolling_back` is `rolling back`."""
    return str(rollout["phase"]).replace("_", " ")


def place(index: int, rollout: Json) -> str:
    """`2/4` for the second step of four."""
    return f"{index + 1}/{len(rollout['steps'])}"


def why(rollout: Json, events: Sequence[Json]) -> str:
    """Why it is in its phase: what it waits for, what sends it back, how it ended; empty while it acts."""
    if rollout["outcome"]:
        return in_short(rollout["outcome"]["reason"], rollout)
    if rollout["hold"]:
        return in_short(rollout["hold"]["reason"], rollout)
    return _what_stopped_it(rollout, events) if rollout["phase"] == "rolling_back" else ""


def _what_stopped_it(rollout: Json, events: Sequence[Json]) -> str:
    """As the timeline tells it; before it does, the guard that is red."""
    told = [e["reason"] for e in events if e["type"] in ("Rollback Started", "Guard Breached")]
    red = [f"alarm {guard['name']} is in ALARM" for guard in rollout["guards"] if guard["state"] == "ALARM"]
    return in_short([*red, *told][-1], rollout) if told or red else "a guard or a caller has stopped it"


def countdown(rollout: Json, now: datetime) -> str:
    """What is left of a hold; a pause has no end that is worth counting."""
    hold = rollout["hold"]
    if not hold:
        return ""
    if hold["kind"] in ("pause", "approval"):
        return "until somebody ends it"
    left = whole(max(0, round((from_rfc3339(hold["until"]) - now).total_seconds())))
    return f"next look within {left}" if hold["kind"] in ("settling", "analysis") else f"{left} left"


def whole(seconds: int) -> str:
    """The two largest units that are not zero: `7 s`, `3 min 20 s`, `2 h 5 min`."""
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def span(seconds: float) -> str:
    """A measured duration: `0.14 s`, `23.1 s`, `3 min 20 s`."""
    if seconds < _EXACT_BELOW:
        return f"{seconds:.2f} s"
    return f"{seconds:.1f} s" if seconds < _WHOLE_FROM else whole(round(seconds))


def time_of_day(at: str | None, *, exact: bool = False) -> str:
    """`HH:MM:SS` in UTC, `exact` with milliseconds; a dash for what has not happened."""
    if at is None:
        return "–"
    return from_rfc3339(at).strftime("%H:%M:%S.%f")[:-3] if exact else from_rfc3339(at).strftime("%H:%M:%S")


def seconds_between(earlier: str, later: str) -> float:
    """From one RFC 3339 instant to another."""
    return (from_rfc3339(later) - from_rfc3339(earlier)).total_seconds()


def caller_name(actor: str) -> str:
    """The last part of an ARN: `user/operator`."""
    return printable(actor.rsplit(":", 1)[-1])


def told(reason: str) -> str:
    """A reason that can be printed; the ARN of whoever an override is by, in short."""
    words = printable(reason).rstrip(". ").split()
    return " ".join(_name_in_short(word) if word.startswith("arn:") else word for word in words)


def _name_in_short(arn: str) -> str:
    """`user/anna:` for the ARN, with what follows it in the sentence."""
    name = caller_name(arn.rstrip(":"))
    return f"{name}:" if arn.endswith(":") else name
