"""What commands answer: tables, JSON and YAML; lists page by page; documents from strangers."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console, RenderableType

from signalbox_cli import output
from signalbox_cli.asking import Answer
from signalbox_cli.client import ApiClient
from signalbox_cli.documents import BadDocument, parse_document, read_object
from signalbox_cli.output import Output, write
from signalbox_cli.session import Session
from signalbox_cli.tables import (
    RolloutsTable,
    plan_table,
    registration,
    service_table,
    services_table,
)
from tests.unit.rollouts_as_read import rolled_back, rollout

HOSTILE = "[red]x[/red]\x1b[2J\x07"
SERVICE: dict[str, Any] = {
    "name": "checkout",
    "owner": "payments",
    "platform": {"kind": "autoscaling", "region": "eu-west-1", "group": "checkout", "slots": None},
    "traffic": {"router": "alb", "rules": None},
    "strategy": {"preset": "canary", "bake": "10m", "steps": None},
    "guards": {"alarms": ["checkout-5xx", "checkout-latency"], "strict": False},
    "updated_at": "2026-11-22T08:00:00.000Z",
    "unsuitable": [],
    "safest": "canary",
    "warnings": [],
}
SLOTS = {
    **SERVICE,
    "name": "search",
    "platform": {"slots": [{"group": "search-blue"}, {"group": "search-green"}]},
    "strategy": {"preset": None, "steps": [{}, {}, {}]},
}
PLAN = {
    "steps": [{"index": 0, "name": "provision 1"}, {"index": 1, "name": "bake 10m"}],
    "writes": [
        {"step": 0, "service": "ec2", "operation": "CreateLaunchTemplateVersion", "resource": "lt-1"},
        {"step": 0, "service": "autoscaling", "operation": "CreateAutoScalingGroup", "resource": "c-sb-1"},
    ],
    "creates": ["CreateAutoScalingGroup: c-sb-1"],
    "replaces": [],
    "switches": ["rule-1: the candidate gets 100 %"],
    "removes": [],
    "estimate": {
        "duration": "14m",
        "lowest_healthy": 4,
        "size": 4,
        "extra_instance_hours": 0.8,
        "extra_load_balancer_hours": 0,
        "downtime": False,
    },
    "unsuitable": [],
    "safest": "canary",
    "warnings": ["a dead guard"],
}

SERVICES_80 = """\
service   owner     group                     strategy  alarms  registered
checkout  payments  checkout                  canary    2       2026-11-22 08:00
search    payments  search-blue,              3 steps   2       2026-11-22 08:00
                    search-green"""
SERVICE_80 = """\
name             checkout
owner            payments
platform.kind    autoscaling
platform.region  eu-west-1
platform.group   checkout
traffic.router   alb
strategy.preset  canary
strategy.bake    10m
guards.alarms    checkout-5xx, checkout-latency
guards.strict    false
updated_at       2026-11-22T08:00:00.000Z"""
ROLLOUTS = {
    110: """\
rollout              began             version                phase          by             why
r-1m830aat7rettgdwm  2026-11-23 01:27  ami-45ad14c99d5f86d54  ◔ holding      user/deployer  watching the guar…
r-1m830aat7rettgdwm  2026-11-23 01:27  ami-45ad14c99d5f86d54  ◂ rolled back  user/deployer  alarm checkout-5x…
""",
    80: """\
