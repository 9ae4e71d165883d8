"""What a lot is after AWS has answered, and after it has been looked at. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from signalbox.fleets.model import Action, Condition, Resource
from signalbox.fleets.record import Lot, Reasons
from signalbox.fleets.switches import Switched

MOST_TRIES = 2  # that a resource is asked again after it has gone back to where it was


def reasons_with(reasons: Reasons, more: Mapping[str, str]) -> Reasons:
    """The reasons, with each id of `more` under its own."""
    grown = {reason: list(ids) for reason, ids in reasons.items()}
    for id_, reason in more.items():
        ids = grown.setdefault(reason, [])
        if id_ not in ids:
            ids.append(id_)
    return {reason: tuple(ids) for reason, ids in grown.items()}


def reasons_without(reasons: Reasons, gone: Iterable[str]) -> Reasons:
    """The reasons of all other ids."""
    left_out = set(gone)
    kept = {reason: tuple(i for i in ids if i not in left_out) for reason, ids in reasons.items()}
    return {reason: ids for reason, ids in kept.items() if ids}


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


def seen(lot: Lot, found: Iterable[Resource], action: Action) -> Lot:
    """After a look at what was asked: what is not found has arrived, what is on its way stays, what broke has
    failed. What went back to where it was is asked again, and has failed when that does not help."""
    there = {resource.id: resource for resource in found if resource.id in set(lot.asked)}
    broken = {id_: _why(one) for id_, one in there.items() if one.condition is Condition.BROKEN}
    back = {id_: _why(one) for id_, one in there.items() if str(one.condition) == str(_opposite(action))}
    arrived = tuple(
        id_ for id_ in lot.asked if id_ not in there or str(there[id_].condition) == str(action.power)
    )
    again = back if lot.tries < MOST_TRIES else {}
    gone = {*arrived, *broken, *back}
    return replace(
        lot,
        asked=tuple(id_ for id_ in lot.asked if id_ not in gone),
        waiting=(*lot.waiting, *again),
        reached=(*lot.reached, *arrived),
        failed=reasons_with(lot.failed, broken if again else {**broken, **back}),
        delays=reasons_with(reasons_without(lot.delays, gone), again),
        tries=lot.tries + bool(back),
    )


def _opposite(action: Action) -> str:
    return (Action.STOP if action is Action.START else Action.START).power


def _why(resource: Resource) -> str:
    detail = resource.detail or str(resource.condition)
    return f"it went back: {detail}" if resource.condition is not Condition.BROKEN else detail


def given_up(lot: Lot, action: Action) -> Lot:
    """After its deadline: whatever has not arrived has failed, with what was known of it."""
    known = {id_: reason for reason, ids in lot.delays.items() for id_ in ids}
    late = {id_: known.get(id_, f"AWS was not asked to {action} it in time") for id_ in lot.waiting}
    slow = dict.fromkeys(lot.asked, f"it was asked to {action}, and is not {action.power} in time")
    return replace(lot, waiting=(), asked=(), delays={}, failed=reasons_with(lot.failed, {**late, **slow}))


def count(lots: Iterable[Lot]) -> dict[str, int]:
    """How many resources there are of each outcome."""
    totals = dict.fromkeys(("waiting", "asked", "reached", "skipped", "failed"), 0)
    for lot in lots:
        totals["waiting"] += len(lot.waiting)
        totals["asked"] += len(lot.asked)
        totals["reached"] += len(lot.reached)
        totals["skipped"] += sum(len(ids) for ids in lot.skipped.values())
        totals["failed"] += sum(len(ids) for ids in lot.failed.values())
    return totals
