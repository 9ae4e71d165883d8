"""A fleet stops on Friday evening and starts on Monday morning; another one beside it has missed Thursday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from signalbox.fleets.model import Action, Kind
from signalbox.fleets.record import RunPhase
from signalbox.fleets.spec import FleetSpec, Period, Select
from tests.simulation import fleet_aftermath
from tests.simulation.cases import FleetCase, Night
from tests.simulation.faults import Fault
from tests.simulation.fibers import Thread, hub
from tests.simulation.fleet_estate import DEV, QA, SIZES, Owner, conditions, vanish
from tests.simulation.fleet_observer import FleetObserver
from tests.simulation.fleet_part import FleetPart, Moment
from tests.simulation.fleet_people import WISHES, Wish
from tests.simulation.observer import EACH_SECOND
from tests.simulation.play import Verdict
from tests.simulation.universe import ACCOUNT, REGION, Universe

ZONE = "Europe/Paris"  # an hour ahead of UTC in January
KINDS = (Kind.EC2, Kind.AUTOSCALING, Kind.RDS)


def _at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


EVENING = Moment(fleet="qa", action=Action.STOP, at=_at(9, 19), following=_at(12, 7))
MISSED = Moment(fleet="dev", action=Action.STOP, at=_at(8, 19), following=_at(13, 7))
MORNING = Moment(fleet="qa", action=Action.START, at=_at(12, 7), following=_at(16, 19))
FRIDAY, SUNDAY = _at(9, 12), _at(11, 12)  # when nothing happens but a sweep
LONGEST = 3 * 3600.0  # seconds until a fault must have been made up for: by the sweep, at last
BEFORE, AFTERWARDS = 1.0, 100.0  # seconds
A_SWEEP = 30.0
SECOND = 1.0
MOVING = ("early", "late", "spot")  # what has gone, or cannot be stopped
# What keeps AWS from doing what is asked for longer than anybody waits: then it is enough to say so.
EXCUSES = frozenset({Fault.REFUSED, Fault.OUTAGE})


def specs(case: FleetCase) -> tuple[FleetSpec, FleetSpec]:
    """Of fleets `qa` and `dev`."""
    return (
        FleetSpec(
            name="qa",
            owner="shop",
            zone=ZONE,
            select=Select(tags={key: (value,) for key, value in QA.items()}, kinds=KINDS),
            schedule=(Period(from_="mon 08:00", to="fri 20:00"),),
            order=case.order,
            retain=case.retain,
        ),
        FleetSpec(
            name="dev",
            owner="shop",
            zone=ZONE,
            select=Select(tags={key: (value,) for key, value in DEV.items()}, kinds=KINDS),
            schedule=(Period(from_="tue 08:00", to="thu 20:00"),),
        ),
    )


class FleetPlay:
    """The weekend; calls meet faults from the beginning of the transition that `ending` names to its end."""

    def __init__(self, universe: Universe, case: FleetCase, ending: Night) -> None:
        self.universe = universe
        self.ending = ending
        self.trouble = ""
        self._late: list[str] = []
        self.estate = Owner(universe.client).estate()
        qa, dev = specs(case)
        self.parts = [
            FleetPart(universe, qa, self.estate.qa),
            FleetPart(universe, dev, self.estate.dev),
        ]
        self.observer = FleetObserver(self.parts)
        universe.calls.seen = lambda call: self._look(str(call))
        Thread(target=self._observe_each_second).start()
        self._pass(MISSED, since=FRIDAY)
        self._busy_evening()
        if ending is Night.STARTS:
            self._evening()
            self._weekend()
        universe.calls.forget()

    def intervene(self, names: str) -> None:
        """Somebody asks something of fleet `qa`."""
        self.observer.reversed = True
        WISHES[names].ask(self.parts[0], self.ending.action)

    def run(self) -> Verdict:
        """From the transition in question to the last trace."""
        if self.ending is Night.STOPS:
            self._evening()
            took, calls = hub.now - EVENING.at.timestamp(), len(self.universe.calls.made)
            self.universe.calls.meet = lambda call, send: send()
            self._weekend()
            if not self.trouble:
                self._morning()
        else:
            self._morning()
            took, calls = hub.now - MORNING.at.timestamp(), len(self.universe.calls.made)
        return Verdict(
            phase=", ".join(f"{run.fleet} {run.phase}" for part in self.parts for run in part.runs()),
            calls=calls,
            seconds=round(took, 2),
            violations=(*self.observer.violations.values(), *self._late, *self._aftermath()),
            story=tuple(sorted(line for part in self.parts for line in part.story())),
        )

    def _busy_evening(self) -> None:
        """Somebody makes a group larger just before it is stopped."""
        hub.leap(EVENING.at.timestamp() - BEFORE)
        hub.sleep(0.5)
        group = {"AutoScalingGroupName": "batch", "DesiredCapacity": SIZES["batch"][-1] + 1}
        self.universe.client("autoscaling").set_desired_capacity(**group)
        self._sizes = _groups()

    def _evening(self) -> None:
        """What the start depends on is what is remembered now: with the same memory it is the same start."""
        self._pass(EVENING, hopeless=("early", "spot"))
        if self.trouble in WISHES:
            return
        sizes = {key.rpartition("/")[2]: size for key, size in self.parts[0].standing().sizes.items()}
        remembered = {f"group:{name}": " ".join(map(str, size)) for name, size in sizes.items()}
        for name, now in _groups().items():
            if now != self._sizes[name] and remembered.get(name) != self._sizes[name]:
                self._late.append(f"I7 {name} was {self._sizes[name]}, and {remembered} is remembered")

    def _weekend(self) -> None:
        if self.trouble in WISHES:
            return
        hub.leap(SUNDAY.timestamp())
        hub.sleep(A_SWEEP)

    def _morning(self) -> None:
        self._pass(MORNING, hopeless=("late", "early"))
        if self.trouble in WISHES:
            return
        for name, now in _groups().items():
            stands = self.trouble in EXCUSES and now.endswith(" 0")  # it is named, as the aftermath knows
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
            ids = frozenset(self.estate.instances[name] for name in hopeless)
            may_fail = self.trouble in EXCUSES
            self._late += fleet_aftermath.wrong(part, moment, ids, may_fail=may_fail)
        self.observer.calm()

    def _has_ended(self, part: FleetPart, moment: Moment) -> bool:
        return part.rests(moment) if self.observer.reversed else part.is_settled(moment)

    def _as_wished(self, part: FleetPart, moment: Moment, wish: Wish) -> None:
        """Now, and when what was wished for a while is over."""
        hub.run(lambda: part.rests(moment), LONGEST)
        hub.sleep(AFTERWARDS)
        ids = frozenset(self.estate.instances[name] for name in MOVING)
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
        if self.observer.reversed:
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


def _groups() -> dict[str, str]:
    return {name: state for name, state in conditions(ACCOUNT, REGION).items() if name.startswith("group:")}
