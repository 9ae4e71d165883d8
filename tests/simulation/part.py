"""One service in a play: its registration, its rollouts, and what its owner, people and a bad version do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import from_rfc3339
from signalbox.rollouts.commands.put_service import put_service
from signalbox.rollouts.commands.reconcile import SILENT
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import ServiceSpec
from signalbox_local.sample_service import SampleService, Wish, make_service, put_errors
from tests.simulation import aftermath
from tests.simulation.belongings import furnish
from tests.simulation.callers import CALLERS, call
from tests.simulation.cases import ORDERS, VISITS, Case, Ending
from tests.simulation.fibers import Thread, hub
from tests.simulation.observer import Expected, Watch
from tests.simulation.universe import Universe

CALLER = Caller(arn="arn:aws:iam::123456789012:user/operator", reason="a simulation")
LOOKS_BAD_AFTER = 10.0  # seconds that a bad version serves before it makes errors
ERRORS_EVERY = 5.0  # seconds
SALES_EVERY = 20.0  # seconds
VISITORS = 1_000  # each time
PATIENCE = 30.0  # seconds until a caller asks again
TTL = 30  # seconds, of a name
ON_CALL_EVERY = 60.0  # seconds until somebody on call looks whether a rollout is stuck
A_SWEEP = timedelta(seconds=61)
WELL = ("succeeded", "rolled_back", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """How the service is rolled out, and how its version v2 behaves. With `beside` it shares the target of
    that other service."""

    case: Case
    ending: Ending
    name: str = "checkout"
    beside: Part | None = None


class Part:
    """A role in one universe. `ordered` is what people and others have done, by name; `thrown_back` are the
    rollouts that may not succeed any more; `asking` counts the callers whose start has not been answered.
    In a storm, where it is not calm, an alarm may come late."""

    def __init__(self, universe: Universe, role: Role) -> None:
        self.universe = universe
        self.role = role
        self.name, self.case, self.ending = role.name, role.case, role.ending
        self.ordered: list[str] = []
        self.thrown_back: set[str] = set()
        self.is_calm = True
        self.asking = 0
        self.refused = False
        self.target, self.watch = self._settled_in()
        self._register()
        self._let_aws_lack_what_it_will()
        Thread(target=self._look_after_what_is_stuck).start()
        if self.ending in CALLERS:
            Thread(target=call, args=(self,)).start()
        if self.case.preset == "ab-test" and role.beside is None:
            Thread(target=self._sell).start()
        elif self.ending.bad_from and role.beside is None:
            Thread(target=self._fail_while_serving).start()

    def _settled_in(self) -> tuple[SampleService, Watch]:
        if self.role.beside is not None:
            return self.role.beside.target, self.role.beside.watch
        by_name = self.case.router == "route53"
        wish = Wish(
            name=self.name,
            size=self.case.size,
            slots=self.case.platform == "slots",
            ttl=TTL if by_name else 0,
        )
        target = make_service(self.universe.client, wish)
        for group in target.groups:
            furnish(self.universe.client, group)
        expected = Expected(
            image=target.images["v1"],
            size=self.case.size,
            floor=self.case.floor,
            kept=self.case.kept,
            watched_for=self.case.watched_for,
        )
        return target, Watch(self.universe.backend, target, expected)

    def _register(self) -> None:
        changes = self.case.changes(self.target.alarm, self.ending)
        spec = msgspec.convert(self.target.spec(name=self.name, **changes), ServiceSpec)
        assert self.universe.ask(lambda ports: put_service(spec, CALLER, ports)), "the registration failed"

    def _let_aws_lack_what_it_will(self) -> None:
        estate = self.universe.estate
        if self.ending is Ending.NEVER_HEALTHY:
            estate.set_unhealthy_images([self.target.images["v2"]])
        if self.ending is Ending.SHORTFALL:
            estate.set_room(self.case.size)

    def insist(self, version: str = "v2") -> None:
        """Ask until there is a rollout, as a caller does who gets no answer."""
        while not self.rollouts():
            self.start(version)
            if not self.rollouts():
                hub.sleep(PATIENCE)

    def start(self, version: str) -> None:
        """Ask once for a version by its name. Raises what the product answers."""
        command = StartRollout(service=self.name, version=self.target.images[version])
        self.asking += 1
        try:
            self.universe.ask(lambda ports: start_rollout(command, CALLER, ports))
        finally:
            self.asking -= 1

    def rollouts(self) -> tuple[Rollout, ...]:
        """The records, as the product wrote them, in the order of their starts."""
        service = f"SERVICE#{self.name}"
        records = [item for item in self.universe.items(service) if item["pk"] == service]
        bodies = [item["body"] for item in records if item["sk"].startswith("ROLLOUT#")]
        found = [msgspec.json.decode(body, type=Rollout) for body in bodies]
        return tuple(sorted(found, key=lambda rollout: rollout.rollout_id))

    def current(self) -> Rollout | None:
        """The rollout that has not ended for good, if there is one."""
        return next((rollout for rollout in self.rollouts() if not rollout.phase.is_final), None)

    def entries(self, rollout_id: str) -> list[dict[str, Any]]:
        """The timeline of one rollout."""
        return [msgspec.json.decode(item["body"]) for item in self.universe.items(f"TIMELINE#{rollout_id}")]

    def has_been_stuck(self, rollout_id: str) -> bool:
        """Whether AWS has refused its restore."""
        return any(entry["type"] == "Rollout Stuck" for entry in self.entries(rollout_id))

    def story(self) -> tuple[str, ...]:
        """The timelines, as a person reads them."""
        entries = (entry for rollout in self.rollouts() for entry in self.entries(rollout.rollout_id))
        return tuple(f"{e['at']} {self.name} {e['type']}: {e['reason']}" for e in entries)

    def wrong(self, bus: list[dict[str, Any]], *, paged: bool) -> Iterator[str]:
        """What is not as it should be, of each of its rollouts. `paged`: dead letters have told people."""
        for rollout in self.rollouts():
            ours = [event for event in bus if event["detail"]["rollout_id"] == rollout.rollout_id]
            yield from aftermath.told_once(self.entries(rollout.rollout_id), ours)
            yield from self._wrong_ending(rollout)
            if not paged:
                yield from self._nobody_was_told(rollout)

    def _wrong_ending(self, rollout: Rollout) -> Iterator[str]:
        """Whatever happens, a bad version never wins, and nothing ends stuck."""
        is_bad = self.ending.is_bad and rollout.version == self.target.images["v2"]
        allowed = set(WELL[1:] if is_bad else WELL)
        if {"abort", "undo"} & set(self.ordered):
            allowed.add("aborted")
        if self.watch.promoted:
            allowed.add("succeeded")
        if rollout.rollout_id in self.thrown_back:
            allowed.discard("succeeded")
        if rollout.phase not in allowed:
            yield f"I3 {rollout.rollout_id} is {rollout.phase}"

    def _nobody_was_told(self, rollout: Rollout) -> Iterator[str]:
        """A restore that takes longer than a quarter of an hour pages people."""
        began, ended = rollout.clocks.detected_at, rollout.ended_at
        if began is None or ended is None or ended - from_rfc3339(began) < SILENT + 2 * A_SWEEP:
            return
        figures = (json.loads(line) for line in self.universe.functions.log if "RestoresOverdue" in line)
        if not any(line["RestoresOverdue"] for line in figures):
            yield f"I3 {rollout.rollout_id} took long to restore, and nobody was paged"

    def _look_after_what_is_stuck(self) -> None:
        """Nothing gets stuck that AWS did not refuse; then somebody on call tries again."""
        while True:
            hub.sleep(ON_CALL_EVERY)
            stuck = self.current()
            if stuck is None or stuck.phase != "stuck":
                continue
            if not self.refused:
                self.watch.tell("I3", f"{stuck.rollout_id} is stuck, and AWS has refused nothing")
            self.universe.ask(lambda ports: retry(self.name, stuck.rollout_id, CALLER, ports))  # noqa: B023

    def _sell(self) -> None:
        """Visitors come to every group with traffic, by its share; of a good new version more of them order,
        of a bad one less. That is all that is wrong with it."""
        bad = self.ending.bad_from is not None
        while True:
            hub.sleep(SALES_EVERY)
            for name, share, is_new in self._serving_groups():
                visits = VISITORS * share // 100
                orders = visits // (10 if not is_new else 20 if bad else 5)
                self._count(name, {VISITS: visits, ORDERS: orders})

    def _serving_groups(self) -> Iterator[tuple[str, int, bool]]:
        """Auto Scaling group, percent of the traffic, whether it runs the new version."""
        backend, new = self.universe.backend, self.target.images["v2"]
        weights = backend.rules().get(self.target.references[0], {})
        for name, group in backend.groups().items():
            for arn in group.target_group_arns:
                if weights.get(arn):
                    yield name, weights[arn], new in backend.images(arn)

    def _count(self, group: str, values: dict[str, int]) -> None:
        dimensions = [{"Name": "Group", "Value": group}]
        data = [{"MetricName": n, "Dimensions": dimensions, "Value": float(v)} for n, v in values.items()]
        self.universe.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)

    def _fail_while_serving(self) -> None:
        """A bad version makes errors where it serves, in numbers and for a while."""
        since: float | None = None
        while True:
            hub.sleep(ERRORS_EVERY)
            bad = {arn: n for arn, n in self._bad_serving().items() if n}
            since = (since or hub.now) if sum(bad.values()) >= (self.ending.bad_from or 0) else None
            if since is not None and hub.now - since >= LOOKS_BAD_AFTER:
                self._put_errors(set(bad))

    def _bad_serving(self) -> dict[str, int]:
        """Target group -> how many of the new version have traffic there."""
        backend, bad = self.universe.backend, self.target.images["v2"]
        return {arn: backend.images(arn).count(bad) for arn in sorted(backend.loaded(self.target.references))}

    def _put_errors(self, target_groups: set[str]) -> None:
        for name, alarm in self.universe.backend.alarms().items():
            seen = [d.value for d in alarm.dimensions if d.name == "TargetGroup"]
            if any(arn.endswith(value) for arn in target_groups for value in seen):
                put_errors(self.universe.client, name, 100)
