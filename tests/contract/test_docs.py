"""The documents keep up with what they tell of: links, parameters, roles, presets, detail types."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_group

from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import Rule
from signalbox.rollouts.strategies.presets import PRESETS
from signalbox_cli.baselines import app as baselines
from signalbox_cli.exceptions import app as exceptions
from signalbox_cli.findings import app as findings
from signalbox_cli.fleets import app as fleets
from tests.contract.template import ROOT, resources, template

_PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MADE_BY_BENCH = "benchmarks.md"


def _text(page: str) -> str:
    return (ROOT / "docs" / page).read_text("utf-8")


def _anchors(page: Path) -> set[str]:
    """Headings as a forge names them: lower case, without punctuation, with hyphens."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = page.parent / path if path else page
    if target.name == _MADE_BY_BENCH:
        return True
    return target.exists() and (not anchor or anchor in _anchors(target))


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not _leads_somewhere(page, link)] == []


@pytest.mark.parametrize("name", template()["Parameters"])
def test_every_parameter_is_explained(name: str) -> None:
    assert f"`{name}`" in _text("deployment.md")


def _policies(function: dict[str, Any]) -> set[str]:
    attached = [policy["Ref"] for policy in function["Properties"].get("Policies", []) if "Ref" in policy]
    return {name.removesuffix("Policy") for name in attached}


_FUNCTIONS = resources(template(), "AWS::Serverless::Function")
_SHARED = set().union(*(_policies(function) for function in _FUNCTIONS.values()))


def _told(cell: str) -> set[str]:
    """The policies that a cell of the table of roles names."""
    named = {name for name in _SHARED if name in cell}
    return _SHARED if cell.startswith("all ") else named


@pytest.mark.parametrize("name", _FUNCTIONS)
def test_every_role_is_explained_with_the_policies_that_it_shares(name: str) -> None:
    row = re.search(
        rf"^\| `{name.removesuffix('Function')}` \| ([^|]*) \|", _text("deployment.md"), re.MULTILINE
    )
    assert row is not None
    assert _told(row[1]) == _policies(_FUNCTIONS[name])


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_explained(name: str) -> None:
    assert f"| `{name}` |" in _text("rollouts.md")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_is_explained_with_what_its_playbook_may_do(rule: Rule) -> None:
    told = (rule.identifier, rule.playbook.mode, rule.playbook.danger)
    assert "| `{}` | `{}` | {} | {} | ".format(rule.name, *told) in _text("compliance.md")


_GROUPS = {"fleets": fleets, "findings": findings, "exceptions": exceptions, "baselines": baselines}
_COMMANDS = [f"{group} {name}" for group, app in _GROUPS.items() for name in get_group(app).commands]


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_of_a_capability_is_explained(command: str) -> None:
    assert f"`{command} " in _text("command-line.md") or f"`{command}`" in _text("command-line.md")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_is_compared_in_each_column(name: str) -> None:
    _, _, table = _text("rollouts.md").partition("### The strategies side by side")
    (row,) = re.findall(rf"^\| `{name}` \|(.*)\|$", table.partition("\n#")[0], re.MULTILINE)
    assert all(cell.strip() for cell in row.split("|")), row


@pytest.mark.parametrize(
    "path", sorted((ROOT / "events").glob("signalbox_*.json")), ids=lambda path: path.stem
)
def test_every_event_that_we_publish_is_explained(path: Path) -> None:
    event = json.loads(path.read_text("utf-8"))
    page = event["source"].removeprefix("signalbox.")
    assert f"`{event['detail-type']}`" in _text(f"{page}.md")
