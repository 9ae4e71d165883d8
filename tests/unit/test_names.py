"""A name leads where Route 53 says, for as long as its TTL."""

import asyncio
from collections import Counter
from typing import Any

from signalbox_local.rehearsal.load.names import RESOLVERS, Names

NAME = "checkout.example.com."


class Zone:
    """Answers what it is told to, and counts."""

    def __init__(self, *records: tuple[int, str], ttl: int = 60) -> None:
        self.records = records
        self.ttl = ttl
        self.asked = 0
        self.now = 0.0

    async def answers(self) -> dict[str, Any]:
        self.asked += 1
        records = [{"weight": weight, "url": url} for weight, url in self.records]
        return {NAME: {"ttl": self.ttl, "records": records}}

    def names(self) -> Names:
        return Names(self.answers, lambda: self.now, seed=1)


def test_an_answer_is_remembered_for_its_ttl() -> None:
    zone = Zone((1, "http://a"), ttl=3)
    names = zone.names()
    assert asyncio.run(names.url(NAME, 1)) == "http://a"
    zone.records, zone.now = ((1, "http://b"),), 2.9
    assert asyncio.run(names.url(NAME, 1)) == "http://a"
    zone.now = 3.1
    assert asyncio.run(names.url(NAME, 1)) == "http://b"
    assert zone.asked == 2


def test_weights_share_out_the_resolvers_and_each_remembers_for_itself() -> None:
    zone = Zone((90, "http://a"), (10, "http://b"), ttl=1)
    names = zone.names()

    async def all_users() -> Counter[str]:
        found: Counter[str] = Counter()
        for _ in range(50):
            zone.now += 1.1
            found.update([await names.url(NAME, user) for user in range(RESOLVERS)])
        return found

    found = asyncio.run(all_users())
    assert 850 < found["http://a"] < 950


def test_where_all_weights_are_zero_each_is_as_likely() -> None:
    zone = Zone((0, "http://a"), (0, "http://b"))
    names = zone.names()
    found = {asyncio.run(names.url(NAME, user)) for user in range(RESOLVERS)}
    assert found == {"http://a", "http://b"}


def test_an_unknown_name_leads_nowhere() -> None:
    assert asyncio.run(Zone((1, "http://a")).names().url("nobody.example.com.", 1)) == ""
