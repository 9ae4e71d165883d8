"""The ports in memory, with the conditions of the real stores; AWS does at once what is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.timeline import Entry
from signalbox.rollouts import forwarding
from signalbox.rollouts.commands.on_alarm import AlarmPorts
from signalbox.rollouts.dns import side_of
from signalbox.rollouts.estate import (
    Alarm,
    Balancer,
    Carried,
    Estate,
    Group,
    Layout,
    Placement,
    Rule,
    TargetGroup,
)
from signalbox.rollouts.experiments import Query, Series
from signalbox.rollouts.model import HoldKind, Phase, Stop, Told
from signalbox.rollouts.ports import Latch, Ports, Registered
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.signals import PAUSED_AT_ONCE, Heard, Signals, has_been_told
from signalbox.rollouts.survey import Standing, Survey
from signalbox.rollouts.writes import Write
from tests.unit import builders
from tests.unit.builders import ACCOUNT, NOW, REGION


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class FakeAws:
    """Ports `Estates` and `Writer` over groups, target groups and rules by name.

    While `slow`, what is launched is unhealthy, and what is terminated goes on terminating, until `settle`.
    `refuse` may raise before a write, `interrupt` after it.
    """

    def __init__(self, survey: Survey | None = None) -> None:
        surveyed = survey or builders.survey()
        self.groups = {name: replace(one, carried=Carried()) for name, one in surveyed.groups.items()}
        self.target_groups: dict[str, TargetGroup] = dict(surveyed.target_groups)
        self.rules: dict[str, Rule] = dict(surveyed.rules)
        self.named_alarms: dict[str, Alarm] = dict(surveyed.alarms)
        self.balancers: dict[str, Balancer] = {}  # copies, by name
        self.surveyed = surveyed
        self.health: dict[str, dict[str, str]] = {
            arn: {i.id: "healthy" for g in self.groups.values() if arn in g.target_groups for i in g.present}
            for arn in self.target_groups
        }
        self.images = dict(surveyed.images.get(builders.TEMPLATE, {}))  # launch template version -> AMI
        self.versions: dict[str, str] = {}  # rollout id -> launch template version
        self.writes: list[Write] = []
        self.sent_once: list[Write] = []
        self.slow = False
        self.propagates = False  # as Route 53 does; otherwise changes are in sync at once
        self.on_their_way: set[str] = set()
        self.refuse: Callable[[Write], None] = lambda write: None
        self.interrupt: Callable[[Write], None] = lambda write: None
        self._looked: tuple[Layout, str] | None = None

    def settle(self) -> None:
        """What was launched is in service, what was terminated is gone, what was on its way has arrived."""
        self.on_their_way.clear()
        self.groups = {name: replace(group, instances=group.present) for name, group in self.groups.items()}
        self.health = {
            arn: {i: "healthy" if state == "initial" else state for i, state in states.items()}
            for arn, states in self.health.items()
        }

    def survey(self, spec: ServiceSpec, version: str | None) -> Survey:
        return replace(
            self.surveyed,
            groups={name: replace(one, carried=self.carried(name)) for name, one in self.groups.items()},
            target_groups=self.target_groups,
            rules=self.rules,
            references=tuple(self.rules.values()),
            healthy={arn: list(states.values()).count("healthy") for arn, states in self.health.items()},
            alarms={alarm.name: alarm for alarm in self.alarms(spec.guards.alarms)},
            images={builders.TEMPLATE: self.images},
        )

    def standing(self, spec: ServiceSpec) -> Standing:
        found = tuple(self.rules[arn] for arn in spec.traffic.references if arn in self.rules)
        return Standing(groups=self.groups, rules=found)

    def carried(self, group: str) -> Carried:
        surveyed = self.surveyed.groups.get(group)
        return surveyed.carried if surveyed else Carried()

    def observe(self, layout: Layout, rollout_id: str) -> Estate:
        self._looked = (layout, rollout_id)
        stable = self.target_groups[layout.stable_target_group]
        copies = tuple(name for name in self.named_alarms if name.startswith(f"signalbox-{rollout_id}-"))
        return Estate(
            stable=self.groups[layout.stable_group],
            candidate=self.groups.get(layout.candidate_group),
            stable_target_group=stable,
            candidate_target_group=self._candidate_target_group(layout, stable),
            rules=tuple(self.rules[arn] for arn in layout.references if arn in self.rules),
            health=self.health,
            candidate_version=self.versions.get(rollout_id),
            alarm_copies=copies,
            balancer=self.surveyed.original
            if layout.candidate_balancer and not self._known(layout)
            else None,
            candidate_balancer=self.balancers.get(layout.candidate_balancer),
        )

    def _known(self, layout: Layout) -> bool:
        """Whether the copy has its record of each name."""
        rules = [self.rules[arn] for arn in layout.references if arn in self.rules]
        copy = layout.candidate_target_group
        return all(side_of(rule, copy) for rule in rules)

    def _candidate_target_group(self, layout: Layout, stable: TargetGroup) -> TargetGroup | None:
        if layout.placement is Placement.BESIDE:
            return stable
        found = [t for t in self.target_groups.values() if layout.candidate_target_group in (t.arn, t.name)]
        return found[0] if found else None

    def unnamed(self, layout: Layout, estate: Estate) -> tuple[Rule, ...]:
        both = {group.arn for group in (estate.stable_target_group, estate.candidate_target_group) if group}
        others = [rule for arn, rule in self.rules.items() if arn not in layout.references]
        return tuple(rule for rule in others if both & set(forwarding.weights(rule.actions)))

    def alarms(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        return tuple(self.named_alarms[name] for name in names if name in self.named_alarms)

    def is_in_sync(self, change: str) -> bool:
        return change not in self.on_their_way

    def apply(self, write: Write, *, once: bool = False) -> str | None:
        assert self._looked is not None
        self.refuse(write)
        self.writes.append(write)
        self.sent_once += [write] if once else []
        layout, rollout_id = self._looked
        before = self.observe(layout, rollout_id)
        after = _with_real_names(predicted(before, [write]), before)
        if write.operation == "CreateLaunchTemplateVersion":
            data = write.parameters["LaunchTemplateData"]
            assert isinstance(data, dict)
            self.images[str(after.candidate_version)] = data["ImageId"]
        self._become(before, after, layout, rollout_id)
        change = f"/change/C{len(self.writes)}" if write.service == "route53" else None
        if change is not None and self.propagates:
            self.on_their_way.add(change)
        self.interrupt(write)
        return change

    def _become(self, before: Estate, after: Estate, layout: Layout, rollout_id: str) -> None:
        old = {i.id for group in self.groups.values() for i in group.instances}
        for name in (layout.stable_group, layout.candidate_group):
            self.groups.pop(name, None)
        for group, was in ((after.stable, before.stable), (after.candidate, before.candidate)):
            if group is not None:
                self.groups[group.name] = _lingering(group, was) if self.slow and was else group
        if before.candidate_target_group is not None:
            self.target_groups.pop(before.candidate_target_group.arn)
        for target_group in (after.stable_target_group, after.candidate_target_group):
            if target_group is not None:
                self.target_groups[target_group.arn] = target_group
        self.rules |= {rule.arn: rule for rule in after.rules}
        self.balancers.pop(layout.candidate_balancer, None)
        if after.candidate_balancer is not None:
            self.balancers[layout.candidate_balancer] = after.candidate_balancer
        self.health = self.health | {
            arn: {i: "initial" if self.slow and i not in old else state for i, state in states.items()}
            for arn, states in after.health.items()
        }
        self._remember_copies(before.alarm_copies, after.alarm_copies)
        self.versions.pop(rollout_id, None)
        if after.candidate_version is not None:
            self.versions[rollout_id] = after.candidate_version

    def _remember_copies(self, before: Sequence[str], after: Sequence[str]) -> None:
        for name in set(before) - set(after):
            del self.named_alarms[name]
        for name in set(after) - set(before):
            self.named_alarms[name] = builders.alarm(name)


def _lingering(group: Group, was: Group) -> Group:
    stays = {instance.id for instance in group.instances}
    going = [replace(i, lifecycle="Terminating") for i in was.instances if i.id not in stays]
    return replace(group, instances=(*group.instances, *going))


def _with_real_names(after: Estate, before: Estate) -> Estate:
    """Ids instead of placeholders: the next version number, an ARN of AWS's making."""
    group = after.candidate_target_group
    if group is not None and group.arn.startswith("{"):
        arn = builders.BLUE.replace("blue", group.name)
        after = replace(after, candidate_target_group=replace(group, arn=arn))
    if before.candidate_version is None and after.candidate_version is not None:
        versions = [int(g.resolved_version) for g in (before.stable, before.candidate) if g is not None]
        after = replace(after, candidate_version=str(max(versions) + 1))
    return after


