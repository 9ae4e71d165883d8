"""What a lot is after AWS has answered, and after it has been looked at. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.fleets.model import Action, Condition, Resource
from signalbox.fleets.record import Lot, Reasons
from signalbox.fleets.switches import Switched

MOST_RETURNS = 2  # after which a resource that goes back to where it was is not asked again


def reasons_with(reasons: Reasons, more: Mapping[str, str]) -> Reasons:
    """The reasons, with each id of `more` under its own."""
    grown = {reason: dict.fromkeys(ids) for reason, ids in reasons.items()}
    for id_, reason in more.items():
        grown.setdefault(reason, {})[id_] = None
    return {reason: tuple(ids) for reason, ids in grown.items()}


def reasons_without(reasons: Reasons, gone: Iterable[str]) -> Reasons:
    """The reasons of all other ids."""
    left_out = set(gone)
    kept = {reason: tuple(i for i in ids if i not in left_out) for reason, ids in reasons.items()}
    return {reason: ids for reason, ids in kept.items() if ids}


def by_id(reasons: Reasons) -> dict[str, str]:
    """The reason of each id."""
    return {id_: reason for reason, ids in reasons.items() for id_ in ids}


def answered(lot: Lot, batch: Sequence[str], switched: Switched) -> Lot:
    """After one call: accepted ones have been asked, refused ones have failed, the others go on waiting, and
    it is known for what."""
    left = set(batch) - set(switched.later)
    return replace(
        lot,
        waiting=tuple(id_ for id_ in lot.waiting if id_ not in left),
        asked=(*lot.asked, *switched.accepted),
        failed=reasons_with(lot.failed, switched.refused),
        delays=reasons_with(reasons_without(lot.delays, batch), switched.later),
    )


def fresh(lot: Lot) -> tuple[str, ...]:
    """What waits only because it has not been asked for yet."""
    delayed = by_id(lot.delays)
    return tuple(id_ for id_ in lot.waiting if id_ not in delayed)


def watched(lot: Lot) -> tuple[str, ...]:
    """What a look may find changed: all that has been asked for or is busy, and what could not be had yet."""
    delayed = by_id(lot.delays)
    return (*lot.asked, *lot.busy, *(id_ for id_ in lot.waiting if id_ in delayed))


@dataclass(slots=True)
class _Look:
    """What becomes of those that were looked at."""

    waiting: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    delays: dict[str, str] = field(default_factory=dict)
    returned: dict[str, int] = field(default_factory=dict)


def seen(
    lot: Lot, found: Iterable[Resource], action: Action, now: datetime, left: Collection[str] = ()
) -> Lot:
    """After a look at what is watched: what is not found has arrived, what is on its way stays, what broke
    has failed. What went back to where it was is asked again, and has failed when that does not help; what is
    busy is waited for, and asked when it no longer is. Those of `left` belong to the fleet no more: what of
    them has not arrived is neither asked again nor waited for."""
    there = {resource.id: resource for resource in found}
    before, look, asked = set(lot.waiting), _Look(), set(lot.asked)
    known = by_id(lot.delays)
    for id_ in watched(lot):
        one = there.get(id_)
        if one is None or str(one.condition) == str(action.power):
            look.reached.append(id_)
        elif one.condition is Condition.BROKEN:
            look.failed[id_] = one.detail or "it is broken"
        elif id_ in left:
            look.skipped[id_] = f"left the selection: {_told(one)}"
        elif id_ in before:
            _still_waits(one, known[id_], look)
        elif id_ in asked:
            _was_asked(one, lot.returned.get(id_, 0), look)
        else:
            _was_busy(one, look)
    gone = watched(lot)
    no_longer_busy = set(lot.busy) & {*look.waiting, *look.asked}
    return replace(
        lot,
        # Whoever was busy has all of the time for itself that others had.
        since=now if no_longer_busy else lot.since,
        waiting=(*fresh(lot), *look.waiting),
        asked=tuple(look.asked),
        busy=tuple(look.busy),
        reached=(*lot.reached, *look.reached),
        skipped=reasons_with(lot.skipped, look.skipped),
        failed=reasons_with(lot.failed, look.failed),
        delays=reasons_with(reasons_without(lot.delays, gone), look.delays),
        returned={**lot.returned, **look.returned},
        unanswered=False,
    )


def _still_waits(one: Resource, reason: str, look: _Look) -> None:
    is_busy = one.condition is Condition.BUSY
    (look.busy if is_busy else look.waiting).append(one.id)
    look.delays[one.id] = _told(one) if is_busy else reason


def _was_asked(one: Resource, returns: int, look: _Look) -> None:
    if one.condition in (Condition.CHANGING, Condition.BUSY):
        look.asked.append(one.id)
        look.delays[one.id] = _told(one)
        return
    reason = f"it went back: {one.detail or one.condition}"
    if returns < MOST_RETURNS:
        look.waiting.append(one.id)
        look.delays[one.id] = reason
        look.returned[one.id] = returns + 1
    else:
        look.failed[one.id] = reason


def _was_busy(one: Resource, look: _Look) -> None:
    if one.condition is Condition.BUSY:
        look.busy.append(one.id)
        look.delays[one.id] = _told(one)
    elif one.condition is Condition.CHANGING:
        look.asked.append(one.id)
        look.delays[one.id] = _told(one)
    else:
        look.waiting.append(one.id)


def _told(one: Resource) -> str:
    return f"it is {one.detail or one.condition}"


def given_up(lot: Lot, ids: Iterable[str], action: Action) -> Lot:
    """Those of the ids have failed, with what is known of them."""
    known, gone = by_id(lot.delays), set(ids)
    late = {
        id_: known.get(id_, f"AWS was not asked to {action} it in time") for id_ in lot.waiting if id_ in gone
    }
    slow = {id_: _slow(action, known.get(id_)) for id_ in (*lot.asked, *lot.busy) if id_ in gone}
    return replace(
        lot,
        waiting=tuple(id_ for id_ in lot.waiting if id_ not in gone),
        asked=tuple(id_ for id_ in lot.asked if id_ not in gone),
        busy=tuple(id_ for id_ in lot.busy if id_ not in gone),
        delays=reasons_without(lot.delays, gone),
        failed=reasons_with(lot.failed, {**late, **slow}),
    )


def _slow(action: Action, known: str | None) -> str:
    return f"it is not {action.power} in time" + (f": {known}" if known else "")


def count(lots: Iterable[Lot]) -> dict[str, int]:
    """How many resources there are of each outcome."""
    totals = dict.fromkeys(("waiting", "asked", "busy", "reached", "skipped", "failed"), 0)
    for lot in lots:
        totals["waiting"] += len(lot.waiting)
        totals["asked"] += len(lot.asked)
        totals["busy"] += len(lot.busy)
        totals["reached"] += len(lot.reached)
        totals["skipped"] += sum(len(ids) for ids in lot.skipped.values())
        totals["failed"] += sum(len(ids) for ids in lot.failed.values())
    return totals
