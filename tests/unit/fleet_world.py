"""Things that can run or not, as AWS has them: states take time, buckets are empty, and things go wrong."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from signalbox.fleets.model import Action, Condition, Kind, Place, Power, Resource
from signalbox.fleets.named import own
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Bucket, Pace, Switched, Target
from signalbox.kernel.errors import Rejected
from tests.unit.builders import ACCOUNT, REGION
from tests.unit.fakes import FakeClock

HOME = Place(region=REGION, account=ACCOUNT)
EC2_PACE = {
    Action.START: Pace(calls=Bucket(capacity=5, per_second=2), resources=Bucket(capacity=1000, per_second=2)),
    Action.STOP: Pace(
        calls=Bucket(capacity=50, per_second=5), resources=Bucket(capacity=1000, per_second=20)
    ),
}
SECONDS = {Action.START: 60, Action.STOP: 40}  # until a thing is where it was asked to be
GROUPED = (Kind.AUTOSCALING, Kind.ECS, Kind.BEANSTALK)


@dataclass
class Thing:
    """`falls_back` is how often a start comes to nothing, `refusal` what AWS says whenever it is asked."""

    kind: Kind
    id: str
    power: Power = Power.RUNNING
    place: Place = HOME
    tags: dict[str, str] = field(default_factory=dict)
    group: str = ""
    size: tuple[int, ...] = ()
    unit: str = ""
    obstacle: str = ""
    member_of: str = ""
    falls_back: int = 0
    refusal: str = ""
    broken: str = ""
    busy_until: datetime | None = None
    lacks_capacity_until: datetime | None = None
    seconds: float | None = None
    moves_to: Power | None = None
    moved_at: datetime | None = None
    restarted_at: datetime | None = None

    @property
    def where(self) -> str:
        return f"{self.place.account}/{self.place.region}/{self.kind}"

    @property
    def key(self) -> str:
        return f"{self.where}/{self.id}"


@dataclass
class FakeAws:
    """Everything there is, and every call that was made: (operation, kind, how many). `scarce`: until when
    there is no capacity for a type; `unfit`: what EC2 says to who wants a type; `patched`: until when an
    instance is being patched."""

    clock: FakeClock
    things: dict[str, Thing] = field(default_factory=dict)
    calls: list[tuple[str, Kind, int]] = field(default_factory=list)
    touched: list[tuple[str, Action]] = field(default_factory=list)
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    refuse: Callable[[str, Kind, Place], None] = lambda operation, kind, place: None
    scarce: dict[str, datetime] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    patched: dict[str, datetime] = field(default_factory=dict)
    throttled: int = 0

    def has(self, *things: Thing) -> None:
        self.things |= {thing.key: thing for thing in things}

    def of(self, id_: str) -> Thing:
        return next(thing for thing in self.things.values() if thing.id == id_)

    def by_hand(self, id_: str, power: Power) -> None:
        """Somebody else switches it, and it is there at once."""
        thing = self.of(id_)
        thing.power, thing.moves_to = power, None
        if power is Power.STOPPED:
            thing.restarted_at = None

    def restarts(self, id_: str) -> None:
        """AWS does, after seven days."""
        self.by_hand(id_, Power.RUNNING)
        self.of(id_).restarted_at = self.clock()

    def powers(self) -> dict[str, Power]:
        for thing in self.things.values():
            self._settle(thing)
        return {thing.id: thing.power for thing in self.things.values()}

    def count(self, *operations: str) -> int:
        return sum(1 for operation, _, _ in self.calls if operation in operations)

    def switch_of(self, kind: Kind) -> "FakeSwitch":
        return FakeSwitch(kind, self)

    def take(self, name: str, bucket: Bucket, cost: float) -> bool:
        now = self.clock().timestamp()
        left, since = self.buckets.get(name, (bucket.capacity, now))
        left = min(bucket.capacity, left + (now - since) * bucket.per_second)
        enough = left >= cost - 1e-6
        self.buckets[name] = (left - cost if enough else left, now)
        return enough

    def move(self, thing: Thing, action: Action) -> None:
        if thing.power is action.power and thing.moves_to is None:
            return
        took = SECONDS[action] if thing.seconds is None else thing.seconds
        thing.moves_to, thing.moved_at = action.power, self.clock() + timedelta(seconds=took)

    def _settle(self, thing: Thing) -> None:
        if thing.moves_to is None or thing.moved_at is None or self.clock() < thing.moved_at:
            return
        if thing.falls_back and thing.moves_to is Power.RUNNING:
            thing.falls_back -= 1
        else:
            thing.power = thing.moves_to
            if thing.power is Power.STOPPED:
                thing.restarted_at = None
        thing.moves_to = None

    def look(self, thing: Thing) -> Resource:
        self._settle(thing)
        condition, detail = Condition(thing.power.value), str(thing.power)
        if thing.broken:
            condition, detail = Condition.BROKEN, thing.broken
        elif thing.busy_until and self.clock() < thing.busy_until:
            condition, detail = Condition.BUSY, "maintenance"
        elif thing.moves_to:
            condition = Condition.CHANGING
            detail = "pending" if thing.moves_to is Power.RUNNING else "stopping"
        elif thing.falls_back < 0 or (thing.tags.get("kms") and thing.power is Power.STOPPED):
            detail = "Client.InternalError: the key is disabled"
        return Resource(
            kind=thing.kind,
            id=thing.id,
            condition=condition,
            detail=detail,
            obstacle=thing.obstacle,
            member_of=thing.member_of,
            size=thing.size if any(thing.size[-1:]) else (),
            unit=thing.unit,
            tags=thing.tags,
        )


class FakeSwitch:
    """Port `Switch`: batches of 1,000 in the buckets of EC2, and of 10 without any for all others."""

    def __init__(self, kind: Kind, aws: FakeAws) -> None:
        self.kind = kind
        self.batch = 1000 if kind is Kind.EC2 else 10
        self._filters = kind is Kind.EC2
        self.tells_tags = kind is not Kind.WORKSPACES
        self._aws = aws

    def pace(self, action: Action) -> Pace:
        return EC2_PACE[action] if self.kind is Kind.EC2 else Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        self._aws.refuse("find", self.kind, place)
        if select.group:
            self._aws.refuse("group", self.kind, place)
        named = own(select, self.kind, place)
        here = self._here(place)
        looks = [self._aws.look(one) for one in here.values() if one.id in named or _selects(select, one)]
        strays = [one for one in looks if not self._filters or str(one.condition) != str(unless)]
        marked = [one for one in looks if one not in strays and despite in one.tags]
        for found in (strays, marked)[: 2 if self._filters and despite else 1]:
            self._aws.calls += [("find", self.kind, len(found))] * max(1, -(-len(found) // 1000))
            yield from found
        for id_ in named:
            if id_ not in here:
                yield Resource(
                    kind=self.kind, id=id_, condition=Condition.BROKEN, detail="there is no such resource"
                )

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        self._aws.refuse("read", self.kind, place)
        here = self._here(place)
        by_name, most = -(-len(ids) // 1000), -(-len(ids) // 1000) // 2
        wanted = frozenset(ids)
        looked_at = here.values() if most else [here[id_] for id_ in ids if id_ in here]
        looks = [self._aws.look(one) for one in looked_at]
        there = [one for one in looks if str(one.condition) != str(action.power)]
        pages = max(1, -(-len(there) // 1000))
        self._aws.calls += [("read", self.kind, len(ids))] * (pages if pages <= most else most + by_name)
        return (one for one in there if one.id in wanted)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        self._aws.refuse("switch", self.kind, place)
        assert len(targets) <= self.batch
        self._aws.calls.append(("switch", self.kind, len(targets)))
        if not self._has_tokens(action, len(targets), place):
            self._aws.throttled += 1
            return Switched(later=dict.fromkeys((t.id for t in targets), "RequestLimitExceeded: slow down"))
        accepted, later, refused, lacking = [], {}, {}, set()
        here = self._here(place)
        for target in targets:
            thing = here.get(target.id)
            if thing is None or thing.refusal:
                refused[target.id] = thing.refusal if thing else "InvalidInstanceID.NotFound"
            elif why := self._not_now(thing, action):
                later[target.id] = why
                lacking |= {target.id} if why.startswith("Insufficient") else set()
            else:
                self._accept(thing, target, action)
                accepted.append(target.id)
        return Switched(accepted=tuple(accepted), later=later, refused=refused, lacking=frozenset(lacking))

    def _accept(self, thing: Thing, target: Target, action: Action) -> None:
        if self.kind in GROUPED:
            if action is Action.START and not any(thing.size[-1:]):
                thing.size = target.size
            elif action is Action.STOP:
                thing.size = (0, *thing.size[1:-1], 0) if len(thing.size) > 1 else (0,)
        self._aws.touched.append((thing.key, action))
        self._aws.move(thing, action)

    def _not_now(self, thing: Thing, action: Action) -> str:
        look = self._aws.look(thing)
        until = thing.lacks_capacity_until or self._aws.scarce.get(thing.unit)
        if action is Action.START and until and self._aws.clock() < until:
            return f"InsufficientInstanceCapacity: no {thing.unit} in eu-west-1a"
        turns = look.condition is Condition.CHANGING and thing.moves_to is not action.power
        if look.condition is Condition.BUSY or (turns and self.kind not in GROUPED):
            return f"IncorrectInstanceState: it is {look.detail}"
        return ""

    def _has_tokens(self, action: Action, count: int, place: Place) -> bool:
        pace, name = self.pace(action), f"{place.account}/{place.region}/{self.kind}/{action}"
        calls = pace.calls is None or self._aws.take(f"{name} calls", pace.calls, 1)
        return calls and (pace.resources is None or self._aws.take(f"{name} all", pace.resources, count))

    def _here(self, place: Place) -> Mapping[str, Thing]:
        return {
            thing.id: thing
            for thing in self._aws.things.values()
            if thing.kind is self.kind
            and (thing.place.account, thing.place.region) == (place.account, place.region)
        }


class FakeGroups:
    """Port `Groups`: fifty a call."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def members(self, group: str, kind: Kind, place: Place) -> Iterator[str]:
        self._aws.refuse("group", kind, place)
        there = (kind, place.account, place.region)
        things = self._aws.things.values()
        here = [one for one in things if (one.kind, one.place.account, one.place.region) == there]
        members = [one.id for one in here if one.group == group]
        for first in range(0, max(1, len(members)), 50):
            page = members[first : first + 50]
            self._aws.calls.append(("group", kind, len(page)))
            yield from page