@dataclass(kw_only=True)
class LatchItem:
    """The signals item with what only conditions look at."""

    signals: Signals
    hold_key: tuple[int, int] | None = None
    final: bool = False
    armed_at: str = ""


@dataclass
class FakeStore:
    """The table."""

    records: dict[tuple[str, str], Rollout] = field(default_factory=dict)
    latches: dict[str, LatchItem] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    locks: dict[str, tuple[str, str]] = field(default_factory=dict)
    watchers: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    services: dict[str, Registered] = field(default_factory=dict)
    running: dict[str, int] = field(default_factory=dict)


class FakeRollouts:
    """Port `Rollouts`."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def create(
        self, rollout: Rollout, entries: Sequence[Entry], locks: Sequence[str], sequence: int | None
    ) -> None:
        held = next((lock for lock in locks if lock in self._store.locks), None)
        if held is not None:
            service, rollout_id = self._store.locks[held]
            raise Conflict(f"{held} is held by rollout {rollout_id} of {service}")
        last = self._store.services[rollout.service].sequence
        if sequence is not None and last is not None and sequence < last:
            raise Conflict(f"the registration of {rollout.service} has changed")
        self._store.records[rollout.service, rollout.rollout_id] = rollout
        self._store.entries[rollout.rollout_id] = list(entries)
        self._store.locks |= dict.fromkeys(locks, (rollout.service, rollout.rollout_id))
        self._store.open[rollout.rollout_id] = rollout.service
        fresh = Signals(rollout_id=rollout.rollout_id, service=rollout.service, generation=rollout.generation)
        self._store.latches[rollout.rollout_id] = LatchItem(signals=fresh)
        registered = self._store.services[rollout.service]
        kept = last if sequence is None else sequence
        self._store.services[rollout.service] = replace(registered, sequence=kept)
        self._store.running[rollout.service] = self._store.running.get(rollout.service, 0) + 1

    def get(self, service: str, rollout_id: str) -> Rollout:
        try:
            return self._store.records[service, rollout_id]
        except KeyError:
            raise NotFound(f"service {service} has no rollout {rollout_id}") from None

    def load(self, service: str, rollout_id: str) -> tuple[Rollout, Signals]:
        rollout, item = self.get(service, rollout_id), self._store.latches.get(rollout_id)
        empty = Signals(rollout_id=rollout_id, service=service, generation=rollout.generation)
        return rollout, item.signals if item else empty

    def save(self, rollout: Rollout, entries: Sequence[Entry], latch: Latch) -> None:
        self._check(rollout, entries)
        if latch != Latch():
            self._change(rollout.rollout_id, latch)
        self._write(rollout, entries)

    def _check(self, rollout: Rollout, entries: Sequence[Entry]) -> None:
        stored = self.get(rollout.service, rollout.rollout_id)
        known = len(self._store.entries[rollout.rollout_id])
        if stored.revision != rollout.revision - 1 or any(entry.sequence <= known for entry in entries):
            raise Conflict("condition 0 does not hold")

    def _change(self, rollout_id: str, latch: Latch) -> None:
        item = self._store.latches.get(rollout_id)
        if item is None or (latch.final and item.signals.stop is not None):
            raise Conflict("condition 1 does not hold")
        signals = replace(item.signals, token=None, hold=None) if latch.release else item.signals
        if latch.restoring is not None:
            signals = replace(signals, restoring=latch.restoring)
        if latch.instant is not None:
            signals = replace(signals, instant=latch.instant)
        if latch.generation is not None:
            signals, item.hold_key = replace(signals, generation=latch.generation), None
        left = {told: count - latch.looked.get(told, 0) for told, count in signals.told.items()}
        item.signals, item.final = replace(signals, told=left), item.final or latch.final

    def _write(self, rollout: Rollout, entries: Sequence[Entry]) -> None:
        self._store.records[rollout.service, rollout.rollout_id] = rollout
        self._store.entries[rollout.rollout_id] += entries

    def arm(self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], latch: Latch) -> None:
        self.save(rollout, entries, latch)
        for arn in dict.fromkeys(alarms):
            self._store.watchers.setdefault(arn, []).append(rollout.rollout_id)
        self._store.latches[rollout.rollout_id].armed_at = rfc3339(rollout.started_at or rollout.created_at)

    def close(
        self, rollout: Rollout, entries: Sequence[Entry], alarms: Sequence[str], locks: Sequence[str]
    ) -> None:
        self._check(rollout, entries)
        owner = (rollout.service, rollout.rollout_id)
        if any(self._store.locks.get(lock, owner) != owner for lock in locks):
            raise Conflict("condition 2 does not hold")
        latch = self._store.latches.get(rollout.rollout_id)
        succeeds = rollout.phase is Phase.SUCCEEDED and not rollout.past_return
        if succeeds and latch is not None and latch.signals.stop is not None:
            raise Conflict("condition 3 does not hold")
        self._write(rollout, entries)
        for lock in locks:
            self._store.locks.pop(lock, None)
        for arn in alarms:
            watching = self._store.watchers.get(arn, [])
            if rollout.rollout_id in watching:
                watching.remove(rollout.rollout_id)
        self._store.latches.pop(rollout.rollout_id, None)
        self._store.running[rollout.service] -= 1

    def list(self, service: str, limit: int, cursor: str | None) -> tuple[tuple[Rollout, ...], str | None]:
        found = sorted(
            (r for (name, _), r in self._store.records.items() if name == service),
            key=lambda r: r.rollout_id,
            reverse=True,
        )
        page = tuple(r for r in found if cursor is None or r.rollout_id < cursor)[:limit]
        return page, page[-1].rollout_id if len(page) == limit else None

    def timeline(self, rollout_id: str, after: int, limit: int) -> tuple[Entry, ...]:
        return tuple(e for e in self._store.entries.get(rollout_id, []) if e.sequence > after)[:limit]

    def open(self) -> tuple[tuple[str, str], ...]:
        return tuple((service, rollout_id) for rollout_id, service in sorted(self._store.open.items()))

    def is_open(self, rollout_id: str) -> bool:
        return rollout_id in self._store.open

    def forget_open(self, rollout_id: str) -> None:
        self._store.open.pop(rollout_id, None)

    def owner(self, resource: str) -> tuple[str, str] | None:
        return self._store.locks.get(resource)


class FakeLatches:
    """Port `Latches`."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def get(self, rollout_id: str) -> Signals | None:
        item = self._store.latches.get(rollout_id)
        return item.signals if item else None

    def hold(self, signals: Signals, token: str, progress: Progress) -> bool:
        item = self._store.latches.get(signals.rollout_id)
        hold_key = (progress.step, progress.attempt)
        if item is None or item.signals.generation != signals.generation or _is_late(item, hold_key):
            return False
        now = item.signals
        if now.stop is not None and progress.next is not State.SETTLE_RESTORE:
            return False
        if has_been_told(now, progress) if progress.kind is HoldKind.SETTLING else _pauses(now, progress):
            return False
        pausing = now.pausing and progress.kind is not HoldKind.PAUSE
        item.signals = replace(now, token=token, hold=progress, pausing=pausing)
        item.hold_key = hold_key
        return True

    def stop(self, rollout_id: str, stop: Stop, heard: Heard, *, since_armed: bool = False) -> Signals | None:
        item = self._store.latches.get(rollout_id)
        if item is None or item.signals.stop is not None or item.final:
            return None
        if since_armed and (not item.armed_at or stop.at < item.armed_at):
            return None
        return self._set(rollout_id, stop=stop, heard=(*item.signals.heard, heard))

    def hear(
        self, rollout_id: str, heard: Heard, *, pausing: bool | None, full: bool = False
    ) -> Signals | None:
        item = self._store.latches.get(rollout_id)
        if item is None:
            return None
        now = item.signals
        return self._set(
            rollout_id,
            heard=(*now.heard, heard),
            pausing=now.pausing if pausing is None else pausing,
            full=now.full or full,
        )

    def tell(self, rollout_id: str, told: Told) -> Signals | None:
        item = self._store.latches.get(rollout_id)
        counts = item.signals.told if item else {}
        return self._set(rollout_id, told={**counts, told: counts.get(told, 0) + 1})

    def acted(self, rollout_id: str, at: str) -> None:
        self._set(rollout_id, acted_at=at)

    def _set(self, rollout_id: str, **fields: object) -> Signals | None:
        item = self._store.latches.get(rollout_id)
        if item is None:
            return None
        item.signals = replace(item.signals, **fields)  # type: ignore[arg-type]
        return item.signals

    def watchers(self, alarm_arn: str) -> tuple[str, ...]:
        return tuple(self._store.watchers.get(alarm_arn, ()))


