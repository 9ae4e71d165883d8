"""What a fleet saved, as callers read it."""

from dataclasses import dataclass

from signalbox.fleets.commands.report_savings import Savings
from signalbox.fleets.decisions.savings import Saved
from signalbox.fleets.model import Kind
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """The hours that all units of a kind stood still: a group of three counts three times. `unit` is what a
    price list calls it, empty where AWS does not tell. `price` is the fleet's own, per hour."""

    kind: Kind
    unit: str
    resources: int
    hours: float
    price: float | None
    savings: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingsView:
    """What stood still from `since` to `until`. `savings` add up what has a price, and are null when nothing
    has one; `unpriced` names the units without."""

    fleet: str
    since: str
    until: str
    items: tuple[SavedView, ...]
    hours: float
    savings: float | None
    unpriced: tuple[str, ...]


def savings_view(report: Savings) -> SavingsView:
    """Rounded at the end only."""
    prices = report.prices
    priced = [one.hours * prices[one.unit] for one in report.saved if one.unit in prices]
    return SavingsView(
        fleet=report.fleet,
        since=rfc3339(report.begin),
        until=rfc3339(report.end),
        items=tuple(_saved(one, prices.get(one.unit)) for one in report.saved),
        hours=round(sum(one.hours for one in report.saved), 2),
        savings=round(sum(priced), 2) if priced else None,
        unpriced=tuple(sorted({one.unit for one in report.saved} - set(prices))),
    )


def _saved(one: Saved, price: float | None) -> SavedView:
    return SavedView(
        kind=one.kind,
        unit=one.unit,
        resources=one.resources,
        hours=round(one.hours, 2),
        price=price,
        savings=round(one.hours * price, 2) if price is not None else None,
    )