class FakeRestarts:
    """Port `Restarts`."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def by_aws(self, place: Place, since: datetime) -> Sequence[tuple[Kind, str]]:
        self._aws.refuse("restarts", Kind.RDS, place)
        self._aws.calls.append(("restarts", Kind.RDS, 1))
        here = [one for one in self._aws.things.values() if one.place.region == place.region]
        return [
            (one.kind, one.id)
            for one in here
            if one.restarted_at and one.restarted_at >= since and one.place.account == place.account
        ]


class FakeTypes:
    """Port `InstanceTypes`: what stands still takes another type; x86 but for those with a g."""

    pace = Pace(resources=Bucket(capacity=50, per_second=5))

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def architectures(self, types: Collection[str], region: str) -> Mapping[str, frozenset[str]]:
        known = (type_ for type_ in types if type_.startswith(("m", "c")))
        return {type_: frozenset({"arm64" if "g." in type_ else "x86_64"}) for type_ in known}

    def change(self, types: Mapping[str, str], place: Place) -> Switched:
        self._aws.refuse("type", Kind.EC2, place)
        accepted, later, refused = [], {}, {}
        for id_, type_ in types.items():
            thing = self._aws.of(id_)
            self._aws.calls.append(("type", Kind.EC2, 1))
            assert self._aws.take("types", self.pace.resources or Bucket(capacity=0, per_second=0), 1)
            if self._aws.look(thing).condition is not Condition.STOPPED:
                later[id_] = "IncorrectInstanceState: it does not stand still"
            elif type_ in self._aws.unfit:
                refused[id_] = self._aws.unfit[type_]
            else:
                thing.unit = type_
                accepted.append(id_)
        return Switched(accepted=tuple(accepted), later=later, refused=refused)


class FakePatching:
    """Port `Patching`."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def patched(self, place: Place, now: datetime) -> Mapping[str, str]:
        self._aws.refuse("patched", Kind.EC2, place)
        self._aws.calls.append(("patched", Kind.EC2, 1))
        return {id_: "AWS-RunPatchBaseline, command 1" for id_, end in self._aws.patched.items() if now < end}


def _selects(select: Select, thing: Thing) -> bool:
    if select.group and thing.group == select.group:
        return True
    tags = select.tags or {}
    return bool(tags) and all(thing.tags.get(key) in values for key, values in tags.items())


def refuse_at(region: str, error: Exception, *operations: str) -> Callable[[str, Kind, Place], None]:
    """AWS answers so in that Region, whenever one of those is asked."""

    def refuse(operation: str, kind: Kind, place: Place) -> None:
        if place.region == region and operation in operations:
            raise error

    return refuse


NO_ENTRY = Rejected("AssumeRole: AccessDenied")
