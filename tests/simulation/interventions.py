"""What people, alarms and others do to a rollout while it runs: one thing, or two in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import msgspec
from moto.events.models import Rule, events_backends

from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.undo import Undo, undo
from signalbox.rollouts.progress import Progress
from signalbox.rollouts.record import Rollout
from tests.simulation.fibers import hub
from tests.simulation.outsiders import OUTSIDERS

if TYPE_CHECKING:
    from tests.simulation.part import Part

CALLER = Caller(arn="arn:aws:iam::123456789012:user/somebody", reason="something else happens")
BETWEEN = 3.0  # seconds between the first and the second of a pair
AROUND = 0.02  # seconds before a deadline, or after it
TOLD_WITHIN = 5.0  # seconds: of an alarm
LATE, AGAIN = 90.0, 2.0  # seconds: an event that comes late, or once more
LOST_FOR = 120.0  # seconds in which no event of an alarm arrives
SOON = 300.0  # seconds until somebody ends a pause
RACERS = 3
Event = dict[str, Any]


def _verb(verb: Callable[..., Rollout], part: Part, **given: Any) -> None:
    for rollout in part.rollouts()[-1:]:
        answer = part.universe.ask(lambda ports: verb(part.name, rollout.rollout_id, CALLER, ports, **given))  # noqa: B023
        if verb is abort and answer is not None and not answer.phase.is_final:
            part.thrown_back.add(rollout.rollout_id)


def _promote(part: Part, **given: Any) -> None:
    """People may end a bake: then nobody has watched. Not when they are told that there is none."""
    before, part.watch.promoted = part.watch.promoted, True

    def asked(*arguments: Any, **more: Any) -> Rollout:
        try:
            return promote(*arguments, **more)
        except Conflict:
            part.watch.promoted = before
            raise

    _verb(asked, part, **given)


def _resume_later(part: Part) -> None:
    hub.call_later(SOON, lambda: hub.spawn(partial(_verb, resume, part)))


def _pause(part: Part) -> None:
    _verb(pause, part)
    _resume_later(part)


def _alarm(part: Part, state: str = "ALARM") -> None:
    part.universe.client("cloudwatch").set_alarm_state(
        AlarmName=part.target.alarm, StateValue=state, StateReason="somebody says so"
    )


def _alarm_told(part: Part) -> None:
    """Who is armed then, and has not passed the point of no return when it has been told, goes back."""
    watched = [r for r in part.rollouts() if not r.phase.is_final and _is_armed(part, r)]
    _alarm(part)

    def told() -> None:
        ids = {rollout.rollout_id for rollout in watched}
        if part.is_calm:
            part.thrown_back |= {r.rollout_id for r in part.rollouts() if not r.past_return} & ids

    hub.call_later(TOLD_WITHIN, told)


def _is_armed(part: Part, rollout: Rollout) -> bool:
    return any("armed_at" in item for item in part.universe.items(f"ROLLOUT#{rollout.rollout_id}"))


def _events(part: Part) -> list[Event]:
    """All that CloudWatch has told so far."""
    return [r.event for r in part.universe.bus.events() if r.event["source"] == "aws.cloudwatch"]


def _told_after(part: Part, event: Event, *delays: float) -> None:
    for seconds in delays:
        hub.call_later(seconds, partial(part.universe.bus.publish, event))


def _alarm_again(part: Part) -> None:
    _alarm_told(part)
    _told_after(part, _events(part)[-1], AGAIN, LATE)


def _alarm_late(part: Part) -> None:
    with _nobody_told(part):
        _alarm(part)
    _told_after(part, _events(part)[-1], LATE)


def _alarm_reordered(part: Part) -> None:
    """It went off and is over again; that it is over is told first."""
    with _nobody_told(part):
        _alarm(part)
        _alarm(part, "OK")
    went_off, is_over = _events(part)[-2:]
    _told_after(part, is_over, 0)
    _told_after(part, went_off, AGAIN)


def _alarm_lost(part: Part) -> None:
    rule = _alarm_rule(part)
    rule.state = "DISABLED"
    hub.call_later(LOST_FOR, lambda: setattr(rule, "state", "ENABLED"))
    _alarm(part)


@contextmanager
def _nobody_told(part: Part) -> Iterator[None]:
    rule = _alarm_rule(part)
    before, rule.state = rule.state, "DISABLED"
    yield
    rule.state = before


def _alarm_rule(part: Part) -> Rule:
    backend = part.universe.backend
    rules = events_backends[backend.account][backend.region].event_buses["default"].rules
    return rules[part.universe.stack.ref("AlarmRule")]


def _until_the_deadline(part: Part) -> None:
    """Of the hold that waits, or of the next one that will."""
    patience = hub.now + SOON
    while hub.now < patience and not (part.rollouts() and part.rollouts()[-1].phase.is_final):
        for item in part.universe.items(f"ROLLOUT#{part.rollouts()[-1].rollout_id}"):
            hold = msgspec.json.decode(item["hold"], type=Progress) if "hold" in item else None
            left = from_rfc3339(hold.until).timestamp() - hub.now if hold is not None and hold.until else 0.0
            if left > AROUND:
                hub.sleep(left - AROUND)
                return
        hub.sleep(AROUND)


def _stale_token(part: Part) -> None:
    """Somebody answers a token that is over, and one that never was."""
    for token in [*part.universe.functions.tokens[:-1][-1:], "of-nobody"]:
        with suppress(part.universe.client("stepfunctions").exceptions.ClientError):
            part.universe.client("stepfunctions").send_task_success(
                taskToken=token, output='{"next": "Finish"}'
            )


def _undo(part: Part) -> None:
    part.universe.ask(lambda ports: undo(Undo(service=part.name), CALLER, ports))


def _second_start(part: Part) -> None:
    part.start("v3")


def _owner_dies(part: Part) -> None:
    """Its execution; its locks stay, and somebody else comes."""
    part.universe.stop_executions()
    hub.sleep(BETWEEN)
    _second_start(part)


def _race(part: Part) -> None:
    """Several callers at the same moment."""
    for _ in range(RACERS):
        hub.spawn(partial(_second_start, part))


INTERVENTIONS: Mapping[str, Callable[[Part], None]] = {
    "abort": partial(_verb, abort),
    "pause": _pause,
    "resume": partial(_verb, resume),
    "promote": _promote,
    "alarm": _alarm_told,
    "promote-full": partial(_promote, full=True),
    "alarm-again": _alarm_again,
    "alarm-late": _alarm_late,
    "alarm-reordered": _alarm_reordered,
    "alarm-lost": _alarm_lost,
    "stale-token": _stale_token,
    "undo": _undo,
    "second-start": _second_start,
    "race": _race,
    "owner-dies": _owner_dies,
    **OUTSIDERS,
}
DEADLINE = "deadline"  # nothing but time: the one of a pair that nobody does
SIGNALS = ("alarm", "abort", "promote", "pause", "resume")
STARTS = ("second-start", "race")  # also before there is a rollout
ALONE = tuple(INTERVENTIONS)
PAIRS = (
    *(
        f"{first}+{second}"
        for first, second in product((*SIGNALS, DEADLINE), repeat=2)
        if first in SIGNALS or second in SIGNALS
    ),
    *(f"{outsider}+{signal}" for outsider, signal in product(OUTSIDERS, ("abort", "alarm"))),
)


def intervene(part: Part, names: str, after: float = 0.0) -> None:
    """`abort+promote`: one after the other, the first so many seconds from now; returns at once."""
    wanted = names.split("+")
    deeds = [name for name in wanted if name != DEADLINE]

    def act() -> None:
        hub.sleep(after)
        if DEADLINE in wanted:
            _until_the_deadline(part)
        if wanted[0] == DEADLINE:
            hub.sleep(2 * AROUND)
        for number, name in enumerate(deeds):
            hub.sleep(BETWEEN if number else 0)
            if part.rollouts() or name in STARTS:
                INTERVENTIONS[name](part)
        part.asking -= 1

    part.asking += 1  # it is not over before that is done
    part.ordered += deeds
    part.watch.promoted |= "undo" in deeds  # what has succeeded is taken back: nobody watches
    if set(deeds) & set(OUTSIDERS):
        _resume_later(part)
    hub.spawn(act)
