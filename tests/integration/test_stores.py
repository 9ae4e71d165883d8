"""One suite over the stores in memory and in DynamoDB: what unit tests believe is what the table does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import boto3
import pytest
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.latch_store import DynamoLatches
from signalbox.aws.rollout_store import DynamoRollouts
from signalbox.aws.service_store import DynamoServices
from signalbox.aws.table import Table
from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Conflict, NotFound
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry, continue_chain
from signalbox.rollouts.model import HoldKind, Phase, Stop, StopKind, Told
from signalbox.rollouts.ports import Latch, Latches, Registered, Rollouts, Services
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.signals import Heard, Signals
from signalbox.rollouts.writes import Write
from tests.contract.template import resources, template
from tests.unit.builders import NOW, ROLLOUT, alarm, rollout, spec
from tests.unit.fakes import FakeLatches, FakeRollouts, FakeServices, FakeStore

LOCKS = ("arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/blue/1", "arn:group")
ALARM = alarm().arn
OTHER = "r-01jd9z4k2zzzzzzzz"
HEARD = Heard(type="Guard Breached", at=rfc3339(NOW), actor="cloudwatch", reason="errors", data={"n": 1})
STOP = Stop(kind=StopKind.BREACH, at=rfc3339(NOW), actor="cloudwatch", reason="errors")
LATER = Stop(kind=StopKind.ABORT, at=rfc3339(NOW), actor="ana", reason="no")
BAKE = Progress(next=State.HOLD, step=1, kind=HoldKind.BAKE, until="2026-11-22T08:10:00.000Z", then=2)
PAUSE = replace(BAKE, kind=HoldKind.PAUSE, attempt=1)
SETTLING = Progress(
    next=State.SETTLE_PROVISION,
    step=0,
    kind=HoldKind.SETTLING,
    awaits=Told.LAUNCHED,
    times=2,
    until=BAKE.until,
)
RESTORING = (Write(service="elbv2", operation="ModifyRule", resource="arn:rule", parameters={"Actions": []}),)


@dataclass(frozen=True)
class Stores:
    """The three that share one table."""

    rollouts: Rollouts
    latches: Latches
    services: Services

    def registered(self, name: str = "checkout", created_at: str = "2026-11-22T07:00:00.000Z") -> Registered:
        found = Registered(
            spec=replace(spec(), name=name), created_at=created_at, updated_at=created_at, updated_by="ana"
        )
        self.services.put(found)
        return found

    def begun(
        self, rollout_id: str = ROLLOUT, *, sequence: int | None = None, locks: Sequence[str] = LOCKS
    ) -> Rollout:
        """A rollout that has just been created, with one entry and its locks."""
        made = replace(rollout(), rollout_id=rollout_id)
        head, entries = continue_chain(made.head, [_event("Rollout Requested")])
        made = replace(made, head=head)
        self.rollouts.create(made, entries, locks, sequence)
        return made

    def saved(self, before: Rollout, latch: Latch | None = None, **changes: object) -> Rollout:
        """The next revision, with one more entry."""
        following, entries = _following(before, **changes)
        self.rollouts.save(following, entries, latch or Latch())
        return following

    def signals(self, rollout_id: str = ROLLOUT) -> Signals:
        found = self.latches.get(rollout_id)
        assert found is not None
        return found


def _event(type_: str) -> Event:
    return Event(type=type_, at=NOW, actor="signalbox", reason="", data={}, public=True)


def _following(before: Rollout, **changes: object) -> tuple[Rollout, tuple[Entry, ...]]:
    head, entries = continue_chain(before.head, [_event("Step Started")])
    fields: dict[str, object] = {"revision": before.revision + 1, "head": head, **changes}
    return replace(before, **fields), entries  # type: ignore[arg-type]


@pytest.fixture(params=["memory", "table"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Empty stores of both kinds, in turn."""
    if request.param == "memory":
        store = FakeStore()
        yield Stores(FakeRollouts(store), FakeLatches(store), FakeServices(store))
        return
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients._made.cache_clear()
    with mock_aws():
        table = _table()
        yield Stores(DynamoRollouts(table), DynamoLatches(table), DynamoServices(table))
    clients._made.cache_clear()


