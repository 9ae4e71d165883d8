"""One suite over the stores of fleets in memory and in DynamoDB."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.fleets import run_store
from signalbox.aws.fleets.fleet_store import DynamoFleets
from signalbox.aws.fleets.run_store import DynamoRuns
from signalbox.aws.table import Table, encoded
from signalbox.fleets.model import Action, Kind, Override, Power
from signalbox.fleets.ports import Fleets, Runs
from signalbox.fleets.record import Cause, Lot, Registered, Run, RunPhase, Standing
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry, continue_chain, first_break
from tests.contract.template import resources, template
from tests.unit.builders import NOW
from tests.unit.fleet_fakes import FakeFleets, FakeRuns, FleetStore
from tests.unit.fleet_stories import fleet
from tests.unit.fleet_world import HOME

FIRST, SECOND = "f-1m8f9fsf800000001", "f-1m8f9fsf800000002"
FULL = Standing(
    revision=1,
    override=Override(power=Power.RUNNING, since=NOW, until=NOW, reason="late", by="ana"),
    armed_for=NOW,
    acted_at=NOW,
    run_id=FIRST,
    power=Power.STOPPED,
    stopped_by=FIRST,
    sizes={"123456789012/eu-west-1/autoscaling/web": (1, 5, 3), "a/b/ecs/shop/web": (2,)},
    kept={"123456789012/eu-west-1/ec2": ("i-1", "i-2")},
    look_again_at=NOW,
)
LOT = Lot(
    number=0,
    stage=1,
    kind=Kind.AUTOSCALING,
    place=HOME,
    after=60,
    since=NOW,
    waiting=("a",),
    asked=("b",),
    busy=("c",),
    reached=("d",),
    skipped={"conflict": ("e",)},
    failed={"no": ("f", "g")},
    delays={"it is pending": ("b",)},
    sizes={"a": (1, 5, 3)},
    units={"m5.large": ("a", "b")},
    returned={"a": 1},
)


@dataclass(frozen=True)
class Stores:
    """The two that share one table."""

    fleets: Fleets
    runs: Runs

    def registered(self, name: str = "qa", created_at: str = "2026-11-22T07:00:00.000Z") -> Registered:
        found = Registered(spec=fleet(name), created_at=created_at, updated_at=created_at, updated_by="ana")
        self.fleets.put(found)
        return found

    def begun(self, run_id: str = FIRST, revision: int = 1) -> Run:
        made = _run(run_id)
        self.fleets.save("qa", Standing(revision=revision, run_id=run_id), (), [made])
        return made


def _run(run_id: str = FIRST, **more: object) -> Run:
    made = Run(
        run_id=run_id,
        fleet="qa",
        action=Action.STOP,
        cause=Cause.TRANSITION,
        reason="period ends",
        by="signalbox",
        spec=fleet(),
        created_at=NOW,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def _told(before: Standing, *types: str) -> tuple[Standing, Sequence[Entry]]:
    events = [Event(type=type_, at=NOW, actor="ana", data={"n": 1}) for type_ in types]
    head, entries = continue_chain(before.head, events)
    return replace(before, head=head, revision=before.revision + 1), entries


@pytest.fixture(params=["memory", "table"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Empty stores of both kinds, in turn."""
    if request.param == "memory":
        store = FleetStore()
        yield Stores(FakeFleets(store), FakeRuns(store))
        return
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(run_store, "MOST_LOTS", 3)
    clients._made.cache_clear()
    with mock_aws():
        table = _table()
        yield Stores(DynamoFleets(table), DynamoRuns(table))
    clients._made.cache_clear()


def _table() -> Table:
    """As template.yaml makes it."""
    wanted = resources(template(), "AWS::DynamoDB::Table")["Table"]["Properties"]
    fields = ("AttributeDefinitions", "KeySchema", "BillingMode")
    given = {name: wanted[name] for name in fields}
    boto3.client("dynamodb").create_table(TableName="signalbox", **given)
    return Table("signalbox")


