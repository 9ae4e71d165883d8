"""Each rule judges, puts right, and brings back, on configurations as the adapters read them."""

from copy import deepcopy
from typing import Any

import pytest

from signalbox.compliance.model import Configuration, Danger, Mode, Resource, Verdict
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import Way
from tests.unit.compliance_databases import unencrypted
from tests.unit.compliance_examples import (
    COPY,
    DATABASE_COPY,
    DATABASE_SNAPSHOT,
    EXAMPLES,
    HTTPS,
    RDP_TO_ALL,
    SSH_TO_US,
    trail,
)
from tests.unit.compliance_fakes import ACCOUNT, APPLIED, REGION
from tests.unit.compliance_volumes import available, looked_at

each_rule = pytest.mark.parametrize("name", RULES)
TOLD = {name for name, rule in RULES.items() if rule.playbook.mode is Mode.NOTIFY}
each_fix = pytest.mark.parametrize("name", sorted(RULES.keys() - TOLD))


def _resource(name: str) -> Resource:
    return Resource(type=RULES[name].resource_type, id="it", account=ACCOUNT, region=REGION)


def _written(name: str, configuration: Configuration) -> Configuration:
    """Put right: at once, or stage by stage."""
    changed, playbook = deepcopy(configuration), RULES[name].playbook
    if playbook.stages is not None:
        return _gone_through(name, playbook.stages.forward, configuration, changed)
    for write in playbook.act(_resource(name), configuration):
        APPLIED[write.operation](changed, write.parameters)
    return changed


def _brought_back(name: str, before: Configuration, changed: Configuration) -> Configuration:
    playbook = RULES[name].playbook
    if playbook.stages is not None:
        return _gone_through(name, playbook.stages.back, before, changed)
    for write in playbook.undo(_resource(name), before):
        APPLIED[write.operation](changed, write.parameters)
    return changed


def _gone_through(name: str, way: Way, before: Configuration, changed: Configuration) -> Configuration:
    while (stage := way(_resource(name), before, looked_at(changed))) is not None:
        for write in stage.writes:
            APPLIED[write.operation](changed, write.parameters)
    return changed


@pytest.mark.parametrize(
    ("name", "done", "remains"),
    [
        ("volume-encrypted", available(Copies=(COPY,)), ("it (not encrypted)", "vol-2 (encrypted)")),
        (
            "database-encrypted",
            unencrypted(Copy=DATABASE_COPY, Snapshots=(DATABASE_SNAPSHOT,)),
            ("orders (not encrypted)", "orders (encrypted)", "signalbox-1-final"),
        ),
        ("database-encrypted", unencrypted(), ("orders (not encrypted)",)),
    ],
)
def test_what_remains_of_a_swap_is_named(name: str, done: Configuration, remains: tuple[str, ...]) -> None:
    stages = RULES[name].playbook.stages
    assert stages is not None
    assert stages.remains(_resource(name), done) == remains


def test_every_rule_has_an_example() -> None:
    assert EXAMPLES.keys() == RULES.keys()


@each_rule
def test_a_rule_tells_good_from_bad_and_says_why(name: str) -> None:
    example, judge = EXAMPLES[name], RULES[name].judge
    bad = [judge(each) for each in (example.bad, *example.also_bad)]
    good = [judge(each) for each in (example.good, *example.also_good)]
    assert {each.verdict for each in bad} == {Verdict.NON_COMPLIANT}
    assert {each.verdict for each in good} == {Verdict.COMPLIANT}
    assert all(each.reason for each in (*bad, *good))


@each_rule
def test_what_stands_in_the_way_is_named(name: str) -> None:
    example, playbook = EXAMPLES[name], RULES[name].playbook
    assert playbook.obstacle(example.bad) == ""
    assert all(playbook.obstacle(each) for each in example.obstacles)
    assert all(RULES[name].judge(each).verdict is Verdict.NON_COMPLIANT for each in example.obstacles)


@each_fix
def test_a_fix_makes_it_so(name: str) -> None:
    assert RULES[name].judge(_written(name, EXAMPLES[name].bad)).verdict is EXAMPLES[name].right_after


@each_fix
def test_an_undo_brings_back_every_field(name: str) -> None:
    playbook = RULES[name].playbook
    for before in (EXAMPLES[name].bad, *EXAMPLES[name].also_bad):
        changed = _written(name, before)
        assert playbook.restored(changed) != playbook.restored(before)
        changed = _brought_back(name, before, changed)
        assert playbook.restored(changed) == playbook.restored(before)


@each_fix
def test_a_fix_made_twice_changes_nothing_more(name: str) -> None:
    once = _written(name, EXAMPLES[name].bad)
    twice = deepcopy(once)
    playbook = RULES[name].playbook
    if playbook.stages is not None:
        assert playbook.stages.forward(_resource(name), EXAMPLES[name].bad, once) is None
    else:
        for write in playbook.act(_resource(name), EXAMPLES[name].bad):
            APPLIED[write.operation](twice, write.parameters)
    assert twice == once


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_only_told_is_written_by_nobody(name: str) -> None:
    playbook, bad = RULES[name].playbook, EXAMPLES[name].bad
    assert playbook.act(_resource(name), bad) == playbook.undo(_resource(name), bad) == ()
    assert playbook.danger is Danger.NONE


def test_tags_that_are_missing_are_named() -> None:
    reason = RULES["required-tags"].judge(EXAMPLES["required-tags"].bad).reason
    assert reason == "it has no tag owner: its owner knows what belongs there"


def test_what_others_may_use_stays_open() -> None:
    left = _written("ssh-closed", EXAMPLES["ssh-closed"].bad)
    assert left["Ingress"] == [HTTPS, RDP_TO_ALL]


def test_a_trail_that_validates_its_files_is_started_and_no_other() -> None:
    trails: Any = _written("trail-logging", EXAMPLES["trail-logging"].bad)["Trails"]
    assert [each["Name"] for each in trails if each["IsLogging"]] == ["b"]


def test_a_trail_that_leaves_management_events_out_does_not_count() -> None:
    told = RULES["trail-logging"].judge({"Trails": [trail(IsLogging=True, RecordsManagement=False)]})
    assert (told.verdict, told.reason) == (Verdict.NON_COMPLIANT, "main: management events are left out")


def test_an_instance_whose_metadata_service_is_off_is_judged_as_config_does() -> None:
    off = {"HttpTokens": "optional", "HttpEndpoint": "disabled", "HttpPutResponseHopLimit": 1}
    assert RULES["instance-metadata"].judge(off).verdict is Verdict.NON_COMPLIANT


def test_a_change_of_others_meanwhile_is_none_of_an_undo() -> None:
    playbook = RULES["ssh-closed"].playbook
    before: Any = EXAMPLES["ssh-closed"].bad
    assert playbook.restored(before) == playbook.restored({"Ingress": [*before["Ingress"], SSH_TO_US]})
