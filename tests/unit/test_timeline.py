"""The hash chain shows every change."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from signalbox.kernel.events import Event, JsonObject
from signalbox.kernel.timeline import GENESIS, Entry, Head, continue_chain, first_break
from tests.unit.builders import NOW

TEXTS = st.text("aé", max_size=3)
JSON: st.SearchStrategy[JsonObject] = st.dictionaries(
    TEXTS, st.none() | st.integers(0, 9) | TEXTS, max_size=2
)
EVENTS = st.lists(
    st.builds(Event, type=TEXTS, at=st.just(NOW), actor=TEXTS, reason=TEXTS, data=JSON, public=st.booleans()),
    min_size=1,
    max_size=5,
)


def chain(events: list[Event]) -> list[Entry]:
    return list(continue_chain(Head(), events)[1])


@given(EVENTS)
def test_a_chain_that_nobody_touched_holds(events: list[Event]) -> None:
    assert first_break(chain(events)) is None


@given(EVENTS, EVENTS)
def test_it_makes_no_difference_where_it_was_continued(first: list[Event], second: list[Event]) -> None:
    head, earlier = continue_chain(Head(), first)
    later_head, later = continue_chain(head, second)
    assert [*earlier, *later] == chain([*first, *second])
    assert (later_head.sequence, later_head.hash) == (later[-1].sequence, later[-1].hash)


@given(EVENTS, st.data())
def test_an_entry_that_was_changed_shows(events: list[Event], data: st.DataObject) -> None:
    entries = chain(events)
    place = data.draw(st.integers(0, len(entries) - 1))
    name = data.draw(st.sampled_from(["at", "type", "actor", "reason", "previous_hash", "hash"]))
    other = data.draw(TEXTS)
    assume(getattr(entries[place], name) != other)
    entries[place] = replace(entries[place], **{name: other})  # type: ignore[arg-type]
    assert first_break(entries) == entries[place].sequence


@given(EVENTS, st.data())
def test_data_that_was_changed_shows(events: list[Event], data: st.DataObject) -> None:
    entries = chain(events)
    place = data.draw(st.integers(0, len(entries) - 1))
    entries[place] = replace(entries[place], data={**entries[place].data, "added later": 1})
    assert first_break(entries) == place + 1


@given(EVENTS.filter(lambda events: len(events) > 1), st.data())
def test_an_entry_that_was_dropped_shows(events: list[Event], data: st.DataObject) -> None:
    entries = chain(events)
    del entries[data.draw(st.integers(0, len(entries) - 2))]
    assert first_break(entries) is not None


@given(EVENTS, st.data())
def test_what_was_cut_off_at_the_end_shows_against_the_head_of_the_record(
    events: list[Event], data: st.DataObject
) -> None:
    entries = chain(events)
    end = Head(sequence=entries[-1].sequence, hash=entries[-1].hash)
    kept = data.draw(st.integers(0, len(entries) - 1))
    assert first_break(entries, end) is None
    assert first_break(entries[:kept], end) == kept + 1


@given(EVENTS, st.data())
def test_another_chain_of_the_same_length_is_not_that_of_the_record(
    events: list[Event], data: st.DataObject
) -> None:
    entries = chain(events)
    end = data.draw(st.sampled_from(entries))
    assert first_break(entries, Head(sequence=end.sequence, hash=end.hash)) is None
    assert first_break(entries, Head(sequence=end.sequence, hash="0" * 64)) == end.sequence


@given(EVENTS.filter(lambda events: len(events) > 1), st.data())
def test_an_entry_that_was_moved_shows(events: list[Event], data: st.DataObject) -> None:
    entries = chain(events)
    moved = data.draw(st.permutations(entries))
    assume(moved != entries)
    assert first_break(moved) is not None


def test_the_first_entry_continues_sixty_four_zeros() -> None:
    first = chain([Event(type="Rollout Requested", at=NOW, actor="ana")])[0]
    assert first.previous_hash == GENESIS == "0" * 64
    assert first.sequence == 1
    assert first.at == "2026-11-22T08:00:00.000Z"


def test_the_hash_can_be_computed_by_hand() -> None:
    event = Event(type="Rollout Requested", at=NOW, actor="ana", reason="été", data={"b": 1, "a": [2]})
    text = (
        '[1,"2026-11-22T08:00:00.000Z","Rollout Requested","ana","\\u00e9t\\u00e9",{"a":[2],"b":1},"'
        + "0" * 64
        + '"]'
    )
    assert chain([event])[0].hash == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("public", [True, False])
def test_whether_an_entry_is_public_is_no_part_of_the_hash(*, public: bool) -> None:
    entries = chain([Event(type="Step Started", at=NOW, actor="signalbox", public=public)])
    assert entries[0].public is public
    assert first_break([replace(entries[0], public=not public)]) is None
