"""Services and their rollouts, from the first request to the last trace, in a universe of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.simulation import aftermath
from tests.simulation.calls import Call
from tests.simulation.faults import Fault
from tests.simulation.fibers import Thread, hub
from tests.simulation.interventions import intervene
from tests.simulation.observer import EACH_SECOND, Observer
from tests.simulation.part import Part, Role
from tests.simulation.universe import ACCOUNT, REGION, Universe

LONGEST = 2 * 3600.0  # seconds of virtual time until all must have ended
AFTERWARDS = 250.0  # seconds for what may follow: sweeps, deliveries
SECOND = 1.0
OF_OWNERS = frozenset({"ec2", "auto-scaling", "elastic-load-balancing-v2", "route-53"})
WAITS_WITHIN = 0.5  # seconds from the first call of `Hold`
A_MOMENT = 0.1  # seconds in which somebody does something
LETTERS_ALARM = 300.0  # seconds that there are dead letters until `DeadLettersAlarm` pages people
LEAVING = frozenset({Fault.REFUSED, Fault.OUTAGE, Fault.THROTTLED_LONG})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ended. `story` is the timelines, one line an entry; `seconds` are virtual; `faults`
    were met."""

    phase: str
    calls: int
    seconds: float
    violations: tuple[str, ...]
    story: tuple[str, ...]
    faults: int = 1


class Play:
    """The parts, and the observer of all. Without roles it is a storm: parts enter later."""

    def __init__(self, universe: Universe, roles: Sequence[Role]) -> None:
        self.universe = universe
        universe.keep_config_rule()
        self.begun = False
        self.trouble = ""
        self.stormy = not roles
        self.parts: list[Part] = []
        self._recorded: set[tuple[str, bytes | int]] = set()
        self._no_letters_at = hub.now
        self._paged = False
        for role in roles:
            self.enter(role)
        if roles:
            self.begin()

    def enter(self, role: Role) -> None:
        """One part more, before anything is watched."""
        self.parts.append(Part(self.universe, role))
        self.parts[-1].is_calm = not self.stormy

    def begin(self) -> None:
        """From here on calls are counted and everything is watched."""
        universe = self.universe
        universe.calls.forget()
        self.before = aftermath.picture(universe.backend)
        watches = list(dict.fromkeys(part.watch for part in self.parts))
        self.observer = Observer(universe.backend, universe.stack.ref("Table"), watches)
        universe.calls.seen = self._look
        Thread(target=self._observe_each_second).start()

    @property
    def lead(self) -> Part:
        """The part whose calls meet faults."""
        return self.parts[0]

    def intervene(self, names: str, call: Call) -> None:
        """Somebody does something to the lead's service: to a hold once it waits, at a write between what was
        seen and what follows from it."""
        intervene(self.lead, names, WAITS_WITHIN if call.running.function == "Hold" else 0.0)
        if call.writes:
            hub.sleep(A_MOMENT)

    def run(self) -> Verdict:
        """The lead's rollout from its request to the last trace."""
        began = hub.now
        self.lead.insist()
        return self.end(began)

    def end(self, began: float) -> Verdict:
        """Let everything come to its end, and judge."""
        self.begun = True
        ended = hub.run(self.has_ended, LONGEST)
        took = hub.now - began
        hub.sleep(AFTERWARDS)
        return self.judge(took, () if ended else (f"I3 it has not ended after {LONGEST:.0f} s",))

    def judge(self, took: float, late: Sequence[str] = ()) -> Verdict:
        """Everything as it is now, after a run of so many seconds."""
        self.observer.look("the end")
        return Verdict(
            phase=", ".join(rollout.phase for part in self.parts for rollout in part.rollouts()),
            calls=len(self.universe.calls.made),
            seconds=round(took, 2),
            violations=(*self.observer.violations.values(), *late, *self._aftermath()),
            story=tuple(sorted(line for part in self.parts for line in part.story())),
        )

    def has_ended(self) -> bool:
        """Whether the product looks after no rollout any more, and nobody asks for one."""
        asked = any(part.asking for part in self.parts)
        return self.begun and not asked and not any(True for _ in self.universe.items("OPEN"))

    def _aftermath(self) -> list[str]:
        rollouts = {r.rollout_id: part for part in self.parts for r in part.rollouts()}
        stuck = {name for name, part in rollouts.items() if part.has_been_stuck(name)}
        bus = [recorded.event for recorded in self.universe.bus.events() if recorded.bus == "signalbox"]
        return [
            *aftermath.traces(list(self.universe.items(""))),
            *(text for part in self.parts for text in part.wrong(bus, paged=self._paged)),
            *aftermath.executions(ACCOUNT, REGION, stuck),
            *self._estate_left(),
            *(f"I3 a function raised {error}" for error in self.universe.functions.blunders()),
        ]

    def _estate_left(self) -> Iterator[str]:
        """On each target the last version that succeeded serves, or what did before; nothing is left over."""
        after = aftermath.picture(self.universe.backend)
        for watch in dict.fromkeys(part.watch for part in self.parts):
            rollouts = [r for part in self.parts if part.watch is watch for r in part.rollouts()]
            done = [r for r in rollouts if r.phase == "succeeded"]
            left = [name for rollout in done for name in aftermath.names_leftovers(rollout)]
            if not done:
                yield from aftermath.as_before(self.before, after, watch)
                continue
            last = max(done, key=lambda rollout: str(rollout.ended_at))
            yield from aftermath.served(self.universe.backend, watch, last.version)
            if not left:
                yield from aftermath.as_promised(self.before, after, watch, last.version)
            elif not self._may_leave():
                yield f"I7 {left} is named as left over, and nothing was in the way"
        yield from aftermath.left_over(self.before, after, self.parts)
        yield from aftermath.shaped(self.before, after, self.parts)

    def _may_leave(self) -> bool:
        """Whether AWS refused something for good, or for long, or others did something meanwhile."""
        return self.stormy or self.trouble in LEAVING or any(part.ordered for part in self.parts)

    def _look(self, call: Call) -> None:
        """I8: whoever writes to the estate has written down before that he will, or his twin has."""
        which = call.running.function, call.running.payload or call.running.number
        if call.service == "dynamodb":
            self._recorded.add(which)
        elif call.service in OF_OWNERS and which not in self._recorded:
            self.lead.watch.tell("I8", f"{call} is written down nowhere")
        self.observer.look(str(call))

    def _observe_each_second(self) -> None:
        while True:
            hub.sleep(SECOND)
            self.observer.look(EACH_SECOND)
            self._look_for_letters()

    def _look_for_letters(self) -> None:
        if not self.universe.backend.letters(self.universe.stack.ref("DeadLetters")):
            self._no_letters_at = hub.now
        self._paged |= hub.now - self._no_letters_at > LETTERS_ALARM
