"""Who is to blame in a batch that EC2 refuses, and how many calls it takes to know."""

from collections.abc import Collection, Sequence

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from signalbox.aws.fleets.blame import Batch, Look
from signalbox.kernel.errors import Rejected

IDS = [f"i-{number:08x}" for number in range(1000)]


def _error(code: str, message: str = "no", status: int = 400) -> ClientError:
    told = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, "StartInstances")  # type: ignore[arg-type]


class Ec2:
    """Refuses a batch as long as there is somebody to blame in it."""

    def __init__(
        self, *, bad: Collection[str] = (), code: str = "UnsupportedOperation", names: int = 0, **free: int
    ) -> None:
        self.bad, self.code, self.names = set(bad), code, names
        self.free = free
        """How many more may start, by type."""
        self.calls = 0
        self.looks = 0
        self.started: list[str] = []
        self.states: dict[str, str] = {}

    def call(self, ids: Sequence[str]) -> None:
        self.calls += 1
        blamed = [id_ for id_ in ids if id_ in self.bad]
        if blamed:
            named = ", ".join(blamed[: self.names]) or "some of them"
            raise _error(self.code, f"'{named}' cannot be started")
        wanted = [self.type_of(id_) for id_ in ids]
        if any(wanted.count(type_) > self.free.get(type_, len(ids)) for type_ in set(wanted)):
            raise _error("InsufficientInstanceCapacity", "none left", 500)
        for type_ in wanted:
            if type_ in self.free:
                self.free[type_] -= 1
        self.started.extend(ids)

    def look(self, ids: Sequence[str]) -> dict[str, Look]:
        self.looks += 1
        return {
            id_: Look(state=self.states.get(id_, "stopped"), capacity=f"{self.type_of(id_)} in a")
            for id_ in ids
        }

    def type_of(self, id_: str) -> str:
        return "large" if int(id_[2:], 16) % 2 else "small"

    def batch(self) -> Batch:
        return Batch(self.call, self.look)


def test_a_batch_that_is_fine_takes_one_call() -> None:
    ec2 = Ec2()
    assert ec2.batch().ask(IDS).accepted == tuple(IDS)
    assert (ec2.calls, ec2.looks) == (1, 0)


def test_those_that_are_named_are_taken_out_at_once() -> None:
    ec2 = Ec2(bad=IDS[10:40], code="InvalidInstanceID.NotFound", names=30)
    done = ec2.batch().ask(IDS)
    assert set(done.refused) == set(IDS[10:40])
    assert len(done.accepted) == 970
    assert ec2.calls == 2


def test_one_that_is_not_named_is_found_by_halves() -> None:
    ec2 = Ec2(bad=[IDS[777]])
    done = ec2.batch().ask(IDS)
    assert list(done.refused) == [IDS[777]]
    assert done.refused[IDS[777]].startswith("UnsupportedOperation: ")
    assert len(done.accepted) == 999
    assert ec2.calls <= 21


def test_many_bad_ones_do_not_empty_the_bucket() -> None:
    ec2 = Ec2(bad=IDS[::10], code="OperationNotPermitted", names=1)
    done = ec2.batch().ask(IDS)
    assert ec2.calls <= 24
    assert done.refused, "each round gets further"
    assert len(done.refused) + len(done.later) + len(done.accepted) == 1000
    assert all("not asked for alone" in reason for reason in done.later.values())


def test_the_wrong_state_is_seen_with_one_look() -> None:
    ec2 = Ec2(bad=IDS[:300], code="IncorrectInstanceState", names=1)
    ec2.states = {**dict.fromkeys(IDS[:200], "stopping"), **dict.fromkeys(IDS[200:300], "terminated")}
    done = ec2.batch().ask(IDS)
    assert set(done.later) == set(IDS[:200])
    assert set(done.refused) == set(IDS[200:300])
    assert len(done.accepted) == 700
    assert (ec2.calls, ec2.looks) == (2, 1)


