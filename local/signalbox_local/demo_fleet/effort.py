"""What the week took: AWS calls of Signalbox's own functions, by the runtime's record. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from signalbox_cli.rollout_words import Json

_SWITCHING = ("Start", "Stop", "Update")
_OWN = ("dynamodb", "events", "scheduler", "stepfunctions", "sqs", "lambda")


def effort(calls: Sequence[Json], runs: Sequence[Json]) -> Iterator[tuple[str, str]]:
    """(what, how often) of those that ran the fleet; what was only asked by the API is apart."""
    ours = [call for call in calls if "Function" in call["principal"]]
    for_callers = [call for call in ours if "ApiFunction" in call["principal"]]
    engine = [call for call in ours if "ApiFunction" not in call["principal"]]
    switching = [c for c in engine if c["operation"].startswith(_SWITCHING) and c["service"] not in _OWN]
    looking = [call for call in engine if call not in switching and call["service"] not in _OWN]
    own = [call for call in engine if call["service"] in _OWN]
    causes = Counter(str(run["cause"]) for run in runs)
    yield "runs", f"{len(runs)}: " + ", ".join(f"{count} by {cause}" for cause, count in causes.most_common())
    yield "starts and stops", _told(switching, "operation")
    yield "looks", _told(looking, "operation")
    yield "itself", _told(own, "service")
    yield "for callers", f"{len(for_callers):,} by the API, which this demo asks"


def _told(calls: Iterable[Json], by: str) -> str:
    counts = Counter(str(call[by]) for call in calls)
    named = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
    return f"{counts.total():,} calls: {named}"
