"""Compare resources with the baselines of their types, and tell AWS Config, which has asked for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import assert_never

from signalbox.compliance.commands.config_invocation import EvaluationDue, Invocation, ItemChanged
from signalbox.compliance.decisions.baselines import judge, under
from signalbox.compliance.model import Evaluation, Item, Verdict
from signalbox.compliance.ports import CompliancePorts
from signalbox.compliance.record import Baseline
from signalbox.kernel.errors import Transient

FORGOTTEN_AFTER = timedelta(days=1)
"""So long after the end of a baseline Config is told that it does not apply: what was found is closed by
that."""
_ROUNDING = timedelta(seconds=1)  # of moments, between an event and the API


def evaluate_baselines(asked: Invocation, ports: CompliancePorts) -> str:
    """What was done, in words. Raises Transient."""
    match asked:
        case ItemChanged():
            evaluation = _of_changed(asked, ports)
            ports.evaluations.tell(asked.token, [evaluation])
            return f"{evaluation.type} {evaluation.id}: {evaluation.verdict}"
        case EvaluationDue():
            looked_at = [each for each in ports.baselines.all() if _counts(each, asked.at)]
            ports.evaluations.tell(asked.token, _of_all(looked_at, asked.at, ports))
            return f"{len(looked_at)} baselines compared"
        case _:
            assert_never(asked)


def _of_changed(asked: ItemChanged, ports: CompliancePorts) -> Evaluation:
    if asked.has_left or asked.item.is_gone:
        return _evaluation(asked.item, asked.item.at, Verdict.NOT_APPLICABLE)
    baseline = ports.baselines.find(asked.item.type)
    item = _whole(asked.item, ports) if asked.is_cut else asked.item
    if item is None:
        return _evaluation(asked.item, asked.item.at, Verdict.NOT_APPLICABLE)
    return _compared(baseline, item, item.at)


def _whole(summary: Item, ports: CompliancePorts) -> Item | None:
    """As it is recorded by now; None when it is gone meanwhile. Raises Transient while that is older than
    what was told."""
    item = ports.records.find(summary.type, summary.id)
    if item is not None and item.at < summary.at - _ROUNDING:
        raise Transient(f"{summary.type} {summary.id} cannot be read yet as it was recorded")
    return item


def _counts(baseline: Baseline, now: datetime) -> bool:
    return not baseline.is_ended or now < baseline.at + FORGOTTEN_AFTER


def _of_all(baselines: list[Baseline], now: datetime, ports: CompliancePorts) -> Iterator[Evaluation]:
    for baseline in baselines:
        for item in ports.records.all(baseline.resource_type):
            yield _compared(baseline, item, now)


def _compared(baseline: Baseline | None, item: Item, at: datetime) -> Evaluation:
    judgement = judge(under(baseline, item))
    return _evaluation(item, at, judgement.verdict, judgement.reason)


def _evaluation(item: Item, at: datetime, verdict: Verdict, annotation: str = "") -> Evaluation:
    return Evaluation(type=item.type, id=item.id, verdict=verdict, at=at, annotation=annotation)