def _table() -> Table:
    """As template.yaml makes it."""
    wanted = resources(template(), "AWS::DynamoDB::Table")["Table"]["Properties"]
    fields = ("AttributeDefinitions", "KeySchema", "BillingMode")
    given = {name: wanted[name] for name in fields}
    boto3.client("dynamodb").create_table(TableName="signalbox", **given)
    return Table("signalbox")


@pytest.fixture
def begun(stores: Stores) -> Rollout:
    stores.registered()
    return stores.begun()


# Registrations


def test_a_registration_is_read_back_as_it_was_put(stores: Stores) -> None:
    registered = stores.registered()
    assert stores.services.get("checkout") == registered


def test_a_service_that_is_not_registered_is_not_found(stores: Stores) -> None:
    for ask in (stores.services.get, stores.services.delete):
        with pytest.raises(NotFound):
            ask("checkout")


def test_a_second_registration_replaces_the_first(stores: Stores) -> None:
    first = stores.registered()
    changed = replace(first, updated_at="2026-11-22T07:30:00.000Z", updated_by="ben")
    assert stores.services.put(changed) is False
    assert stores.services.get("checkout") == changed


def test_a_new_registration_keeps_the_sequence_that_was_accepted(stores: Stores) -> None:
    first = stores.registered()
    stores.begun(sequence=7)
    stores.services.put(replace(first, updated_at="2026-11-22T07:30:00.000Z"))
    assert stores.services.get("checkout").sequence == 7


def test_services_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    for number in range(5):
        stores.registered(f"svc-{number}", f"2026-11-22T07:00:0{number}.000Z")
    first, cursor = stores.services.list(2, None)
    second, after = stores.services.list(2, cursor)
    last, end = stores.services.list(2, after)
    names = [found.spec.name for found in (*first, *second, *last)]
    assert names == ["svc-4", "svc-3", "svc-2", "svc-1", "svc-0"]
    assert end is None


def test_a_service_is_not_forgotten_while_a_rollout_is_open(stores: Stores, begun: Rollout) -> None:
    with pytest.raises(Conflict, match="a rollout of checkout is open"):
        stores.services.delete("checkout")
    stores.rollouts.close(*_closing(begun))
    stores.services.delete("checkout")
    assert stores.services.list(10, None) == ((), None)


# Records, locks and timelines


def test_a_rollout_is_read_back_as_it_was_created(stores: Stores, begun: Rollout) -> None:
    assert stores.rollouts.get("checkout", ROLLOUT) == begun
    assert stores.rollouts.load("checkout", ROLLOUT) == (begun, stores.signals())
    assert stores.rollouts.open() == (("checkout", ROLLOUT),)
    assert stores.rollouts.is_open(ROLLOUT)


def test_a_rollout_that_does_not_exist_is_not_found(stores: Stores) -> None:
    for ask in (stores.rollouts.get, stores.rollouts.load):
        with pytest.raises(NotFound):
            ask("checkout", ROLLOUT)


def test_whoever_holds_a_lock_is_named(stores: Stores, begun: Rollout) -> None:
    with pytest.raises(Conflict, match=f"is held by rollout {ROLLOUT} of checkout"):
        stores.begun(OTHER)
    assert stores.rollouts.owner(LOCKS[0]) == ("checkout", ROLLOUT)
    with pytest.raises(NotFound):
        stores.rollouts.get("checkout", OTHER)
    assert not stores.rollouts.is_open(OTHER)
    assert stores.latches.get(OTHER) is None


def test_a_sequence_below_the_last_one_is_refused_and_an_equal_one_is_not(stores: Stores) -> None:
    stores.registered()
    stores.rollouts.close(*_closing(stores.begun(sequence=7)))
    with pytest.raises(Conflict):
        stores.begun(OTHER, sequence=6)
    stores.begun(OTHER, sequence=7)


