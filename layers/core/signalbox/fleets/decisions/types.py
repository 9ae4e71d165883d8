"""Which type an instance has when there is no capacity for its own, and that it has its own again. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from signalbox.fleets.decisions.lots import by_id, reasons_with, reasons_without
from signalbox.fleets.model import Action, Condition, Resource
from signalbox.fleets.record import Lot, Reasons, Typed
from signalbox.fleets.spec import Alternates, FleetSpec
from signalbox.fleets.switches import Switched
from signalbox.kernel.errors import Violation

Architectures = Mapping[str, frozenset[str]]
"""Type → what its processors understand; without types that do not exist."""


def misfits(alternates: Alternates, known: Architectures, region: str) -> Iterator[Violation]:
    """Alternates that no instance could start as: only one of the same architecture boots its disk."""
    for own, others in alternates.items():
        for type_ in (own, *others):
            if type_ not in known:
                yield Violation(f"alternates.{own}", f"{region} has no instance type {type_}")
            elif own in known and not known[own] & known[type_]:
                told = (f"{each} is {', '.join(sorted(known[each]))}" for each in (own, type_))
                yield Violation(f"alternates.{own}", f"{' and '.join(told)}: give types of one architecture")


def type_of(resource: Resource, known: Sequence[str], action: Action) -> Typed | None:
    """An instance that has a type of ours, where its own type is `known[0]` and the rest is what we may have
    given it; None when it has its own, or somebody has chosen another one."""
    if resource.unit not in known[1:]:
        return None
    goes_back = action is Action.STOP or resource.condition is Condition.STOPPED
    return Typed(own=known[0], now=resource.unit, next=known[0] if goes_back else resource.unit)


def lacking(lot: Lot, ids: Collection[str], alternates: Alternates) -> Lot:
    """Those of the ids for which the fleet has alternates take the next one; after the last it is the turn
    of their own type again."""
    units, types = by_id(lot.units), dict(lot.types)
    for id_ in ids:
        typed = types.get(id_) or Typed(own=units.get(id_, ""), now=units.get(id_, ""), next="")
        if alternates.get(typed.own):
            types[id_] = replace(typed, next=_after(typed.now, typed.own, alternates))
    return replace(lot, types=types)


def _after(type_: str, own: str, alternates: Alternates) -> str:
    order = (own, *alternates.get(own, ()))
    place = order.index(type_) if type_ in order else -1
    return order[(place + 1) % len(order)]


def to_change(lot: Lot, action: Action) -> tuple[str, ...]:
    """Who is to have another type: before it is started, or after it has been stopped."""
    there = set(lot.waiting if action is Action.START else lot.reached)
    return tuple(id_ for id_, typed in lot.types.items() if typed.now != typed.next and id_ in there)


def returning(lot: Lot, action: Action) -> tuple[str, ...]:
    """What stands still and is to have its own type again: until then a stop is not over."""
    return to_change(lot, action) if action is Action.STOP else ()


def changed(lot: Lot, batch: Sequence[str], done: Switched, action: Action, alternates: Alternates) -> Lot:
    """After AWS was asked for other types: who was refused one tries the next, and stays as it is after a
    stop."""
    types = dict(lot.types)
    for id_ in done.accepted:
        types[id_] = replace(types[id_], now=types[id_].next)
    for id_ in done.refused:
        typed = types[id_]
        is_stop = action is Action.STOP
        types[id_] = replace(typed, next=typed.now if is_stop else _after(typed.next, typed.own, alternates))
    delays = reasons_with(reasons_without(lot.delays, batch), {**done.later, **done.refused})
    return replace(lot, types=types, delays=delays)


def left_alone(lot: Lot, ids: Iterable[str]) -> Lot:
    """They wait for their own type: no more can be remembered."""
    gone = set(ids)
    return replace(lot, types={id_: typed for id_, typed in lot.types.items() if id_ not in gone})


def kept_as_they_are(lot: Lot, action: Action) -> Lot:
    """What could not have its own type again in time: the next run tries again."""
    late = {id_: replace(lot.types[id_], next=lot.types[id_].now) for id_ in returning(lot, action)}
    return replace(lot, types={**lot.types, **late})


def remark(lot: Lot, id_: str) -> str:
    """What is to be told of its type; empty when it has had its own all the time."""
    typed = lot.types.get(id_)
    if typed is None:
        return ""
    if typed.now == typed.own:
        return f"it is {typed.own} again"
    return f"it is {typed.now} instead of {typed.own}, of which there was no capacity"


def remarks(lots: Collection[Lot]) -> Reasons:
    """Of all that have another type than their own."""
    told: Reasons = {}
    for lot in lots:
        others = (id_ for id_, typed in lot.types.items() if typed.now != typed.own)
        told = reasons_with(told, {id_: remark(lot, id_) for id_ in others})
    return told


def noted(lots: Collection[Lot], types: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    """What is remembered when a run has ended: the own type of what has another one."""
    after = dict(types)
    for lot in lots:
        for id_, typed in lot.types.items():
            after.pop(lot.key_of(id_), None)
            if typed.now != typed.own:
                after[lot.key_of(id_)] = typed.own, typed.now
    return after


def to_note(lot: Lot, ids: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """What is remembered before they are changed: whoever finds them knows what they were, at any moment."""
    typed = {lot.key_of(id_): lot.types[id_] for id_ in ids}
    return {
        key: (each.own, *(type_ for type_ in dict.fromkeys((each.now, each.next)) if type_ != each.own))
        for key, each in typed.items()
    }


def alternates_of(spec: FleetSpec) -> Alternates:
    """As its owner gave them."""
    return spec.alternates or {}