def _is_late(item: LatchItem, hold_key: tuple[int, int]) -> bool:
    return item.hold_key is not None and item.hold_key > hold_key


def _pauses(signals: Signals, progress: Progress) -> bool:
    return signals.pausing and progress.kind in PAUSED_AT_ONCE


class FakeServices:
    """Port `Services`."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    def put(self, service: Registered) -> bool:
        name, kept = service.spec.name, self._store.services.get(service.spec.name)
        self._store.services[name] = replace(service, sequence=kept.sequence if kept else None)
        return kept is None

    def get(self, name: str) -> Registered:
        try:
            return self._store.services[name]
        except KeyError:
            raise NotFound(f"there is no service {name}") from None

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Registered, ...], str | None]:
        def place(service: Registered) -> str:
            return f"{service.created_at}#{service.spec.name}"

        found = sorted(self._store.services.values(), key=place, reverse=True)
        page = tuple(s for s in found if cursor is None or place(s) < cursor)[:limit]
        return page, place(page[-1]) if page and len(page) == limit else None

    def delete(self, name: str) -> None:
        self.get(name)
        if self._store.running.get(name):
            raise Conflict(f"a rollout of {name} is open: abort it or wait for its end")
        del self._store.services[name]


class FakeExecutions:
    """Port `Executions`: what was started, and the answers to tokens that somebody waits for."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, int], str] = {}
        self.waiting: set[str] = set()
        self.answers: dict[str, Progress] = {}

    def start(self, service: str, rollout_id: str, generation: int) -> None:
        self.statuses.setdefault((rollout_id, generation), "RUNNING")

    def status(self, rollout_id: str, generation: int) -> str | None:
        return self.statuses.get((rollout_id, generation))

    def wake(self, token: str, progress: Progress) -> None:
        if token not in self.waiting:
            raise Conflict("nobody waits for this token any more")
        self.waiting.remove(token)
        self.answers[token] = progress


