"""Which group and which target a request goes to."""

import math
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from signalbox_local.plane import (
    Condition,
    FixedResponse,
    Redirect,
    RuleSpec,
    StickinessSpec,
    TargetGroupSpec,
)
from signalbox_local.plane.topology import Action
from signalbox_local.world import Behaviour, Latency
from tests.integration.plane_stage import Stage, forward, group_arn, stage

Z9999 = 3.89
"""Of a binomial count, 99.99 % lies within so many standard deviations."""


@pytest.fixture(scope="module")
def door() -> Iterator[Stage]:
    with stage() as made:
        yield made


@pytest.fixture
def two(door: Stage) -> Iterator[Stage]:
    """Groups blue and green with two healthy targets each."""
    door.clear()
    door.run("ami-blue", "i-blue1", "i-blue2")
    door.run("ami-green", "i-green1", "i-green2")
    door.group("blue", "i-blue1", "i-blue2")
    door.group("green", "i-green1", "i-green2")
    door.listen(forward({"blue": 100, "green": 0}))
    door.until_healthy("blue", "i-blue1", "i-blue2")
    door.until_healthy("green", "i-green1", "i-green2")
    yield door


@pytest.mark.parametrize(("blue", "green"), [(90, 10), (1, 2)])
def test_groups_get_their_shares_of_the_weights(two: Stage, blue: int, green: int) -> None:
    two.listen(forward({"blue": blue, "green": green}))
    asked, share = 2_000, green / (blue + green)
    got = Counter(answered.group for answered in two.ask(asked))
    assert got.total() == asked
    assert abs(got["green"] - asked * share) <= Z9999 * math.sqrt(asked * share * (1 - share)) + 1


def test_a_group_without_weight_gets_nothing(two: Stage) -> None:
    assert {answered.group for answered in two.ask(300)} == {"blue"}
    two.listen(forward({"blue": 0, "green": 1}))
    assert {answered.group for answered in two.ask(300)} == {"green"}


def test_without_any_weight_there_is_no_service(two: Stage) -> None:
    two.listen(forward({"blue": 0, "green": 0}))
    assert two.get().status_code == 503


def test_a_group_without_targets_is_not_replaced_by_another(two: Stage) -> None:
    two.group("blue")
    answer = two.get()
    assert answer.status_code == 503
    assert answer.headers["Server"] == "awselb/2.0"
    assert "503 Service Temporarily Unavailable" in answer.text


def test_targets_take_turns(two: Stage) -> None:
    got = Counter(answered.instance for answered in two.ask(100, at_once=1))
    assert got == {"i-blue1": 50, "i-blue2": 50}


def test_the_target_with_the_fewest_requests_under_way_is_preferred(two: Stage) -> None:
    two.run("ami-slow", "i-slow", behaviour=Behaviour(latency=Latency(p50_ms=400, p99_ms=400)))
    two.group("blue", "i-blue1", "i-slow", algorithm="least_outstanding_requests")
    two.until_healthy("blue", "i-slow")
    got = Counter(answered.instance for answered in two.ask(100, at_once=4))
    assert got["i-slow"] < 15


def test_a_target_in_slow_start_gets_less_at_first(two: Stage) -> None:
    two.run("ami-blue", "i-late")
    two.group("blue", "i-blue1", "i-late", slow_start=60.0)
    two.until_healthy("blue", "i-late")
    got = Counter(answered.instance for answered in two.ask(200))
    assert got["i-late"] < 40


CONDITIONS = [
    (Condition(field="path-pattern", values=("/img/*",)), ["/img/", "/img/a/b.png"], ["/img", "/IMG/a"]),
    (
        Condition(field="path-pattern", values=("/a?c", "/z")),
        ["/abc", "/a.c?x=/", "/z"],
        ["/ac", "/abbc", "/z/"],
    ),
    (Condition(field="path-pattern", values=("*.php",)), ["/x.php", "/a/b.php?q"], ["/x?a.php", "/xphp"]),
    (
        Condition(field="query-string", values=("v=1*", "=beta")),
        ["/?v=1", "/?V=12&b", "/?x=BETA"],
        ["/?v=2", "/"],
    ),
    (Condition(field="http-request-method", values=("GET",)), ["/"], []),
    (Condition(field="http-request-method", values=("get", "PUT")), [], ["/"]),
    (Condition(field="source-ip", values=("10.0.0.0/8", "127.0.0.0/8")), ["/"], []),
    (Condition(field="source-ip", values=("10.0.0.0/8", "::1/128")), [], ["/"]),
]


@pytest.mark.parametrize(("condition", "fit", "miss"), CONDITIONS)
def test_conditions_look_at_the_request_as_alb_does(
    two: Stage, condition: Condition, fit: list[str], miss: list[str]
) -> None:
    rule = RuleSpec(arn="rule-1", conditions=(condition,), actions=(forward({"green": 1}),))
    two.listen(rule, forward({"blue": 1}))
    assert {path: two.get(path).headers["X-Target-Group"] for path in fit} == dict.fromkeys(fit, "green")
    assert {path: two.get(path).headers["X-Target-Group"] for path in miss} == dict.fromkeys(miss, "blue")


