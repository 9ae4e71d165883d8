"""Fleets, their forecasts and their timelines as tables for people. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.fleet_words import away, coming, override_words, wall, zone_of
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.rollout_view import Facts
from signalbox_cli.rollout_words import Json, printable, told
from signalbox_cli.tables import WIDE, service_table
from signalbox_cli.week_picture import WeekPicture

POWERS = {"running": ("▸", "green"), "stopped": ("■", "dim")}
_TOLD_ABOVE = frozenset({"now", "next", "override", "run_id", "warnings", "starts_in_order"})


@dataclass(frozen=True, slots=True)
class FleetsTable:
    """One line each: what it is meant to be now, and what comes next; the rest only where there is room."""

    fleets: Sequence[Json]
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        most = 6 if options.max_width >= WIDE else 3
        table = plain_table(*("fleet", "now", "next", "zone", "mode", "owner")[:most])
        for fleet in self.fleets:
            table.add_row(*self._cells(fleet)[:most])
        yield table

    def _cells(self, fleet: Json) -> tuple[Text, ...]:
        zone = zone_of(fleet["zone"])
        return (
            text(fleet["name"]),
            _now(fleet, zone, self.now),
            text(coming(fleet["next"], zone, self.now) or "–"),
            text(fleet["zone"]),
            text(fleet["mode"]),
            text(fleet["owner"]),
        )


def _now(fleet: Json, zone: tzinfo, now: datetime) -> Text:
    override = fleet["override"]
    power = power_text(fleet["now"]["state"])
    return power.append(f" until {wall(override['until'], zone, now)}") if override else power


def power_text(power: str) -> Text:
    """`▸ running`."""
    mark, style = POWERS.get(power, ("·", ""))
    return Text(f"{mark} {printable(power)}", style=style)


def fleet_table(fleet: Json, now: datetime) -> RenderableType:
    """How it is meant to be and why, what comes next, and then its registration, field by field."""
    zone = zone_of(fleet["zone"])
    power = power_text(fleet["now"]["state"]).append(f" · {told(fleet['now']['reason'])}", style="default")
    rows: list[tuple[str, RenderableType]] = [("now", power)]
    if fleet["next"]:
        comes = f"{coming(fleet['next'], zone, now)} ({zone})"
        rows.append(("next", text(f"{comes} · {told(fleet['next']['reason'])}")))
    if fleet["override"]:
        rows.append(("override", text(override_words(fleet["override"], zone, now))))
    if fleet["run_id"]:
        rows.append(("run", text(f"{fleet['run_id']} is under way")))
    rows += [("warning", Text(printable(warning), style="yellow")) for warning in fleet["warnings"]]
    registered = {name: value for name, value in fleet.items() if name not in _TOLD_ABOVE}
    registered["order"] = [" and ".join(kinds) for kinds in fleet["starts_in_order"]]
    return Group(Facts(rows), Text(), service_table(registered))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Transitions of a range as the API tells them. `running` is how the fleet is at its beginning, if that
    is known."""

    transitions: Sequence[Json]
    zone: tzinfo
    begin: datetime
    end: datetime
    running: bool | None = None


def forecast_table(forecast: Forecast, now: datetime) -> RenderableType:
    """The picture of the week, then each transition with its reason."""
    zone = forecast.zone
    table = plain_table(f"when ({zone})", "", "what", "why")
    for one in forecast.transitions:
        at = from_rfc3339(one["at"]).astimezone(zone)
        what = Text(printable(one["action"]), style="green" if one["action"] == "start" else "")
        table.add_row(
            text(f"{at:%a %Y-%m-%d %H:%M}"), text(away(one["at"], now)), what, text(told(one["reason"]))
        )
    table.columns[1].no_wrap = True
    picture = WeekPicture(forecast.transitions, zone, forecast.begin, forecast.end, forecast.running)
    return Group(picture, table if forecast.transitions else Text("nothing changes in this time"))