def test_a_revision_is_saved_once(stores: Stores, begun: Rollout) -> None:
    following = stores.saved(begun, phase=Phase.RUNNING)
    with pytest.raises(Conflict):
        stores.saved(begun, phase=Phase.HOLDING)
    assert stores.rollouts.get("checkout", ROLLOUT) == following
    assert [entry.sequence for entry in stores.rollouts.timeline(ROLLOUT, 0, 10)] == [1, 2]


def test_an_entry_is_never_written_over(stores: Stores, begun: Rollout) -> None:
    following, _ = _following(begun)
    _, first = continue_chain(replace(begun.head, sequence=0), [_event("Forged")])
    with pytest.raises(Conflict):
        stores.rollouts.save(following, first, Latch())
    assert stores.rollouts.timeline(ROLLOUT, 0, 10)[0].type == "Rollout Requested"
    assert stores.rollouts.get("checkout", ROLLOUT) == begun


def test_a_timeline_is_read_from_anywhere(stores: Stores, begun: Rollout) -> None:
    now = begun
    for _ in range(4):
        now = stores.saved(now)
    assert [entry.sequence for entry in stores.rollouts.timeline(ROLLOUT, 2, 2)] == [3, 4]
    assert stores.rollouts.timeline(ROLLOUT, 5, 10) == ()
    assert stores.rollouts.timeline("r-nobody", 0, 10) == ()


def test_rollouts_are_listed_newest_first_page_by_page(stores: Stores) -> None:
    stores.registered()
    ids = [f"r-01jd9z4k2abcdef{number:02}" for number in range(3)]
    for rollout_id in ids:
        stores.rollouts.close(*_closing(stores.begun(rollout_id)))
    first, cursor = stores.rollouts.list("checkout", 2, None)
    second, end = stores.rollouts.list("checkout", 2, cursor)
    assert [found.rollout_id for found in (*first, *second)] == ids[::-1]
    assert end is None
    assert stores.rollouts.list("other", 2, None) == ((), None)


def test_what_is_open_is_forgotten_by_itself(stores: Stores, begun: Rollout) -> None:
    stores.rollouts.close(*_closing(begun))
    assert stores.rollouts.is_open(ROLLOUT)  # until its end has been told
    for _ in range(2):
        stores.rollouts.forget_open(ROLLOUT)
    assert stores.rollouts.open() == ()


# The end


def _closing(
    before: Rollout, phase: Phase = Phase.SUCCEEDED, **changes: object
) -> tuple[Rollout, tuple[Entry, ...], tuple[str, ...], tuple[str, ...]]:
    following, entries = _following(before, phase=phase, **changes)
    return following, entries, (ALARM,), LOCKS


def test_locks_watchers_and_latch_go_with_the_last_save(stores: Stores, begun: Rollout) -> None:
    armed = _armed(stores, begun)
    assert stores.latches.watchers(ALARM) == (ROLLOUT,)
    stores.rollouts.close(*_closing(armed))
    assert stores.latches.watchers(ALARM) == ()
    assert stores.latches.get(ROLLOUT) is None
    assert [stores.rollouts.owner(lock) for lock in LOCKS] == [None, None]
    assert stores.rollouts.load("checkout", ROLLOUT)[1].stop is None


def test_a_success_does_not_lose_a_reason_to_go_back(stores: Stores, begun: Rollout) -> None:
    stores.latches.stop(ROLLOUT, STOP, HEARD)
    with pytest.raises(Conflict):
        stores.rollouts.close(*_closing(begun))
    assert stores.rollouts.get("checkout", ROLLOUT) == begun
    stores.rollouts.close(*_closing(begun, Phase.ROLLED_BACK))


