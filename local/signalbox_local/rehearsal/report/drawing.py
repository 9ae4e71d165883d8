"""The plots of a rehearsal on one time axis, as an SVG with real text whose colours the page decides."""

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator

from signalbox_local.rehearsal.figures import Latency
from signalbox_local.rehearsal.phases import AFTER, BEFORE, WAY_BACK, Phase
from signalbox_local.rehearsal.report.series import Plots

# Stand-ins, which become the page's variables: it is shown on light and dark screens and on paper.
INK, MUTED, GRID, PAPER, BAND = "#010101", "#020202", "#030303", "#040404", "#050505"
STABLE, CANDIDATE, BAD, GOOD, NOBODY = "#060606", "#070707", "#080808", "#090909", "#0a0a0a"
VARIABLES = {
    INK: "ink", MUTED: "muted", GRID: "line", PAPER: "paper", BAND: "band",
    STABLE: "stable", CANDIDATE: "candidate", BAD: "bad", GOOD: "good", NOBODY: "nobody",
}  # fmt: skip
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "signalbox",
    "font.size": 9.5,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.grid.axis": "y",
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.5,
    "lines.solid_capstyle": "round",
}
ALTERNATIVE = "Traffic, requests, latency and healthy targets over time"
INCHES = (10.4, 9.2)
HEIGHTS = [0.34, 1.35, 1.6, 1.5, 1.25]
NARROW = 0.052  # of the axis: what is narrower has no room for a word
_SHORT = {BEFORE: "before", WAY_BACK: "way back", AFTER: "after"}