# Registrations


def test_a_registration_is_read_back_as_it_was_put(stores: Stores) -> None:
    registered = stores.registered()
    assert stores.fleets.get("qa") == registered


def test_a_second_registration_replaces_the_first_where_it_stands(stores: Stores) -> None:
    first = stores.registered()
    changed = replace(first, updated_at="2026-11-22T07:30:00.000Z", updated_by="ben")
    assert stores.fleets.put(changed) is False
    assert stores.fleets.get("qa") == changed
    assert stores.fleets.list(10, None) == ((changed,), None)


def test_a_fleet_that_is_not_registered_is_not_found(stores: Stores) -> None:
    for ask in (stores.fleets.get, stores.fleets.delete):
        with pytest.raises(NotFound, match="there is no fleet qa"):
            ask("qa")


def test_fleets_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for number in range(5):
        stores.registered(f"qa-{number}", f"2026-11-22T07:00:0{number}.000Z")
    first, cursor = stores.fleets.list(2, None)
    second, after = stores.fleets.list(2, cursor)
    last, end = stores.fleets.list(2, after)
    assert [found.spec.name for found in (*first, *second, *last)] == ["qa-4", "qa-3", "qa-2", "qa-1", "qa-0"]
    assert end is None
    assert set(stores.fleets.all()) == {f"qa-{number}" for number in range(5)}
    assert stores.fleets.all()["qa-3"] == fleet("qa-3")


def test_a_fleet_that_is_forgotten_keeps_its_standing_and_its_timeline(stores: Stores) -> None:
    stores.registered()
    standing, entries = _told(Standing(), "Fleet Applied")
    stores.fleets.save("qa", standing, entries)
    stores.fleets.delete("qa")
    assert stores.fleets.all() == {}
    assert stores.fleets.list(10, None) == ((), None)
    assert stores.fleets.standing("qa") == standing
    assert len(stores.fleets.timeline("qa", 0, 10)) == 1
    assert stores.fleets.put(_again()) is True


def _again() -> Registered:
    at = "2026-11-23T07:00:00.000Z"
    return Registered(spec=fleet(), created_at=at, updated_at=at, updated_by="ana")


# Standings


def test_of_a_new_fleet_nothing_is_known(stores: Stores) -> None:
    assert stores.fleets.standing("qa") == Standing()
    assert stores.fleets.timeline("qa", 0, 10) == ()


def test_a_standing_is_read_back_as_it_was_saved(stores: Stores) -> None:
    stores.fleets.save("qa", FULL, ())
    assert stores.fleets.standing("qa") == FULL


@pytest.mark.parametrize("revision", [0, 1, 3])
def test_a_standing_of_another_revision_is_a_conflict_and_changes_nothing(
    stores: Stores, revision: int
) -> None:
    first, entries = _told(Standing(), "Fleet Applied")
    stores.fleets.save("qa", first, entries)
    other, more = _told(replace(first, revision=revision - 1), "Fleet Stopped")
    with pytest.raises(Conflict):
        stores.fleets.save("qa", other, more, [_run()])
    assert stores.fleets.standing("qa") == first
    assert [entry.type for entry in stores.fleets.timeline("qa", 0, 10)] == ["Fleet Applied"]
    with pytest.raises(NotFound):
        stores.runs.get("qa", FIRST)


def test_an_entry_is_never_written_over(stores: Stores) -> None:
    first, entries = _told(Standing(), "Fleet Applied")
    stores.fleets.save("qa", first, entries)
    with pytest.raises(Conflict):
        stores.fleets.save("qa", replace(first, revision=2), entries)
    assert stores.fleets.standing("qa") == first


