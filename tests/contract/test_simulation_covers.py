"""What the product can do is simulated: a preset, platform, router, kind of resource, mode of fleets or rule
that is not run does not pass."""

from datetime import timedelta
from pathlib import Path
from typing import get_args, get_type_hints

import signalbox
from signalbox.compliance.model import Mode
from signalbox.compliance.rules.registry import RULES
from signalbox.fleets.model import Action, Kind
from signalbox.fleets.spec import Mode as FleetMode
from signalbox.rollouts.service import Platform, Preset, Traffic
from signalbox.rollouts.strategies.presets import PRESETS
from tests.simulation.callers import CALLERS
from tests.simulation.cases import (
    CAPABILITIES,
    CASES,
    FLEETS,
    OF_ITSELF,
    REMEDIATIONS,
    TURNS,
    Ending,
    Mend,
    Night,
)


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


def test_every_case_ends_in_every_way_of_itself_some_rebuild_and_some_are_ended_by_people() -> None:
    assert all({*OF_ITSELF} <= {*case.endings} for case in CASES.values())
    by_case = {ending: {case.name for case in CASES.values() if ending in case.endings} for ending in Ending}
    assert all(by_case.values())
    assert {ending for ending in Ending if by_case[ending] != {*CASES}} == {Ending.REBUILDS, *CALLERS}


def test_every_fleet_is_stopped_and_started() -> None:
    assert FLEETS
    assert all({night.action for night in case.endings} == set(Action) for case in FLEETS.values())


def test_every_kind_of_resource_is_stopped_and_started() -> None:
    acting = [case for case in FLEETS.values() if case.mode == "schedule" and {*TURNS} <= {*case.endings}]
    assert {kind for case in acting for kind in case.kinds} == set(Kind)


def test_every_mode_of_a_fleet_is_run() -> None:
    assert {case.mode for case in FLEETS.values()} == set(get_args(FleetMode))


def test_what_people_switch_by_hand_is_brought_back_and_told() -> None:
    by_hand = {night for night in Night if night.is_by_hand}
    enforced, observed = (
        {night for case in FLEETS.values() if case.mode == mode for night in case.endings}
        for mode in ("enforce", "observe")
    )
    assert by_hand <= enforced
    assert by_hand & observed


def test_what_tags_want_otherwise_than_their_fleet_is_done() -> None:
    assert {case.mode for case in FLEETS.values() if Night.TAGGED in case.endings} == {"enforce"}


def test_what_rds_starts_after_seven_days_is_stopped_again() -> None:
    acting = [case for case in FLEETS.values() if Night.STARTED_BY_AWS in case.endings]
    assert {case.mode for case in acting} == {"schedule", "enforce"}
    assert {kind for case in acting for kind in case.kinds} >= {Kind.RDS, Kind.CLUSTER}


def test_a_fleet_takes_other_types_and_gives_them_back() -> None:
    assert any(case.alternates and Night.STOPS_AGAIN in case.endings for case in FLEETS.values())


def test_every_approval_lapses_and_what_waits_for_a_window_gets_it_or_not() -> None:
    for case in REMEDIATIONS.values():
        of_many = case.many > 1
        waits = RULES[case.rule].playbook.within > timedelta(days=1)
        assert (Mend.LAPSED in case.endings) is (case.is_approved and not of_many)
        assert ({Mend.IN_WINDOW, Mend.WINDOW_MISSED} <= {*case.endings}) is waits


def test_every_rule_that_does_more_than_tell_is_put_right_and_undone() -> None:
    wanted = {name for name, rule in RULES.items() if rule.playbook.mode is not Mode.NOTIFY}
    assert {case.rule for case in REMEDIATIONS.values()} == wanted
    for case in REMEDIATIONS.values():
        undone = {Mend.REFUSED} if case.has_stages else {Mend.UNDONE, Mend.UNDONE_BY_PERSON}
        assert {Mend.REMEDIATED} | (undone if case.many == 1 else {Mend.UNDONE}) <= set(case.endings)
