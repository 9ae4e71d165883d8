"""What the product can do is simulated: a preset, platform, router or rule that is not run does not pass."""

from pathlib import Path
from typing import get_args, get_type_hints

import signalbox
from signalbox.compliance.model import Mode
from signalbox.compliance.rules.registry import RULES
from signalbox.fleets.model import Action
from signalbox.rollouts.service import Platform, Preset, Traffic
from signalbox.rollouts.strategies.presets import PRESETS
from tests.simulation.cases import CAPABILITIES, CASES, FLEETS, REMEDIATIONS, Ending, Mend


def test_every_capability_is_simulated() -> None:
    """A capability is a package with steps, which a fault can interrupt."""
    with_steps = {folder.parent.name for folder in Path(signalbox.__path__[0]).glob("*/steps")}
    assert with_steps == CAPABILITIES


def test_every_preset_runs_on_every_platform() -> None:
    assert set(get_args(Preset)) == set(PRESETS)
    wanted = {(preset, platform) for preset in PRESETS for platform in ("slots", "group")}
    assert {(case.preset, case.platform) for case in CASES.values()} == wanted


def test_every_way_to_name_a_platform_is_run() -> None:
    named = set(get_type_hints(Platform)) - {"kind", "region", "__pydantic_config__"}
    assert {case.platform for case in CASES.values()} == named
    assert get_args(get_type_hints(Platform)["kind"]) == ("autoscaling",)


def test_every_router_is_run() -> None:
    assert {case.router for case in CASES.values()} == set(get_args(get_type_hints(Traffic)["router"]))


def test_every_case_ends_in_every_way_and_some_rebuild() -> None:
    rebuilding = {case.preset for case in CASES.values() if Ending.REBUILDS in case.endings}
    assert rebuilding
    assert all({*Ending} - {Ending.REBUILDS} <= set(case.endings) for case in CASES.values())


def test_every_fleet_is_stopped_and_started() -> None:
    assert FLEETS
    assert all({night.action for night in case.endings} == set(Action) for case in FLEETS.values())


def test_every_rule_that_is_put_right_in_place_is_put_right_and_undone() -> None:
    """Not those that only tell. Plans of several stages die at each call in unit tests; docs/simulation.md
    says that they are not here."""
    in_place = {
        name
        for name, rule in RULES.items()
        if rule.playbook.mode is not Mode.NOTIFY and rule.playbook.stages is None
    }
    assert {case.rule for case in REMEDIATIONS.values()} == in_place
    assert all({Mend.REMEDIATED, Mend.UNDONE} <= set(case.endings) for case in REMEDIATIONS.values())
