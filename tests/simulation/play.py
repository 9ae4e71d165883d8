"""One rollout from its start to its last trace, in a universe of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from signalbox.rollouts.commands.caller import Caller
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import ServiceSpec
from signalbox_local.sample_service import SampleService, make_service, put_errors
from tests.simulation import aftermath
from tests.simulation.cases import Case, Ending
from tests.simulation.fibers import Thread, hub
from tests.simulation.observer import EACH_SECOND, Expected, Observer
from tests.simulation.universe import ACCOUNT, REGION, Universe

CALLER = Caller(arn="arn:aws:iam::123456789012:user/operator", reason="a simulation")
LOOKS_BAD_AFTER = 10.0  # seconds that a bad version serves before it makes errors
ERRORS_EVERY = 5.0  # seconds
LONGEST = 2 * 3600.0  # seconds of virtual time until a rollout must have ended
AFTERWARDS = 250.0  # seconds for what may follow: sweeps, deliveries
PATIENCE = 30.0  # seconds until a caller asks again
SECOND = 1.0
WELL = ("succeeded", "rolled_back", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a run ended. `story` is the timeline, one line an entry; `seconds` are virtual."""

    phase: str
    calls: int
    seconds: float
    violations: tuple[str, ...]
    story: tuple[str, ...]


class Play:
    """The service, its registration, and the rollout that is watched."""

    def __init__(self, universe: Universe, case: Case, ending: Ending) -> None:
        self.universe = universe
        self.case = case
        self.begun = self.over = False
        self.ordered: list[str] = []
        self.ending = ending
        self.service: SampleService = make_service(universe.client, case.wish)
        self._register()
        universe.calls.forget()
        self.before = aftermath.picture(universe.backend)
        self.observer = Observer(universe.backend, universe.stack.ref("Table"), self._expected())
        universe.calls.seen = lambda call: self.observer.look(str(call))
        for work in (self._observe_each_second, self._fail_while_serving):
            Thread(target=work).start()

    def _expected(self) -> Expected:
        return Expected(
            image=self.service.images["v1"],
            size=self.case.wish.size,
            floor=self.case.floor,
            watched_for=self.case.watched_for,
        )

    def _register(self) -> None:
        spec = msgspec.convert(self.service.spec(**self.case.changes), ServiceSpec)
        assert self.universe.ask(lambda ports: put_service(spec, CALLER, ports)), "the registration failed"

    def run(self) -> Verdict:
        """From the request to the last trace."""
        began = hub.now
        self._start()
        ended = hub.run(lambda: self.over, LONGEST)
        took = hub.now - began
        hub.sleep(AFTERWARDS)
        late = () if ended else (f"I3 it has not ended after {LONGEST:.0f} s",)
        return Verdict(
            phase=", ".join(rollout.phase for rollout in self.rollouts()),
            calls=len(self.universe.calls.made),
            seconds=round(took, 2),
            violations=(*self.observer.violations.values(), *late, *self._aftermath()),
            story=self.story(),
        )

    def _start(self) -> None:
        """Ask until the rollout exists, as a caller does who gets no answer."""
        command = StartRollout(service=self.service.name, version=self.service.images["v2"])
        while not self.rollouts():
            self.universe.ask(lambda ports: start_rollout(command, CALLER, ports))
            if not self.rollouts():
                hub.sleep(PATIENCE)
        self.begun = True

    def _has_ended(self) -> bool:
        """Whether it was there, and the product does not look after it any more."""
        return self.begun and not any(True for _ in self.universe.items("OPEN"))

    def rollouts(self) -> tuple[Rollout, ...]:
        """The records, as the product wrote them."""
        records = [i for i in self.universe.items("SERVICE#") if i["sk"].startswith("ROLLOUT#")]
        found = [msgspec.json.decode(item["body"], type=Rollout) for item in records]
        return tuple(sorted(found, key=lambda rollout: rollout.rollout_id))  # in the order of their starts

    def entries(self, rollout_id: str = "") -> list[dict[str, object]]:
        """The timeline of one rollout, or of all."""
        return [msgspec.json.decode(item["body"]) for item in self.universe.items(f"TIMELINE#{rollout_id}")]

    def story(self) -> tuple[str, ...]:
        """The timeline, as a person reads it."""
        return tuple(f"{e['at']} {e['type']}: {e['reason']}" for e in self.entries())

    def _aftermath(self) -> list[str]:
        universe = self.universe
        items = list(universe.items(""))
        phases = {rollout.rollout_id: str(rollout.phase) for rollout in self.rollouts()}
        bus = [recorded.event for recorded in universe.bus.events() if recorded.bus == "signalbox"]
        return [
            *aftermath.traces(items, set(phases)),
            *(text for rollout_id in phases for text in self._told_once(rollout_id, bus)),
            *aftermath.executions(ACCOUNT, REGION, phases),
            *(text for rollout in self.rollouts() for text in self._wrong_ending(rollout)),
            *self._estate_left(),
        ]

    def _told_once(self, rollout_id: str, bus: list[dict[str, Any]]) -> Iterator[str]:
        ours = [event for event in bus if event["detail"]["rollout_id"] == rollout_id]
        return aftermath.told_once(self.entries(rollout_id), ours)

    def _wrong_ending(self, rollout: Rollout) -> Iterator[str]:
        """Whatever happens, a bad version never wins, and nothing gets stuck that AWS did not refuse. What
        somebody else starts is a good version."""
        is_bad = self.ending.bad_from is not None and rollout.version == self.service.images["v2"]
        allowed = set(WELL[1:] if is_bad else WELL)
        if "abort" in self.ordered:
            allowed.add("aborted")
        if self.observer.promoted:
            allowed.add("succeeded")
        if rollout.phase not in allowed:
            yield f"I3 {rollout.rollout_id} is {rollout.phase}"

    def _estate_left(self) -> Iterator[str]:
        """The last version that succeeded serves, or what did before."""
        after, backend = aftermath.picture(self.universe.backend), self.universe.backend
        won = [rollout.version for rollout in self.rollouts() if rollout.phase == "succeeded"]
        if not won:
            return aftermath.as_before(self.before, after)
        return aftermath.at_new_version(self.before, after, backend, won[-1], self.case.wish.size)

    def _observe_each_second(self) -> None:
        while True:
            hub.sleep(SECOND)
            self.over = self._has_ended()
            self.observer.look(EACH_SECOND)

    def _fail_while_serving(self) -> None:
        """A bad version makes errors where it serves, in numbers and for a while."""
        since: float | None = None
        while self.ending.bad_from:
            hub.sleep(ERRORS_EVERY)
            bad = {arn: n for arn, n in self._bad_serving().items() if n}
            since = (since or hub.now) if sum(bad.values()) >= self.ending.bad_from else None
            if since is not None and hub.now - since >= LOOKS_BAD_AFTER:
                self._put_errors(set(bad))

    def _bad_serving(self) -> dict[str, int]:
        """Target group -> how many of the new version have traffic there."""
        backend, bad = self.universe.backend, self.service.images["v2"]
        loaded = {arn for weights in backend.rules().values() for arn, weight in weights.items() if weight}
        return {arn: backend.images(arn).count(bad) for arn in sorted(loaded)}

    def _put_errors(self, target_groups: set[str]) -> None:
        for name, alarm in self.universe.backend.alarms().items():
            seen = [d.value for d in alarm.dimensions if d.name == "TargetGroup"]
            if any(arn.endswith(value) for arn in target_groups for value in seen):
                put_errors(self.universe.client, name, 100)