def test_past_the_point_of_no_return_a_success_is_a_success(stores: Stores, begun: Rollout) -> None:
    stores.latches.stop(ROLLOUT, STOP, HEARD)
    stores.rollouts.close(*_closing(begun, past_return=True))
    assert stores.latches.get(ROLLOUT) is None


def test_a_lock_of_somebody_else_is_not_released(stores: Stores, begun: Rollout) -> None:
    stranger = stores.begun(OTHER, locks=())
    with pytest.raises(Conflict):
        stores.rollouts.close(*_closing(stranger))
    assert stores.rollouts.owner(LOCKS[0]) == ("checkout", ROLLOUT)


# The latch


def _armed(stores: Stores, begun: Rollout) -> Rollout:
    following, entries = _following(begun, started_at=NOW)
    stores.rollouts.arm(following, entries, (ALARM, ALARM), Latch(instant=True, restoring=RESTORING))
    return following


def test_a_new_latch_is_empty(stores: Stores, begun: Rollout) -> None:
    assert stores.signals() == Signals(rollout_id=ROLLOUT, service="checkout", generation=1)


def test_what_a_save_changes_on_the_latch_is_read_back(stores: Stores, begun: Rollout) -> None:
    stores.saved(begun, Latch(instant=True, restoring=RESTORING))
    assert (stores.signals().instant, stores.signals().restoring) == (True, RESTORING)


def test_the_first_stop_stays(stores: Stores, begun: Rollout) -> None:
    told = stores.latches.stop(ROLLOUT, STOP, HEARD)
    assert told is not None
    assert (told.stop, told.heard) == (STOP, (HEARD,))
    assert stores.latches.stop(ROLLOUT, LATER, HEARD) is None
    assert stores.signals() == told


def test_a_stop_that_a_closed_rollout_hears_is_nothing(stores: Stores, begun: Rollout) -> None:
    stores.rollouts.close(*_closing(begun))
    assert stores.latches.stop(ROLLOUT, STOP, HEARD) is None
    assert stores.latches.hear(ROLLOUT, HEARD, pausing=True) is None
    assert stores.latches.get(ROLLOUT) is None


def test_only_what_happens_after_the_arming_counts_when_that_is_asked(stores: Stores, begun: Rollout) -> None:
    assert stores.latches.stop(ROLLOUT, STOP, HEARD, since_armed=True) is None
    _armed(stores, begun)
    early = replace(STOP, at="2026-11-22T07:59:59.999Z")
    assert stores.latches.stop(ROLLOUT, early, HEARD, since_armed=True) is None
    assert stores.latches.stop(ROLLOUT, STOP, HEARD, since_armed=True) is not None


def test_a_final_latch_hears_no_stop_any_more(stores: Stores, begun: Rollout) -> None:
    stores.saved(begun, Latch(final=True))
    assert stores.latches.stop(ROLLOUT, STOP, HEARD) is None


def test_a_latch_that_has_been_stopped_cannot_become_final(stores: Stores, begun: Rollout) -> None:
    stores.latches.stop(ROLLOUT, STOP, HEARD)
    with pytest.raises(Conflict):
        stores.saved(begun, Latch(final=True))
    assert stores.rollouts.get("checkout", ROLLOUT) == begun


def test_verbs_are_heard_in_their_order(stores: Stores, begun: Rollout) -> None:
    resumed = replace(HEARD, type="Resume Requested")
    stores.latches.hear(ROLLOUT, HEARD, pausing=True)
    assert stores.signals().pausing
    stores.latches.hear(ROLLOUT, resumed, pausing=False, full=True)
    stores.latches.hear(ROLLOUT, HEARD, pausing=None)
    now = stores.signals()
    assert (now.pausing, now.full, now.heard) == (False, True, (HEARD, resumed, HEARD))


def test_when_the_alarm_path_has_acted_is_remembered(stores: Stores, begun: Rollout) -> None:
    stores.latches.acted(ROLLOUT, "2026-11-22T08:00:01.000Z")
    stores.latches.acted("r-nobody", "2026-11-22T08:00:01.000Z")
    assert stores.signals().acted_at == "2026-11-22T08:00:01.000Z"
    assert stores.latches.get("r-nobody") is None