class FakeBus:
    """Port `Bus`."""

    def __init__(self) -> None:
        self.published: list[Entry] = []

    def publish(self, rollout: Rollout, entries: Sequence[Entry]) -> None:
        self.published += entries


class FakeSweeping:
    """Port `Sweeping`."""

    def __init__(self) -> None:
        self.enabled = False

    def enable(self) -> None:
        self.enabled = True

    def disable(self) -> None:
        self.enabled = False


class FakeGauges:
    """Port `Gauges`."""

    def __init__(self) -> None:
        self.figures: dict[str, float] = {}

    def measure(self, **figures: float) -> None:
        self.figures |= figures


class FakeMetrics:
    """Port `Metrics`: the same value in each whole period, by the metric's name and the variant, which the
    dimension `Variant` names. `asked` are the queries of the last look; `refuse` may raise."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], float] = {}
        self.asked: Sequence[Query] = ()
        self.refuse: Callable[[], None] = lambda: None

    def read(
        self, queries: Sequence[Query], since: datetime, until: datetime, period: int
    ) -> tuple[Series, ...]:
        self.refuse()
        self.asked = queries
        count = int((until - since).total_seconds()) // period
        times = [since + timedelta(seconds=period * number) for number in range(count)]
        return tuple(
            dict.fromkeys(times, self._value(query)) if self._value(query) else {} for query in queries
        )

    def _value(self, query: Query) -> float:
        name = query.name if query.statistic != "SampleCount" else f"{query.name} samples"
        return self.values.get((name, query.dimensions["Variant"]), 0.0)


@dataclass
class World:
    """All ports over one store and one AWS."""

    aws: FakeAws = field(default_factory=FakeAws)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    store: FakeStore = field(default_factory=FakeStore)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    bus: FakeBus = field(default_factory=FakeBus)
    sweeping: FakeSweeping = field(default_factory=FakeSweeping)
    clock: FakeClock = field(default_factory=FakeClock)
    gauges: FakeGauges = field(default_factory=FakeGauges)

    @property
    def ports(self) -> Ports:
        return Ports(
            estates=self.aws,
            metrics=self.metrics,
            writer=self.aws,
            services=FakeServices(self.store),
            rollouts=FakeRollouts(self.store),
            latches=FakeLatches(self.store),
            executions=self.executions,
            bus=self.bus,
            sweeping=self.sweeping,
            gauges=self.gauges,
            clock=self.clock,
            entropy=lambda size: bytes(range(size)),
            region=REGION,
            account=ACCOUNT,
        )

    @property
    def alarm_ports(self) -> AlarmPorts:
        return AlarmPorts(
            latches=FakeLatches(self.store), writer=self.aws, executions=self.executions, clock=self.clock
        )
