"""A fleet stops on Friday evening and starts on Monday morning; another one beside it has missed Thursday.
In between people switch some of it by hand or tag it, or RDS starts it by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from signalbox.fleets.model import Action, Kind
from signalbox.fleets.record import RunPhase
from tests.simulation import fleet_aftermath, fleet_strays, fleet_tags
from tests.simulation import fleet_week as week
from tests.simulation.calls import Call
from tests.simulation.cases import FleetCase, Night
from tests.simulation.faults import Fault
from tests.simulation.fibers import Thread, hub
from tests.simulation.fleet_estate import OWN_TYPE, SIZES, Owner, conditions, types, vanish
from tests.simulation.fleet_kinds import SIZED, called
from tests.simulation.fleet_observer import FleetObserver
from tests.simulation.fleet_part import FleetPart, Moment
from tests.simulation.fleet_people import WISHES, Wish, override
from tests.simulation.fleet_tags import tag_some
from tests.simulation.observer import EACH_SECOND
from tests.simulation.play import Verdict
from tests.simulation.universe import ACCOUNT, REGION, Universe

LONGEST = 3 * 3600.0  # seconds until a fault must have been made up for: by the sweep, at last
BEFORE, AFTERWARDS = 1.0, 100.0  # seconds
A_SWEEP = 30.0
SECOND = 1.0
MOVING = ("early", "late", "spot")  # what has gone, or cannot be stopped
# What is played before the part that meets faults.
PLAYED_BEFORE: Mapping[Night, Sequence[str]] = {
    Night.STOPS: (),
    Night.STARTS: ("evening", "weekend"),
    Night.STARTED_BY_HAND: ("evening",),
    Night.SWEPT: ("evening",),
    Night.TAGGED: ("evening",),
    Night.STOPPED_BY_HAND: ("evening", "morning"),
    Night.STARTED_BY_AWS: ("evening", "closed", "week"),
    Night.STOPS_AGAIN: ("evening", "morning", "week"),
}
ASTRAY: Mapping[Night, Moment] = {
    Night.STARTED_BY_HAND: week.BY_NIGHT,
    Night.SWEPT: week.BY_NIGHT,
    Night.STOPPED_BY_HAND: week.BY_DAY,
    Night.STARTED_BY_AWS: week.SEVEN_DAYS_LATER,
}
BEFORE_A_WEEKEND = frozenset({Night.STOPS, Night.STARTED_BY_HAND, Night.SWEPT, Night.TAGGED})
# What keeps AWS from doing what is asked for longer than anybody waits: then it is enough to say so.
EXCUSES = frozenset({Fault.REFUSED, Fault.OUTAGE})


class FleetPlay:
    """The week; calls meet faults from the beginning of what `ending` names to its end."""

    def __init__(self, universe: Universe, case: FleetCase, ending: Night) -> None:
        self.universe = universe
        universe.keep_config_rule()
        self.case = case
        self.ending = ending
        self.trouble = ""
        self._late: list[str] = []
        self.estate = Owner(universe.client).estate()
        qa, dev = week.specs(case)
        self.parts = [
            FleetPart(universe, qa, self.estate.qa(case.kinds)),
            FleetPart(universe, dev, self.estate.dev),
        ]
        self.observer = FleetObserver(self.parts)
        universe.calls.seen = lambda call: self._look(str(call))
        Thread(target=self._observe_each_second).start()
        self._pass(week.MISSED, since=week.FRIDAY)
        self._busy_evening()
        for name in PLAYED_BEFORE[ending]:
            getattr(self, f"_{name}")()
        universe.calls.forget()

    @property
    def _may_fail(self) -> bool:
        """Known only once the trouble has come."""
        return self.trouble in EXCUSES

    def intervene(self, names: str, call: Call) -> None:
        """Somebody asks something of fleet `qa`."""
        self.observer.reversed = True
        WISHES[names].ask(self.parts[0], self.ending.action)

    def run(self) -> Verdict:
        """From what is in question to the last trace."""
        moment, act = self._in_question()
        act()
        took, calls = hub.now - moment.at.timestamp(), len(self.universe.calls.made)
        self.universe.calls.meet = lambda call, send: send()
        if self.ending in BEFORE_A_WEEKEND:
            self._weekend()
            if not self.trouble:
                self._morning()
        return Verdict(
            phase=", ".join(f"{run.fleet} {run.phase}" for part in self.parts for run in part.runs()),
            calls=calls,
            seconds=round(took, 2),
            violations=(*self.observer.violations.values(), *self._late, *self._aftermath()),
            story=tuple(sorted(line for part in self.parts for line in part.story())),
        )

    def _in_question(self) -> tuple[Moment, Callable[[], None]]:
        match self.ending:
            case Night.STOPS:
                return week.EVENING, self._evening
            case Night.STARTS:
                return week.MORNING, self._morning
            case Night.STOPS_AGAIN:
                return week.EVENING_AFTER, self._evening_after
            case Night.TAGGED:
                return week.TAGGED, self._tagged
            case Night.STARTED_BY_HAND | Night.SWEPT | Night.STOPPED_BY_HAND | Night.STARTED_BY_AWS:
                moment = ASTRAY[self.ending]
                return moment, lambda: self._astray(moment)

    def _busy_evening(self) -> None:
        """Somebody makes a group larger just before it is stopped."""
        hub.leap(week.EVENING.at.timestamp() - BEFORE)
        hub.sleep(0.5)
        group = {"AutoScalingGroupName": "batch", "DesiredCapacity": SIZES["batch"][-1] + 1}
        self.universe.client("autoscaling").set_desired_capacity(**group)
        self._sizes = _sizes()

    def _evening(self) -> None:
        """What the start depends on is what is remembered now: with the same memory it is the same start."""
        self._pass(week.EVENING, hopeless=("early", "spot"))
        if self.trouble in WISHES:
            return
        if self.parts[0].only_observes:
            return
        sizes = self.parts[0].standing().sizes
        remembered = {called(key): " ".join(map(str, size)) for key, size in sizes.items()}
        for name, now in _sizes().items():
            if now != self._sizes[name] and remembered.get(name) != self._sizes[name]:
                self._late.append(f"I7 {name} was {self._sizes[name]}, and {remembered} is remembered")

    def _closed(self) -> None:
        """Somebody wants fleet `qa` to stand still for more than a week."""
        part = self.parts[0]
        hub.leap(week.CLOSED.at.timestamp())
        self.observer.wake(week.CLOSED)
        override(part, week.CLOSED.action.power, week.CLOSED_UNTIL)
        if not hub.run(lambda: part.rests(week.CLOSED), LONGEST):
            self._late.append(f"I3 the override of {part.name} has not ended after {LONGEST:.0f} s")
        hub.sleep(AFTERWARDS)
        self.observer.calm()

    def _week(self) -> None:
        """In which fleet `dev` starts and stops."""
        hub.leap(week.EVENING_AFTER.at.timestamp() - A_SWEEP - BEFORE)
        hub.sleep(A_SWEEP)

    def _evening_after(self) -> None:
        """What has stopped has its own type again, but what AWS keeps from it: that the observer knows."""
        self._pass(week.EVENING_AFTER, hopeless=MOVING)
        if self.trouble in WISHES or self._may_fail:
            return
        for id_, now in types(ACCOUNT, REGION).items():
            if now != OWN_TYPE:
                self._late.append(f"I7 {id_} was {OWN_TYPE} and is {now}")

    def _astray(self, moment: Moment) -> None:
        """Somebody, or AWS, switches some of fleet `qa`."""
        part = self.parts[0]
        hub.leap(moment.at.timestamp())
        if self.ending is not Night.SWEPT:
            hub.sleep(A_SWEEP)  # which finds nothing: the events come before the next one
        straying = fleet_strays.led_astray(part, self.estate, moment, self.ending)
        self.observer.astray |= straying.led_to
        self.observer.wake(moment, straying.names)
        if not hub.run(lambda: fleet_strays.is_over(part, straying, may_fail=self._may_fail), LONGEST):
            self._late.append(f"I3 {straying.names} have been switched by others for {LONGEST:.0f} s")
        hub.sleep(AFTERWARDS)
        self._late += fleet_strays.wrong(part, straying, may_fail=self._may_fail)
        self.observer.calm()
        self.universe.power.is_silent = False

    def _tagged(self) -> None:
        """Tags want some of fleet `qa` up for some hours of its night."""
        hub.leap(week.TAGGED.at.timestamp())
        hub.sleep(A_SWEEP)
        self.observer.also_armed_for = week.MORNING.at
        names = tag_some(self.universe, self.estate, week.TAGGED_UNTIL)
        self._minded(week.TAGGED, names)
        self.observer.also_armed_for = None
        hub.leap(week.TAGGED_UNTIL.timestamp() - A_SWEEP - BEFORE)
        hub.sleep(A_SWEEP)
        self._minded(week.TAGS_OVER, names)

    def _minded(self, moment: Moment, names: Sequence[str]) -> None:
        part = self.parts[0]
        self.observer.wake(moment, names)
        if not hub.run(lambda: fleet_tags.is_over(part, names, moment), LONGEST):
            self._late.append(f"I3 {names} are not where their tags lead after {LONGEST:.0f} s")
        hub.sleep(AFTERWARDS)
        self._late += fleet_tags.wrong(part, names, moment, may_fail=self._may_fail)
        self.observer.calm()

    def _weekend(self) -> None:
        if self.trouble in WISHES:
            return
        hub.leap(week.SUNDAY.timestamp())
        hub.sleep(A_SWEEP)

    def _morning(self) -> None:
        """What may take other types has to: there is none left of its own, nor of the first alternate."""
        alternates = (self.case.alternates or {}).items()
        scarce = (type_ for own, others in alternates for type_ in (own, *others[:-1]))
        self.universe.power.scarce = frozenset(scarce)
        self._pass(week.MORNING, hopeless=("late", "early"))
        self.universe.power.scarce = frozenset()
        if self.trouble in WISHES:
            return
        for name, now in _sizes().items():
            stands = self._may_fail and now.endswith(" 0")  # it is named, as the aftermath knows
            if now != self._sizes[name] and not stands:
                self._late.append(f"I7 {name} was {self._sizes[name]} and is {now}")

    def _pass(self, moment: Moment, hopeless: tuple[str, ...] = (), *, since: datetime | None = None) -> None:
        part = next(part for part in self.parts if part.name == moment.fleet)
        hub.leap((since or moment.at).timestamp() - BEFORE)
        self.observer.wake(moment)
        if not hub.run(lambda: self._has_ended(part, moment), LONGEST):
            self._late.append(f"I3 {moment.action} of {part.name} has not ended after {LONGEST:.0f} s")
        hub.sleep(AFTERWARDS)
        if self.observer.reversed:
            self._as_wished(part, moment, WISHES[self.trouble])
        else:
            names = self._not_to_be_moved(part, hopeless)
            self._late += fleet_aftermath.wrong(part, moment, names, may_fail=self._may_fail)
        self.observer.calm()

    def _not_to_be_moved(self, part: FleetPart, hopeless: tuple[str, ...]) -> frozenset[str]:
        """Instances that AWS, or people, keep where they are; all there is where a fleet only observes."""
        if part.only_observes:
            return frozenset(part.selected)
        return frozenset(self.estate.instances[name] for name in hopeless)

    def _has_ended(self, part: FleetPart, moment: Moment) -> bool:
        return part.rests(moment) if self.observer.reversed else part.is_settled(moment)

    def _as_wished(self, part: FleetPart, moment: Moment, wish: Wish) -> None:
        """Now, and when what was wished for a while is over."""
        hub.run(lambda: part.rests(moment), LONGEST)
        hub.sleep(AFTERWARDS)
        ids = self._not_to_be_moved(part, MOVING)
        self._late += fleet_aftermath.wrong_after_wishes(part, moment, ids)
        override = part.standing().override
        if wish.ends and override is not None:
            hub.leap(override.until.timestamp() - BEFORE)
            hub.run(lambda: part.standing().override is None and part.rests(moment), LONGEST)
            hub.sleep(AFTERWARDS)
            self._late += fleet_aftermath.wrong_after_wishes(part, moment, ids)
            if part.runs()[-1].action is not moment.action:
                self._late.append(f"I3 {part.name} has not gone back to its schedule")

    def _look(self, why: str) -> None:
        self._vanish()
        self.observer.look(why)

    def _vanish(self) -> None:
        """An instance goes when the run has decided about it and has not asked for it yet; none when people
        have turned the night around."""
        is_quiet = (
            not self.ending.is_transition or self.parts[0].only_observes or Kind.EC2 not in self.case.kinds
        )
        if self.observer.reversed or is_quiet:
            return
        running = [run for run in self.parts[0].runs() if run.phase is RunPhase.RUNNING]
        for run in running:
            gone = self.estate.instances["early" if run.action is Action.STOP else "late"]
            if gone not in self.observer.excused:
                self.observer.excused.add(gone)
                vanish(ACCOUNT, REGION, gone)
                self.universe.power.turns += 1

    def _observe_each_second(self) -> None:
        last = -1
        while True:
            hub.sleep(SECOND)
            if self.universe.power.turns != last:
                last = self.universe.power.turns
                self._look(EACH_SECOND)

    def _aftermath(self) -> Iterator[str]:
        bus = [recorded.event for recorded in self.universe.bus.events() if recorded.bus == "signalbox"]
        for part in self.parts:
            yield from fleet_aftermath.told_once(part, bus)
        yield from fleet_aftermath.executions()
        yield from fleet_aftermath.items(list(self.universe.items("")))
        yield from (f"I3 a function raised {error}" for error in self.universe.functions.blunders())


def _sizes() -> dict[str, str]:
    return {name: state for name, state in conditions(ACCOUNT, REGION).items() if name.startswith(SIZED)}
