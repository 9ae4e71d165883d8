"""Names that callers give, and identifiers that sort by the time of their making."""

import re
from collections.abc import Callable
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32, lower case: no i, l, o, u
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})+\.?")
Entropy = Callable[[int], bytes]


def is_name(text: str) -> bool:
    """Whether load balancers, groups and paths can carry it."""
    return _NAME.fullmatch(text) is not None


def is_domain(text: str) -> bool:
    """Whether it is a DNS name of at least two labels, without a wildcard."""
    return _DOMAIN.fullmatch(text) is not None


def _base32(number: int, length: int) -> str:
    return "".join(_ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(length)))


def new_rollout_id(now: datetime, entropy: Entropy) -> str:
    """Of a rollout: `r-`, and what sorts by time."""
    return f"r-{_sorting(now, entropy)}"


def new_run_id(now: datetime, entropy: Entropy) -> str:
    """Of a fleet's run: `f-`, and what sorts by time."""
    return f"f-{_sorting(now, entropy)}"


def _sorting(now: datetime, entropy: Entropy) -> str:
    """9 characters of time (ms since 1970) + 8 of chance: newer ids sort later."""
    return f"{_base32(int(now.timestamp() * 1000), 9)}{_base32(int.from_bytes(entropy(5), 'big'), 8)}"


def short_suffix(rollout_id: str) -> str:
    """The 8 characters of chance: names of created resources end in them."""
    return rollout_id[-8:]
