"""Who asks when: by chance, and the same chance for the same seed."""

from itertools import islice, takewhile

import pytest

from signalbox_local.rehearsal.load.arrivals import SHAPES, arrivals, sent_headers
from signalbox_local.world import SentHeader, Traffic

STEADY = Traffic(requests_per_second=50, users=20, paths={"/": 3, "/cart": 1})


def test_the_same_seed_brings_the_same_requests_and_another_one_others() -> None:
    first, again, other = (list(islice(arrivals(STEADY, seed), 200)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_the_shape_the_mean_rate_is_what_the_world_asks_for(shape: str) -> None:
    traffic = Traffic.model_validate({"requests_per_second": 50, "shape": shape})
    asked = list(takewhile(lambda arrival: arrival.at < 240, arrivals(traffic, 1)))
    # 12,000 are expected; the standard deviation of a Poisson count is its square root.
    assert abs(len(asked) - 12_000) < 5 * 12_000**0.5
    assert all(earlier.at < later.at for earlier, later in zip(asked, asked[1:], strict=False))


def test_bursts_are_three_times_the_mean() -> None:
    traffic = Traffic(requests_per_second=50, shape="bursts")
    asked = [a.at for a in takewhile(lambda arrival: arrival.at < 240, arrivals(traffic, 1))]
    in_bursts = sum(1 for at in asked if at % 12 >= 10)
    assert in_bursts / 40 == pytest.approx(150, rel=0.1)


def test_paths_come_by_weight_and_users_all_come() -> None:
    asked = list(islice(arrivals(STEADY, 3), 4000))
    assert sum(arrival.path == "/cart" for arrival in asked) / 4000 == pytest.approx(0.25, abs=0.03)
    assert {arrival.user for arrival in asked} == set(range(20))


def test_a_header_is_sent_by_its_share_of_users_always_the_same_ones() -> None:
    headers = (SentHeader(name="X-Beta", value="yes", share_percent=30),)
    sending = [user for user in range(2000) if sent_headers(headers, user, 1)]
    assert sending == [user for user in range(2000) if sent_headers(headers, user, 1)]
    assert len(sending) == pytest.approx(600, abs=100)
    assert sent_headers(headers, sending[0], 1) == {"X-Beta": "yes"}
