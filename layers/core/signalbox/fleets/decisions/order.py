"""In what order the kinds of a fleet start; they stop the other way round. Pure."""

from collections.abc import Sequence

from signalbox.fleets.model import DATABASES, Action, Kind
from signalbox.fleets.spec import FleetSpec

Order = tuple[tuple[Kind, ...], ...]


def order_of(spec: FleetSpec) -> Order:
    """As its owner says, a kind that is named twice where it is named first; of what nobody says anything
    databases start first, and all others last."""
    named = {kind for kinds in spec.order for kind in kinds}
    unnamed = [kind for kind in spec.select.kinds if kind not in named]
    first = [kind for kind in unnamed if kind in DATABASES]
    last = [kind for kind in unnamed if kind not in DATABASES]
    left, order = set(spec.select.kinds), []
    for kinds in (first, *spec.order, last):
        order.append(tuple(kind for kind in dict.fromkeys(kinds) if kind in left))
        left.difference_update(kinds)
    return tuple(kinds for kinds in order if kinds)


def stage_of(kind: Kind, spec: FleetSpec, action: Action) -> int:
    """Which of the stages it belongs to, from 0."""
    return next(stage for stage, kinds in enumerate(_stages(spec, action)) if kind in kinds)


def those_before(stage: int, spec: FleetSpec, action: Action) -> Sequence[Kind]:
    """The kinds of earlier stages."""
    return [kind for kinds in _stages(spec, action)[:stage] for kind in kinds]


def _stages(spec: FleetSpec, action: Action) -> Order:
    order = order_of(spec)
    return order if action is Action.START else order[::-1]
