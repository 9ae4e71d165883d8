"""How a fleet, its runs and its moments are told in words, in the fleet's own zone. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo

from signalbox.fleets.schedule.zones import read_zone
from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.rollout_words import Json, caller_name, printable, told, whole

ENDED = frozenset({"succeeded", "incomplete", "superseded"})
# In the order in which a person wants to read them.
OUTCOMES = ("failed", "waiting", "asked", "busy", "skipped", "reached")
_WEEK = 7  # days: nearer than that a weekday says which one
_MINUTE = 60  # seconds
_ACTS = {"start": "starts", "stop": "stops"}
_UNDER_WAY = {
    "waiting": "is under way and has not asked for it yet",
    "asked": "has asked for it and waits until it is there",
    "busy": "waits until nothing else works on it",
}
_DONE = {"start": "started", "stop": "stopped"}


def zone_of(name: str) -> tzinfo:
    """The zone; UTC, which says so, when this machine does not know it."""
    try:
        return read_zone(name)
    except ValueError:
        return UTC


def wall(at: str, zone: tzinfo, now: datetime) -> str:
    """What calendar and clock show there: `Fri 20:00`, `Fri 4 Dec 20:00`, `Fri 1 Jan 2027 08:00`."""
    there, here = from_rfc3339(at).astimezone(zone), now.astimezone(zone)
    if abs((there.date() - here.date()).days) < _WEEK:
        return f"{there:%a %H:%M}"
    year = "" if there.year == here.year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year} {there:%H:%M}"


def away(at: str, now: datetime) -> str:
    """`in 3 h 20 min`; what should have been is due now."""
    seconds = int((from_rfc3339(at) - now).total_seconds())
    if seconds < _MINUTE:
        return "now" if seconds <= 0 else "in less than a minute"
    return f"in {whole(seconds - seconds % _MINUTE)}"


def coming(transition: Json | None, zone: tzinfo, now: datetime) -> str:
    """`stops Fri 20:00, in 3 h`; nothing when no transition is known."""
    if transition is None:
        return ""
    at = transition["at"]
    return f"{_acts(transition)} {wall(at, zone, now)}, {away(at, now)}"


def override_words(override: Json, zone: tzinfo, now: datetime) -> str:
    """`running until Fri 22:00, by user/anna: month end`."""
    until = wall(override["until"], zone, now)
    by = caller_name(override["by"])
    return printable(f"{override['state']} until {until}, by {by}: {override['reason']}")


def counted(counts: Mapping[str, int]) -> str:
    """`2 failed, 58 reached`; outcomes that are not met are left out."""
    known = [*OUTCOMES, *sorted(set(counts) - set(OUTCOMES))]
    return printable(", ".join(f"{counts[name]} {name}" for name in known if counts.get(name)))


def counts_of(run: Json) -> Mapping[str, int]:
    """As the run tells them at its end; before that, as its resources stand."""
    return run["counts"] or Counter(resource["outcome"] for resource in run.get("resources", ()))


def savings_words(run: Json) -> str:
    """What stood still, by unit, and what that is in money when the fleet has prices; empty for nothing."""
    hours = ", ".join(f"{hours:g} h of {unit}" for unit, hours in run["saved"].items())
    if not hours:
        return ""
    money = "" if run["savings"] is None else f"; {run['savings']:.2f} by the fleet's prices"
    return printable(f"{hours} stood still{money}")


def why_sentences(answer: Json, zone: tzinfo, now: datetime) -> Iterator[str]:
    """What it is meant to be and why, what was last done with it, who switched it since, what comes next."""
    # What no run has met may not belong to the fleet at all.
    who = printable(f"{answer['resource']} of {answer['fleet']}" if answer["last"] else answer["fleet"])
    yield f"{who} is meant to be {printable(answer['state'])}: {told(answer['reason'])}."
    override = answer["override"]
    # The reason tells it already, unless somebody has asked for something else since.
    if override and not answer["reason"].startswith("override by "):
        yield f"An override is in force: {override_words(override, zone, now)}."
    yield _last(answer, zone, now)
    if seen := answer["seen"]:
        done = _DONE["start" if seen["state"] == "running" else "stop"]
        yield f"Somebody else has {done} it since, {wall(seen['at'], zone, now)}: {told(seen['reason'])}."
    following = answer["next"]
    if following is None:
        yield "No transition comes."
        return
    yield f"The fleet {coming(following, zone, now)} ({zone}): {told(following['reason'])}."


def _last(answer: Json, zone: tzinfo, now: datetime) -> str:
    last = answer["last"]
    if last is None:
        resource = printable(answer["resource"])
        return f"No recent run has met {resource}: it may be new, or not belong to this fleet."
    action, reason = printable(last["action"]), told(last["reason"])
    when = f"{wall(last['at'], zone, now)} by {caller_name(last['by'])} (run {printable(last['run_id'])})"
    match last["outcome"]:
        case "reached":
            return f"It was last {_DONE.get(action, action)} {when}: {reason}."
        case "skipped":
            return f"The last {action}, {when}, left it as it was: {reason}."
        case "failed":
            return f"The last {action}, {when}, failed: {reason}."
        case outcome:
            return f"A {action}, {when}, {_UNDER_WAY.get(outcome, _UNDER_WAY['asked'])}: {reason}."


def _acts(transition: Json) -> str:
    return _ACTS.get(transition["action"], printable(str(transition["action"])))
