"""Commands that are imported when they are called: `signalbox --help` pays for none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command is and what the help says of it. `attribute` is a Typer app or a function of `module`;
    `command` picks one of the app's."""

    name: str
    help: str
    module: str
    attribute: str = "app"
    command: str | None = None
    panel: str | None = None


class LazyCommand(TyperCommand):
    """Stands for a command until that is called."""

    def __init__(self, place: Place) -> None:
        super().__init__(place.name, help=place.help, rich_help_panel=place.panel)
        self._place = place

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The real one's, which is then the one that is invoked or completed."""
        return self._real().make_context(info_name, args, parent=parent, **extra)

    def _real(self) -> Any:
        found = getattr(import_module(self._place.module), self._place.attribute)
        if self._place.command:
            return get_group(found).commands[self._place.command]
        return get_command(found if isinstance(found, typer.Typer) else _app_of(found))


def _app_of(function: Callable[..., Any]) -> typer.Typer:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    return app


def lazy_group(places: tuple[Place, ...]) -> type[TyperGroup]:
    """A class for `typer.Typer(cls=…)` whose commands are those places, in their order."""

    class LazyGroup(TyperGroup):
        """Its commands are known by name and help only."""

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            for place in places:
                self.add_command(LazyCommand(place), place.name)

    return LazyGroup