def test_a_timeline_is_read_from_anywhere_and_verifies(stores: Stores) -> None:
    standing = Standing()
    for number in range(4):
        standing, entries = _told(standing, f"First {number}", f"Second {number}")
        stores.fleets.save("qa", standing, entries)
    whole = stores.fleets.timeline("qa", 0, 100)
    assert first_break(whole) is None
    assert [entry.sequence for entry in stores.fleets.timeline("qa", 3, 2)] == [4, 5]
    assert stores.fleets.timeline("qa", 8, 10) == ()


# Runs


def test_a_run_is_stored_with_the_standing(stores: Stores) -> None:
    made = stores.begun()
    assert stores.runs.get("qa", FIRST) == made
    with pytest.raises(NotFound, match="fleet qa has no run"):
        stores.runs.get("qa", SECOND)


def test_one_run_ends_where_another_one_begins_or_neither(stores: Stores) -> None:
    first = stores.begun()
    ended = replace(first, revision=2, phase=RunPhase.SUPERSEDED)
    stores.fleets.save("qa", Standing(revision=2, run_id=SECOND), (), [ended, _run(SECOND)])
    assert stores.runs.get("qa", FIRST) == ended
    with pytest.raises(Conflict):
        stores.fleets.save("qa", Standing(revision=3), (), [ended, _run("f-3")])
    with pytest.raises(NotFound):
        stores.runs.get("qa", "f-3")


def test_a_revision_of_a_run_is_saved_once(stores: Stores) -> None:
    first = stores.begun()
    following = replace(
        first,
        revision=2,
        was=Power.RUNNING,
        only=("ec2:i-1",),
        looked_at=NOW,
        again=True,
        look_again_at=NOW,
        tokens={"a": (1.5, 2.5)},
        counts={"reached": 1},
        saved={"m5.large": 2.5},
    )
    stores.runs.save(following)
    with pytest.raises(Conflict):
        stores.runs.save(replace(first, revision=2, phase=RunPhase.RUNNING), [LOT])
    assert stores.runs.get("qa", FIRST) == following
    assert stores.runs.with_lots("qa", FIRST) == (following, ())


def test_lots_are_read_back_by_number_as_they_were_saved(stores: Stores) -> None:
    now = stores.begun()
    lots = [replace(LOT, number=number) for number in range(11)]
    now = replace(now, revision=2, lots=11)
    stores.runs.save(now, lots)
    assert stores.runs.with_lots("qa", FIRST) == (now, tuple(lots))
    changed = replace(LOT, number=7, waiting=())
    now = replace(now, revision=3)
    stores.runs.save(now, [changed])
    assert stores.runs.with_lots("qa", FIRST)[1][7] == changed
    with pytest.raises(NotFound):
        stores.runs.with_lots("qa", SECOND)


def test_many_lots_of_a_worker_that_is_too_late_change_nothing(stores: Stores) -> None:
    now = stores.begun()
    many = [replace(LOT, number=number) for number in range(11)]
    stores.runs.save(replace(now, revision=2), many)
    late = [replace(lot, reached=()) for lot in many]
    with pytest.raises(Conflict):
        stores.runs.save(replace(now, revision=2), late)
    assert stores.runs.with_lots("qa", FIRST)[1] == tuple(many)


def test_runs_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    ids = [f"f-1m8f9fsf80000000{number}" for number in range(3)]
    for revision, run_id in enumerate(ids, 1):
        stores.begun(run_id, revision)
    first, cursor = stores.runs.list("qa", 2, None)
    second, end = stores.runs.list("qa", 2, cursor)
    assert [found.run_id for found in (*first, *second)] == ids[::-1]
    assert end is None
    assert stores.runs.list("other", 2, None) == ((), None)


def test_a_thousand_names_are_far_from_what_an_item_may_have() -> None:
    ids = tuple(f"i-{number:017x}" for number in range(1000))
    lot = replace(
        LOT, waiting=(), asked=ids, delays={"it is stopping": ids}, units={"m5.large": ids}, failed={}
    )
    body: Mapping[str, object] = encoded(lot)
    assert len(str(body["S"])) < 100_000
