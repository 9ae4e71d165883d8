"""What is told of each resource of a lot. Pure."""

from collections.abc import Iterator

from signalbox.fleets.decisions.lots import by_id
from signalbox.fleets.decisions.order import those_before
from signalbox.fleets.decisions.types import remark
from signalbox.fleets.record import Lot, Run


def outcomes(lot: Lot, run: Run) -> Iterator[tuple[str, str, str]]:
    """(id, outcome, reason) of each of the run's lot; the outcome is `waiting`, `asked`, `busy`, `reached`,
    `skipped` or `failed`. What waits for its stage says so; what has been reached has a reason only when
    there is something to say of its type."""
    delays = {**_in_line(lot, run), **by_id(lot.delays)}
    under_way = (("waiting", lot.waiting), ("asked", lot.asked), ("busy", lot.busy), ("reached", lot.reached))
    for outcome, ids in under_way:
        for id_ in ids:
            told = (remark(lot, id_), delays.get(id_, ""))
            yield id_, outcome, "; ".join(text for text in told if text)
    for outcome, reasons in (("skipped", lot.skipped), ("failed", lot.failed)):
        for id_, reason in by_id(reasons).items():
            yield id_, outcome, reason


def _in_line(lot: Lot, run: Run) -> dict[str, str]:
    if lot.stage <= run.stage:
        return {}
    others = ", ".join(those_before(lot.stage, run.spec, run.action))
    return dict.fromkeys(lot.waiting, f"its turn to {run.action} comes after {others}")
