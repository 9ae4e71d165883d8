"""What people, alarms and others do to a rollout while it runs: one thing, or two in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from moto.events.models import events_backends

from signalbox.kernel.errors import Conflict, Unprocessable
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.caller import Caller
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from tests.simulation.fibers import hub

if TYPE_CHECKING:
    from tests.simulation.play import Play

CALLER = Caller(arn="arn:aws:iam::123456789012:user/somebody", reason="something else happens")
BETWEEN = 3.0  # seconds between the first and the second of a pair
LATE, AGAIN = 90.0, 2.0  # seconds: an event that comes late, or once more
LOST_FOR = 120.0  # seconds in which no event of an alarm arrives
SOON = 300.0  # seconds until somebody ends a pause


def _verb(verb: Callable[..., object], play: Play, **given: Any) -> None:
    rollout = play.rollouts()[0]
    with suppress(Conflict):
        play.universe.ask(lambda ports: verb(rollout.service, rollout.rollout_id, CALLER, ports, **given))


def _pause(play: Play) -> None:
    _verb(pause, play)
    hub.call_later(SOON, lambda: hub.spawn(partial(_verb, resume, play)))


def _alarm(play: Play) -> None:
    play.universe.client("cloudwatch").set_alarm_state(
        AlarmName=play.service.alarm, StateValue="ALARM", StateReason="somebody says so"
    )


def _alarm_again(play: Play) -> None:
    _alarm(play)
    raised = [r.event for r in play.universe.bus.events() if r.event["source"] == "aws.cloudwatch"][-1]
    for seconds in (AGAIN, LATE):
        hub.call_later(seconds, partial(play.universe.bus.publish, raised))


def _alarm_lost(play: Play) -> None:
    universe = play.universe
    rules = events_backends[universe.backend.account][universe.backend.region].event_buses["default"].rules
    rule = rules[universe.stack.ref("AlarmRule")]
    rule.state = "DISABLED"
    hub.call_later(LOST_FOR, lambda: setattr(rule, "state", "ENABLED"))
    _alarm(play)


def _second_start(play: Play) -> None:
    command = StartRollout(service=play.service.name, version=play.service.images["v3"])
    with suppress(Conflict, Unprocessable):
        play.universe.ask(lambda ports: start_rollout(command, CALLER, ports))


def _more_desired(play: Play) -> None:
    name = play.service.groups[0]
    desired = int(play.universe.backend.groups()[name].desired_capacity or 0)
    if desired:
        play.universe.client("autoscaling").set_desired_capacity(
            AutoScalingGroupName=name, DesiredCapacity=min(desired + 1, 2 * play.case.wish.size)
        )


INTERVENTIONS: Mapping[str, Callable[[Play], None]] = {
    "abort": partial(_verb, abort),
    "pause": _pause,
    "resume": partial(_verb, resume),
    "promote": partial(_verb, promote),
    "promote-full": partial(_verb, promote, full=True),
    "alarm": _alarm,
    "alarm-again": _alarm_again,
    "alarm-lost": _alarm_lost,
    "second-start": _second_start,
    "more-desired": _more_desired,
}
ALONE = tuple(INTERVENTIONS)
PAIRS = tuple(f"{first}+{second}" for first, second in product(INTERVENTIONS, repeat=2))


def intervene(play: Play, names: str) -> None:
    """`abort+promote`: one after the other; returns at once."""

    def act() -> None:
        for number, name in enumerate(names.split("+")):
            hub.sleep(BETWEEN if number else 0)
            if play.rollouts():
                INTERVENTIONS[name](play)

    play.ordered += names.split("+")
    play.observer.promoted |= "promote" in names  # people may end a bake: then nobody has watched
    hub.spawn(act)