def test_one_in_the_wrong_state_that_looks_right_waits() -> None:
    done = Ec2(bad=[IDS[3]], code="IncorrectInstanceState", names=1).batch().ask(IDS[:10])
    assert list(done.later) == [IDS[3]]
    assert len(done.accepted) == 9


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Throttling", "ThrottlingException", "Unavailable"])
def test_throttling_lets_all_wait_and_is_not_answered(code: str) -> None:
    calls: list[int] = []

    def call(ids: Sequence[str]) -> None:
        calls.append(len(ids))
        raise _error(code, status=503)

    done = Batch(call, Ec2().look).ask(IDS)
    assert calls == [1000]
    assert set(done.later) == set(IDS)


def test_throttling_in_the_middle_keeps_what_is_known() -> None:
    ec2 = Ec2(bad=[IDS[999]])

    def call(ids: Sequence[str]) -> None:
        if ec2.calls == 3:
            raise _error("RequestLimitExceeded")
        ec2.call(ids)

    done = Batch(call, ec2.look).ask(IDS)
    assert done.accepted == tuple(IDS[:500])
    assert set(done.later) == set(IDS[500:])


def test_an_answer_that_does_not_come_lets_all_wait() -> None:
    def call(ids: Sequence[str]) -> None:
        raise ReadTimeoutError(endpoint_url="ec2")

    assert set(Batch(call, Ec2().look).ask(IDS).later) == set(IDS)


def test_where_there_is_no_capacity_the_others_start() -> None:
    ec2 = Ec2(large=0)
    done = ec2.batch().ask(IDS[:100])
    assert set(done.accepted) == set(IDS[:100:2])
    assert set(done.later) == set(IDS[1:100:2])
    assert all(reason.startswith("InsufficientInstanceCapacity: ") for reason in done.later.values())
    assert ec2.calls <= 10


def test_as_many_start_as_there_is_room_for() -> None:
    ec2 = Ec2(large=30)
    done = ec2.batch().ask(IDS[:100])
    assert len(done.accepted) == 50 + 30
    assert len(done.later) == 20


def test_a_refusal_of_whoever_asks_is_an_error() -> None:
    def call(ids: Sequence[str]) -> None:
        raise _error("UnauthorizedOperation", "You are not authorized to perform this operation.")

    with pytest.raises(Rejected, match="UnauthorizedOperation"):
        Batch(call, Ec2().look).ask(IDS)


def test_one_that_may_not_be_touched_keeps_no_other_back() -> None:
    ec2 = Ec2(bad=[IDS[5]], code="UnauthorizedOperation", names=1)
    done = ec2.batch().ask(IDS[:10])
    assert list(done.refused) == [IDS[5]]
    assert len(done.accepted) == 9


@given(
    bad=st.sets(st.sampled_from(IDS[:64]), max_size=64),
    names=st.integers(0, 3),
    code=st.sampled_from(["UnsupportedOperation", "IncorrectInstanceState", "InvalidInstanceID.NotFound"]),
    large=st.integers(0, 40),
)
def test_each_is_in_exactly_one_place_and_the_good_ones_end_well(
    bad: set[str], names: int, code: str, large: int
) -> None:
    ec2 = Ec2(bad=bad, code=code, names=names, large=large)
    if code == "IncorrectInstanceState":
        ec2.states = dict.fromkeys(bad, "stopping")
    asked = set(IDS[:64])
    blamed: set[str] = set()
    for _ in range(20):
        before = len(ec2.started)
        done = ec2.batch().ask(sorted(asked))
        assert sorted([*done.accepted, *done.later, *done.refused]) == sorted(asked)
        assert list(done.accepted) == ec2.started[before:]
        blamed |= set(done.refused)
        asked -= set(done.accepted) | set(done.refused)
    assert not set(ec2.started) & bad
    assert blamed <= bad
    assert len(ec2.started) == len(set(ec2.started))
    smalls = {id_ for id_ in IDS[:64] if ec2.type_of(id_) == "small"} - bad
    assert smalls <= set(ec2.started)
