"""Which rule of a listener a request falls under, pure; as ALB matches."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import assert_never

from signalbox_local.plane.topology import Condition, RuleSpec


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a request rules look at. `path` and `query` as sent, not decoded."""

    method: str
    host: str
    path: str
    query: str
    source: str
    headers: Mapping[str, str]


def find_rule(rules: Iterable[RuleSpec], asked: Asked) -> RuleSpec | None:
    """The first whose conditions all hold."""
    for rule in rules:
        if all(holds(condition, asked) for condition in rule.conditions):
            return rule
    return None


def holds(condition: Condition, asked: Asked) -> bool:
    """Whether any of the values fits: paths and methods by case, all else without."""
    values = condition.values
    match condition.field:
        case "path-pattern":
            return any(_pattern(value, True).fullmatch(asked.path) for value in values)
        case "host-header":
            return any(_pattern(value, False).fullmatch(_host_name(asked.host)) for value in values)
        case "http-header":
            sent = asked.headers.get(condition.header_name or "")
            return sent is not None and any(_pattern(value, False).fullmatch(sent) for value in values)
        case "http-request-method":
            return asked.method in values
        case "query-string":
            return any(_asks(value, asked.query) for value in values)
        case "source-ip":
            return any(ip_address(asked.source) in ip_network(value, strict=False) for value in values)
        case _:
            assert_never(condition.field)


@lru_cache(4096)
def _pattern(value: str, by_case: bool) -> re.Pattern[str]:
    r"""`*` is any run of characters, `?` exactly one, `\` takes a wildcard at its word."""
    parts = re.findall(r"\\[*?\\]|.", value, re.DOTALL)
    wild = {"*": ".*", "?": "."}
    text = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(text, re.DOTALL if by_case else re.DOTALL | re.IGNORECASE)


def _host_name(host: str) -> str:
    return host if host.endswith("]") else re.sub(r":\d+$", "", host)


def _asks(wanted: str, query: str) -> bool:
    key, _, value = wanted.partition("=")
    for pair in query.split("&"):
        sent_key, _, sent_value = pair.partition("=")
        if key and not _pattern(key, False).fullmatch(sent_key):
            continue
        if query and _pattern(value, False).fullmatch(sent_value):
            return True
    return False
