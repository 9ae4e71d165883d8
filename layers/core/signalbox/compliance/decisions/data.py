"""Whether anything is known of a rule: nothing found says nothing where AWS Config does not look."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from signalbox.compliance.model import Looks, Recording
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """When AWS Config last had a result of a rule; `missing` says why what is known does not count, and is
    empty when it does."""

    looked_at: datetime | None = None
    missing: str = ""


def data(recording: Recording | None, looks: Looks | None, types: Iterable[str]) -> Data:
    """By the recorder of the Region, the looks of the rule (None when AWS Config has no such rule) and the
    types of which it needs records. A rule whose last look has failed knows only what was so before, and so
    does one of whose types one is recorded no longer."""
    if looks is None:
        return Data(missing="AWS Config has no such rule any more")
    return Data(looked_at=looks.succeeded_at, missing=_unrecorded(recording, types) or _unseen(looks))


def _unrecorded(recording: Recording | None, types: Iterable[str]) -> str:
    if recording is None:
        return "AWS Config has no recorder in this Region"
    if not recording.is_on:
        since = f" since {rfc3339(recording.since)}" if recording.since else ""
        return f"the recorder of AWS Config is off{since}"
    if recording.problem:
        return f"the recorder of AWS Config fails: {recording.problem}"
    left_out = [each for each in types if not recording.has(each)]
    return f"the recorder of AWS Config leaves out {', '.join(left_out)}" if left_out else ""


def _unseen(looks: Looks) -> str:
    if looks.failed_at and (looks.succeeded_at is None or looks.failed_at > looks.succeeded_at):
        return f"AWS Config failed to look at {rfc3339(looks.failed_at)}: {looks.problem}"
    return "" if looks.succeeded_at else "AWS Config has had no result yet"
