"""What alarms and dashboard look at under our namespace is what the code emits, and the other way round."""

import ast
import json
from collections.abc import Iterator
from inspect import getsource

from signalbox.rollouts.model import Phase
from signalbox.rollouts.steps.closing import FIGURES, figures_of
from signalbox.wiring import NAMESPACE
from tests.contract.template import ROOT, resources, template, walk


def _figures() -> set[str]:
    """The names of all figures in the code."""
    return {*FIGURES.values(), *_clocks(), *_measured()}


def _measured() -> Iterator[str]:
    """The keywords of each `measure(...)`."""
    for path in (ROOT / "layers/core/signalbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="measure"), keywords=keywords):
                    yield from (keyword.arg for keyword in keywords if keyword.arg)


def _clocks() -> Iterator[str]:
    """The keys that `figures_of` writes out."""
    for node in ast.walk(ast.parse(getsource(figures_of))):
        match node:
            case ast.Dict(keys=keys):
                yield from (str(key.value) for key in keys if isinstance(key, ast.Constant))


def _alarmed() -> set[str]:
    alarms = resources(template(), "AWS::CloudWatch::Alarm")
    metrics = [node for _, node in walk(alarms) if isinstance(node, dict) and "MetricName" in node]
    return {metric["MetricName"] for metric in metrics if metric["Namespace"] == NAMESPACE}


def _shown() -> set[str]:
    body = json.loads(template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    rows = [node for path, node in walk(body) if path.count("/metrics/") == 1 and isinstance(node, list)]
    return {row[1] for row in rows if row[0] == NAMESPACE}


def test_every_alarm_looks_at_a_figure_that_is_emitted() -> None:
    assert _alarmed() - _figures() == set()


def test_every_widget_shows_a_figure_that_is_emitted() -> None:
    assert _shown() - _figures() == set()


def test_every_figure_is_shown_or_alarmed_on() -> None:
    assert _figures() - _alarmed() - _shown() == set()


def test_every_ending_has_a_figure() -> None:
    never_yet = {Phase.SUPERSEDED}  # a second rollout is refused: nothing supersedes another
    assert set(FIGURES) == {phase for phase in Phase if phase.is_final} - never_yet


def test_functions_are_told_the_same_namespace() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == NAMESPACE