@pytest.mark.parametrize(
    ("condition", "headers", "group"),
    [
        (Condition(field="host-header", values=("*.Example.com",)), {"Host": "a.EXAMPLE.com:8080"}, "green"),
        (Condition(field="host-header", values=("*.example.com",)), {"Host": "example.com"}, "blue"),
        (Condition(field="http-header", header_name="X-Beta", values=("y?s",)), {"x-beta": "YES"}, "green"),
        (Condition(field="http-header", header_name="X-Beta", values=("yes",)), {"x-beta": "yes!"}, "blue"),
        (Condition(field="http-header", header_name="X-Beta", values=("*",)), {}, "blue"),
    ],
)
def test_conditions_look_at_headers_without_case(
    two: Stage, condition: Condition, headers: dict[str, str], group: str
) -> None:
    rule = RuleSpec(arn="rule-1", conditions=(condition,), actions=(forward({"green": 1}),))
    two.listen(rule, forward({"blue": 1}))
    assert two.get(headers=headers).headers["X-Target-Group"] == group


def test_all_conditions_of_a_rule_must_hold_and_the_first_such_rule_counts(two: Stage) -> None:
    path = Condition(field="path-pattern", values=("/x",))
    header = Condition(field="http-header", header_name="X-Beta", values=("yes",))
    two.listen(
        RuleSpec(arn="1", conditions=(path, header), actions=(forward({"green": 1}),)),
        RuleSpec(arn="2", conditions=(path,), actions=(Action(fixed_response=FixedResponse(status=418)),)),
        forward({"blue": 1}),
    )
    assert two.get("/x", headers={"X-Beta": "yes"}).headers["X-Target-Group"] == "green"
    assert two.get("/x").status_code == 418
    assert two.get("/y", headers={"X-Beta": "yes"}).headers["X-Target-Group"] == "blue"


def test_the_load_balancer_answers_and_redirects_itself(two: Stage) -> None:
    gone = FixedResponse(status=410, content_type="application/json", body="{}")
    moved = Redirect(status=301, host="www.#{host}", path="/new/#{path}", query="#{query}&from=old")
    two.listen(
        RuleSpec(
            arn="1",
            conditions=(Condition(field="path-pattern", values=("/gone",)),),
            actions=(Action(fixed_response=gone),),
        ),
        Action(redirect=moved),
    )
    answer = two.get("/gone")
    assert (answer.status_code, answer.headers["Content-Type"], answer.text) == (
        410,
        "application/json",
        "{}",
    )
    answer = two.get("/a/b?c=d", headers={"Host": "example.com:8080"}, allow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == "http://www.example.com:8080/new/a/b?c=d&from=old"


def test_a_client_stays_with_its_group_even_when_it_has_no_weight_any_more(two: Stage) -> None:
    two.listen(forward({"blue": 1, "green": 1}, stickiness=60))
    clients = [requests.Session() for _ in range(12)]
    first = [client.get(two.url).headers["X-Target-Group"] for client in clients]
    assert set(first) == {"blue", "green"}
    two.listen(forward({"blue": 1, "green": 0}, stickiness=60))
    for _ in range(3):
        assert [client.get(two.url).headers["X-Target-Group"] for client in clients] == first
    assert {answered.group for answered in two.ask(50)} == {"blue"}


def test_a_session_with_a_group_ends_with_the_rule_s_groups_and_with_its_time(two: Stage) -> None:
    two.listen(forward({"blue": 1}, stickiness=1))
    cookies = {"AWSALBTG": two.get().cookies["AWSALBTG"]}
    two.listen(forward({"blue": 0, "green": 1}, stickiness=60))
    assert two.get(cookies=cookies).headers["X-Target-Group"] == "blue"
    assert _asked_until("green", two, cookies)
    two.listen(forward({"green": 1}, stickiness=60))
    fresh = {"AWSALBTG": two.get().cookies["AWSALBTG"]}
    two.listen(forward({"blue": 1}, stickiness=60))
    assert two.get(cookies=fresh).headers["X-Target-Group"] == "blue"


def _asked_until(group: str, door: Stage, cookies: dict[str, str]) -> bool:
    return any(door.get(cookies=cookies).headers["X-Target-Group"] == group for _ in range(2_000))


def test_a_client_stays_with_its_target_until_it_is_gone(two: Stage) -> None:
    two.group("blue", "i-blue1", "i-blue2", stickiness=StickinessSpec(duration=60), deregistration_delay=5.0)
    client = requests.Session()
    seen = {client.get(two.url).headers["X-Instance"] for _ in range(20)}
    assert len(seen) == 1
    (gone,) = seen
    (left,) = {"i-blue1", "i-blue2"} - seen
    two.group("blue", left)
    assert two.state("blue", gone) == "draining"
    assert {client.get(two.url).headers["X-Instance"] for _ in range(5)} == {left}


@pytest.mark.parametrize("value", ["", "%%%", "bm9uc2Vuc2U=", "9" * 3_000, "inf x"])
def test_cookies_that_are_not_ours_mean_nothing(two: Stage, value: str) -> None:
    two.group("blue", "i-blue1", "i-blue2", stickiness=StickinessSpec())
    two.listen(forward({"blue": 1}, stickiness=60))
    answer = two.get(headers={"Cookie": f"AWSALBTG={value}; AWSALB={value}; mine=1"})
    assert answer.status_code == 200
    assert {"AWSALB", "AWSALBTG"} <= {cookie.name for cookie in answer.cookies}


def test_groups_change_without_a_lost_request(two: Stage) -> None:
    answered: list[Any] = []
    asking = threading.Thread(target=lambda: answered.extend(two.ask(1_500)))
    asking.start()
    for weight in (10, 50, 90, 0):
        two.listen(forward({"blue": 100 - weight, "green": weight}))
        arn = group_arn("other")
        groups = dict(two.topology.target_groups)
        groups.pop(arn, None) or groups.setdefault(arn, TargetGroupSpec(name="other"))
        two.show(target_groups=groups)
    asking.join()
    assert Counter(answer.status for answer in answered) == {200: 1_500}