def draw(what: Plots, number: int) -> str:
    """An `<svg>` element; `number` keeps its ids apart from those of other drawings on the page."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": f"signalbox {number}"}):
        figure = Figure(figsize=INCHES)
        axes: Sequence[Axes] = figure.subplots(
            5, 1, sharex=True, gridspec_kw={"height_ratios": HEIGHTS, "hspace": 0.34}
        )
        figure.subplots_adjust(left=0.065, right=0.985, top=0.995, bottom=0.055)
        for axis, panel in zip(axes, (_bands, _shares, _rates, _latencies, _hosts), strict=True):
            panel(axis, what)
        for axis in axes[1:]:
            _mark(axis, what)
        _name_marks(axes[1], what)
        axes[0].set_xlim(what.began, what.ended)
        axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        axes[-1].set_xlabel("seconds since the rollout was asked for")
        return _as_element(figure)


def _bands(axis: Axes, what: Plots) -> None:
    """Which phase it is; a number where there is no room for a word."""
    axis.set_axis_off()
    axis.set_ylim(0, 1)
    steps = 0
    for place, phase in enumerate(what.phases):
        steps += bool(phase.kind)
        colour = BAD if phase.name == WAY_BACK else BAND
        axis.axvspan(
            phase.began,
            phase.ended,
            color=colour,
            alpha=0.25 if colour == BAD else 1 - place % 2 * 0.55,
            lw=0,
        )
        axis.text(
            (phase.began + phase.ended) / 2,
            0.46,
            _label(phase, steps, what),
            ha="center",
            va="center",
            clip_on=True,
        )


def _label(phase: Phase, step: int, what: Plots) -> str:
    short = _SHORT.get(phase.name, f"{step} {phase.kind}")
    room = (phase.ended - phase.began) / (what.ended - what.began)
    if room < NARROW / 2.6:
        return ""
    if room < NARROW * len(short) / 7:
        return str(step) if phase.kind else ""
    return short


def _shares(axis: Axes, what: Plots) -> None:
    _title(axis, "Traffic", "percent")
    at = [what.began, *what.shares.at, what.ended]
    actual = [0, *what.shares.actual, what.shares.actual[-1]]
    wanted = [0, *what.shares.wanted, what.shares.wanted[-1]]
    axis.fill_between(at, 0, actual, step="post", color=CANDIDATE, alpha=0.75, lw=0, label="candidate")
    axis.fill_between(at, actual, 100, step="post", color=STABLE, alpha=0.75, lw=0, label="stable")
    axis.step(at, wanted, where="post", color=INK, lw=1.1, ls=(0, (4, 2)), label="candidate, wanted")
    axis.set_ylim(0, 100)
    axis.set_yticks([0, 50, 100])
    _legend(axis, 3)


def _rates(axis: Axes, what: Plots) -> None:
    _title(axis, "Requests", "a second")
    rates = what.rates
    layers = (
        (rates.stable, STABLE, 0.75, "stable, well"),
        (rates.candidate, CANDIDATE, 0.75, "candidate, well"),
        (rates.stable_failed, NOBODY, 0.95, "stable, failed"),
        (rates.candidate_failed, BAD, 0.95, "candidate, failed"),
        (rates.unanswered, INK, 0.8, "no instance answered"),
    )
    shown = [layer for place, layer in enumerate(layers) if place < len((STABLE, CANDIDATE)) or any(layer[0])]
    axis.stackplot(
        [*what.bins, what.bins[-1] + what.width],
        *[[*values, values[-1]] for values, *_ in shown],
        colors=[colour for _, colour, _, _ in shown],
        labels=[label for *_, label in shown],
        step="post",
        lw=0,
    )
    for collection, (_, _, alpha, _) in zip(axis.collections, shown, strict=True):
        collection.set_alpha(alpha)
    axis.set_ylim(bottom=0)
    _legend(axis, 5)


def _latencies(axis: Axes, what: Plots) -> None:
    _title(axis, "Latency", "milliseconds, p99 solid, p50 dotted")
    middles = [at + what.width / 2 for at in what.bins]
    for found, colour, name in (
        (what.stable_latency, STABLE, "stable"),
        (what.candidate_latency, CANDIDATE, "candidate"),
    ):
        axis.plot(middles, _values(found, "p99"), color=colour, label=name, marker=".", ms=3)
        axis.plot(middles, _values(found, "p50"), color=colour, ls=":")
    axis.set_yscale("log")
    axis.axhline(what.slow_ms, color=MUTED, lw=0.9, ls=(0, (1, 2)), label="slow")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.minorticks_off()
    _legend(axis, 3)


def _values(found: Sequence[Latency | None], name: str) -> list[float]:
    return [getattr(one, name) if one else float("nan") for one in found]


def _hosts(axis: Axes, what: Plots) -> None:
    _title(axis, "Healthy targets", "instances")
    hosts = what.hosts
    axis.step(hosts.at, hosts.stable, where="post", color=STABLE, label="stable", lw=1.8)
    axis.step(hosts.at, hosts.candidate, where="post", color=CANDIDATE, label="candidate", lw=1.8)
    axis.axhline(what.floor, color=MUTED, lw=0.9, ls=(0, (1, 2)), label=f"floor {what.floor}")
    axis.set_ylim(0, max([what.size, *hosts.stable, *hosts.candidate]) + 0.6)
    axis.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    _legend(axis, 3)


def _title(axis: Axes, name: str, unit: str) -> None:
    axis.set_title(name, loc="left", fontsize=10.5, fontweight="bold", pad=5)
    axis.annotate(
        unit,
        (0, 1),
        xycoords="axes fraction",
        xytext=(7.2 * len(name) + 8, 5),
        textcoords="offset points",
        color=MUTED,
        fontsize=9,
    )
    axis.tick_params(length=0, pad=5)


def _legend(axis: Axes, columns: int) -> None:
    axis.legend(
        loc="lower right",
        bbox_to_anchor=(1.004, 0.985),
        ncols=columns,
        borderaxespad=0.1,
        handlelength=1.4,
        columnspacing=1.3,
        labelcolor=MUTED,
    )


def _mark(axis: Axes, what: Plots) -> None:
    for phase in what.phases[1:]:
        axis.axvline(phase.began, color=GRID, lw=0.7, zorder=0.5)
    for at, colour in ((what.detected, BAD), (what.restored, GOOD)):
        if at is not None:
            axis.axvline(at, color=colour, lw=1.3, zorder=3)


def _name_marks(axis: Axes, what: Plots) -> None:
    for at, name, side in (
        (what.detected, "detected ", "right"),
        (what.restored, " restored", "left"),
    ):
        if at is not None:
            axis.text(
                at,
                86,
                name.strip(),
                ha=side,
                va="center",
                fontsize=9,
                fontweight="bold",
                zorder=4,
                bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 2.5},
            )


def _as_element(figure: Figure) -> str:
    written = io.StringIO()
    figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = svg.replace("<svg", f'<svg role="img" aria-label="{ALTERNATIVE}"', 1)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"font-family: [^;\"]*|(?<=px )'[^;\"]*", "inherit", svg)
    return re.sub("|".join(VARIABLES), lambda found: f"var(--{VARIABLES[found[0]]})", svg)
