"""Token buckets as EC2 documents them for its API: how much of a batch may be sent now. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signalbox.fleets.switches import Bucket, Pace

Tokens = Mapping[str, tuple[float, float]]
"""Bucket -> tokens left, and the Unix second at which that was so."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many of the resources may be sent in one call now; otherwise in how many seconds to ask again."""

    count: int
    seconds: float = 0.0


def _left(name: str, bucket: Bucket, tokens: Tokens, now: float) -> float:
    left, since = tokens.get(name, (bucket.capacity, now))
    return min(bucket.capacity, left + (now - since) * bucket.per_second)


def allowance(wanted: int, pace: Pace, name: str, tokens: Tokens, now: datetime) -> Allowance:
    """As many as the buckets have tokens for. Fewer than wanted are sent only when the bucket is full, or
    holds all that is wanted: small calls would cost what one large call costs."""
    at = now.timestamp()
    if pace.calls is not None:
        calls = _left(f"{name} calls", pace.calls, tokens, at)
        if calls < 1:
            return Allowance(0, (1 - calls) / pace.calls.per_second)
    if pace.resources is None:
        return Allowance(wanted)
    size = min(wanted, int(pace.resources.capacity))
    left = _left(f"{name} resources", pace.resources, tokens, at)
    if left >= size:
        return Allowance(size)
    return Allowance(0, (size - left) / pace.resources.per_second)


def spend(count: int, pace: Pace, name: str, tokens: Tokens, now: datetime) -> Tokens:
    """The buckets after a call for so many resources."""
    at = now.timestamp()
    after = dict(tokens)
    for kind, bucket, cost in (("calls", pace.calls, 1), ("resources", pace.resources, count)):
        if bucket is not None:
            after[f"{name} {kind}"] = _left(f"{name} {kind}", bucket, tokens, at) - cost, at
    return after