# Holds


def test_a_hold_stores_its_token_and_a_release_takes_it(stores: Stores, begun: Rollout) -> None:
    assert stores.latches.hold(stores.signals(), "token", BAKE)
    assert (stores.signals().token, stores.signals().hold) == ("token", BAKE)
    stores.saved(begun, Latch(release=True))
    assert (stores.signals().token, stores.signals().hold) == (None, None)


def test_no_hold_begins_once_there_is_a_reason_to_go_back(stores: Stores, begun: Rollout) -> None:
    stores.latches.stop(ROLLOUT, STOP, HEARD)
    restoring = replace(SETTLING, next=State.SETTLE_RESTORE, awaits=None, times=None)
    assert not stores.latches.hold(stores.signals(), "token", BAKE)
    assert not stores.latches.hold(stores.signals(), "token", SETTLING)
    assert stores.latches.hold(stores.signals(), "token", restoring)


def test_a_bake_does_not_begin_while_a_pause_is_wished_and_a_pause_does(
    stores: Stores, begun: Rollout
) -> None:
    stores.latches.hear(ROLLOUT, HEARD, pausing=True)
    assert not stores.latches.hold(stores.signals(), "token", BAKE)
    assert stores.latches.hold(stores.signals(), "token", PAUSE)
    assert not stores.signals().pausing


def test_a_pause_comes_before_the_next_look_and_not_before_a_question(stores: Stores, begun: Rollout) -> None:
    stores.latches.hear(ROLLOUT, HEARD, pausing=True)
    look, question = (replace(BAKE, kind=kind) for kind in (HoldKind.ANALYSIS, HoldKind.APPROVAL))
    assert not stores.latches.hold(stores.signals(), "token", look)
    assert stores.latches.hold(stores.signals(), "token", question)
    assert stores.signals().pausing


def test_an_earlier_attempt_does_not_take_the_place_of_a_later_one(stores: Stores, begun: Rollout) -> None:
    assert stores.latches.hold(stores.signals(), "later", PAUSE)
    assert not stores.latches.hold(stores.signals(), "earlier", BAKE)
    assert stores.latches.hold(stores.signals(), "again", PAUSE)
    assert stores.signals().token == "again"


def test_a_generation_that_has_been_taken_over_holds_nothing(stores: Stores, begun: Rollout) -> None:
    old = stores.signals()
    assert stores.latches.hold(old, "token", PAUSE)
    stores.saved(begun, Latch(release=True, generation=2), generation=2)
    assert not stores.latches.hold(old, "token", PAUSE)
    assert stores.latches.hold(stores.signals(), "token", BAKE)  # which begins anew


def test_a_settling_hold_does_not_begin_when_all_has_been_told(stores: Stores, begun: Rollout) -> None:
    stores.latches.tell(ROLLOUT, Told.LAUNCHED)
    stores.latches.tell(ROLLOUT, Told.TERMINATED)
    assert stores.latches.hold(stores.signals(), "first", SETTLING)
    stores.latches.tell(ROLLOUT, Told.LAUNCHED)
    assert not stores.latches.hold(stores.signals(), "second", SETTLING)
    assert stores.signals().told == {Told.LAUNCHED: 2, Told.TERMINATED: 1}


def test_what_a_task_has_looked_at_no_longer_counts(stores: Stores, begun: Rollout) -> None:
    for _ in range(3):
        stores.latches.tell(ROLLOUT, Told.LAUNCHED)
    stores.saved(begun, Latch(looked={Told.LAUNCHED: 2}))
    assert stores.signals().told == {Told.LAUNCHED: 1}
    assert stores.latches.tell("r-nobody", Told.LAUNCHED) is None


def test_nobody_watches_an_alarm_that_nothing_was_armed_with(stores: Stores) -> None:
    assert stores.latches.watchers(ALARM) == ()
