"""What people ask of a fleet in the midst of a run: start, stop, override, and lift the override."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from signalbox.fleets.commands.override_fleet import lift_override, override_fleet
from signalbox.fleets.commands.switch_fleet import switch_fleet
from signalbox.fleets.model import Action, Power
from tests.simulation.fibers import hub
from tests.simulation.fleet_part import CALLER

if TYPE_CHECKING:
    from tests.simulation.fleet_part import FleetPart

OVERRIDDEN_FOR = timedelta(hours=2)
LIFTED_AFTER = 30.0  # seconds: then the run that the override began is under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks of a fleet whose night leads to `action`; `ends`: it is over after a while."""

    ask: Callable[[FleetPart, Action], object]
    ends: bool = False


def _other(action: Action) -> Action:
    return Action.STOP if action is Action.START else Action.START


def _switch(part: FleetPart, action: Action) -> None:
    part.universe.ask_fleets(lambda ports: switch_fleet(part.name, action, CALLER, ports))


def override(part: FleetPart, power: Power, until: datetime) -> None:
    """Somebody wants it so for a while."""
    part.universe.ask_fleets(lambda ports: override_fleet(part.name, power, until, CALLER, ports))


def _override(part: FleetPart, action: Action) -> None:
    until = datetime.fromtimestamp(hub.now, UTC) + OVERRIDDEN_FOR
    override(part, _other(action).power, until)


def _lift(part: FleetPart) -> None:
    part.universe.ask_fleets(lambda ports: lift_override(part.name, CALLER, ports))


def _override_and_lift(part: FleetPart, action: Action) -> None:
    _override(part, action)
    hub.call_later(LIFTED_AFTER, lambda: hub.spawn(partial(_lift, part)))


WISHES: Mapping[str, Wish] = {
    "turned-back": Wish(ask=lambda part, action: _switch(part, _other(action))),
    "asked-for-too": Wish(ask=_switch),
    "overridden": Wish(ask=_override, ends=True),
    "overridden-and-lifted": Wish(ask=_override_and_lift),
}