rollout              version                phase          why
r-1m830aat7rettgdwm  ami-45ad14c99d5f86d54  ◔ holding      watching the guards …
r-1m830aat7rettgdwm  ami-45ad14c99d5f86d54  ◂ rolled back  alarm checkout-5xx (…
""",
}
PLAN_80 = """\
step               AWS write                           of
1     provision 1
                   ec2:CreateLaunchTemplateVersion     lt-1
                   autoscaling:CreateAutoScalingGroup  c-sb-1
2     bake 10m

estimate
  about 14m; at least 4 of 4 instances serve; 0.8 more instance hours

creates
  CreateAutoScalingGroup: c-sb-1

switches
  rule-1: the candidate gets 100 %

warnings
  a dead guard"""


def seen(what: RenderableType, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_services_have_a_line_each() -> None:
    assert seen(services_table([SERVICE, SLOTS])) == SERVICES_80


def test_a_service_is_told_field_by_field_without_what_is_null() -> None:
    assert seen(registration(SERVICE)) == SERVICE_80
    assert "platform.slots.1.group  search-green" in seen(service_table(SLOTS))


UNSUITABLE = [
    {"preset": "canary", "reasons": ["two leaders would run", "and more"]},
    {"preset": "linear", "reasons": ["cookies"]},
]


@pytest.mark.parametrize(("safest", "left"), [("rolling", "rolling"), (None, "no preset is left")])
def test_what_does_not_suit_is_told_with_why_and_with_what_is_left(safest: str | None, left: str) -> None:
    told = {"unsuitable": UNSUITABLE, "safest": safest}
    lines = (
        "\n\nunsuitable\n  canary: two leaders would run; and more\n  linear: cookies"
        f"\n\nsafest that is left\n  {left}"
    )
    assert seen(registration({**SERVICE, **told})) == f"{SERVICE_80}{lines}"
    assert f"{lines}\n\nwarnings\n" in seen(plan_table({**PLAN, **told}))


@pytest.mark.parametrize("width", [80, 110])
def test_rollouts_have_a_line_each_with_why(width: int) -> None:
    assert seen(RolloutsTable([rollout(), rolled_back()]), width) + "\n" == ROLLOUTS[width]


def test_a_plan_has_its_writes_under_their_steps() -> None:
    assert seen(plan_table(PLAN)) == PLAN_80


@pytest.mark.parametrize("width", [40, 200])
def test_what_others_have_named_steers_nothing(width: int) -> None:
    service = {**SERVICE, "name": HOSTILE, "owner": HOSTILE, "strategy": {"preset": HOSTILE}}
    plan = {**PLAN, "warnings": [HOSTILE], "steps": [{"index": 0, "name": HOSTILE}]}
    held = rollout(version=HOSTILE, rollout_id=HOSTILE, phase=HOSTILE)
    for told in (services_table([service]), service_table(service), plan_table(plan), RolloutsTable([held])):
        text = seen(told, width)
        assert "[red]" in text
        assert not {"\x1b", "\x07"} & set(text)


@pytest.mark.parametrize("form", [Output.JSON, Output.YAML])
def test_what_machines_get_is_the_same_and_in_ascii(form: Output, capsys: pytest.CaptureFixture[str]) -> None:
    value = {"name": HOSTILE, "owner": "Käthe \u202e \x9b", "list": [1, None, True]}
    write(value, form)
    told = capsys.readouterr().out
    assert told.isascii()
    assert "\x1b" not in told
    assert (json.loads(told) if form is Output.JSON else yaml.safe_load(told)) == value


def test_a_table_that_is_piped_has_no_spaces_at_its_ends(capsys: pytest.CaptureFixture[str]) -> None:
    output.show(services_table([SERVICE, SLOTS]))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 3
    assert [line for line in lines if line != line.rstrip()] == []


class FakeList(ApiClient):
    """So many items, page by page."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[str] = []

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        self.asked.append(path)
        query = dict(part.split("=") for part in path.partition("?")[2].split("&"))
        begin, end = int(query.get("cursor", "0")), int(query.get("cursor", "0")) + int(query["limit"])
        items = [{"number": number} for number in range(begin, min(end, self.count))]
        return Answer(status=200, body={"items": items, "cursor": str(end) if end < self.count else None})


@pytest.mark.parametrize(
    ("form", "limit", "count", "pages"),
    [
        (Output.JSON, None, 250, 3),
        (Output.YAML, 120, 120, 2),
        (Output.JSON, 1, 1, 1),
        (Output.TABLE, None, 50, 1),
        (Output.TABLE, 60, 60, 1),
    ],
)
def test_lists_are_paged_through_as_far_as_is_asked(
    form: Output, limit: int | None, count: int, pages: int
) -> None:
    api = FakeList(250)
    found = Session(api=api, output=form, is_local=True).listed("/services", limit)
    assert [item["number"] for item in found] == list(range(count))
    assert len(api.asked) == pages


def test_a_table_says_that_there_are_more(capsys: pytest.CaptureFixture[str]) -> None:
    for count in (50, 51, 0):
        Session(api=FakeList(count), output=Output.TABLE, is_local=True).listed("/services", None)
    assert capsys.readouterr().err.splitlines() == ["the newest 50; --limit shows more", "there are none"]


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOMB, "aliases are refused"),
        ("[" * 5000, "nested too deep"),
        ("x" * 10_000_000, "larger than 64 KiB"),
        ("{{", "not YAML"),
        ("\x00", "not YAML"),
        ("!!python/object/apply:os.system [id]", "not YAML"),
        ("- a", "fields with values"),
        ("", "fields with values"),
        ("name: 2026-11-22", "JSON cannot say it"),
        ("name: .nan", "JSON cannot say it"),
        ("name: !!binary aGk=", "JSON cannot say it"),
    ],
)
def test_a_document_that_cannot_be_is_refused_with_its_name(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "service.yaml"
    file.write_text(text)
    with pytest.raises(BadDocument, match=told) as refused:
        read_object(file)
    assert "service.yaml" in str(refused.value)


def test_a_document_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\xfa")
    for file, told in (
        (tmp_path / "none", "No such file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "x", "not YAML"),
    ):
        with pytest.raises(BadDocument, match=told):
            read_object(file)


def test_a_strategy_can_be_given_in_line() -> None:
    assert parse_document(b"{preset: blue-green, bake: 5m}", "--strategy") == {
        "preset": "blue-green",
        "bake": "5m",
    }
