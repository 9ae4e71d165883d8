"""Zones, by their IANA names."""

import re
from difflib import get_close_matches
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

# The system keeps copies of all zones under the first two, and others for its own use.
_FOREIGN = re.compile(r"(posix|right)/.*|posixrules|localtime|Factory")


def read_zone(name: str) -> ZoneInfo:
    """Raises ValueError that says what would be right: for `ist` no two programs mean the same zone."""
    try:
        if not _FOREIGN.fullmatch(name):
            return ZoneInfo(name)
    # A folder, or what no file can be called.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        pass
    close = get_close_matches(name.title().replace(" ", "_"), _names(), n=1)
    hint = f"did you mean {close[0]}?" if close else "Europe/Paris is one"
    raise ValueError(f"{name!r} is not the IANA name of a time zone: {hint}")


@lru_cache(maxsize=1)
def _names() -> list[str]:
    return sorted(available_timezones())
