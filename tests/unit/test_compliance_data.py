"""Of which rules there is no data: nothing found is not the same as compliant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signalbox.compliance.commands.tell_posture import tell_posture
from signalbox.compliance.decisions.data import Data, data
from signalbox.compliance.decisions.posture import RulePosture
from signalbox.compliance.model import Looks, Recording, Verdict
from signalbox.compliance.record import Baseline
from signalbox.kernel.errors import Rejected, Transient
from tests.unit.builders import NOW
from tests.unit.compliance_fakes import ComplianceWorld
from tests.unit.compliance_machine import Railway
from tests.unit.compliance_stories import BUCKET, GROUP, thing

ON = Recording(is_on=True, since=NOW)
SEEN = Looks(succeeded_at=NOW)
EARLIER = NOW - timedelta(hours=1)
CONFIG = f"config-{BUCKET}"
BUCKETS, VOLUMES = "AWS::S3::Bucket", "AWS::EC2::Volume"
STAMP = "2026-11-22T08:00:00.000Z"


def test_what_is_looked_at_has_data() -> None:
    assert data(ON, SEEN, [BUCKETS]) == Data(looked_at=NOW)


def test_a_failure_before_the_last_success_is_over() -> None:
    assert not data(ON, Looks(succeeded_at=NOW, failed_at=EARLIER, problem="AccessDenied"), []).missing


@pytest.mark.parametrize(
    ("recording", "looks", "missing"),
    [
        (None, SEEN, "AWS Config has no recorder in this Region"),
        (Recording(is_on=False, since=NOW), SEEN, f"the recorder of AWS Config is off since {STAMP}"),
        (Recording(is_on=False), SEEN, "the recorder of AWS Config is off"),
        (Recording(is_on=True, problem="no bucket"), SEEN, "the recorder of AWS Config fails: no bucket"),
        (replace(ON, but=frozenset({VOLUMES})), SEEN, f"the recorder of AWS Config leaves out {VOLUMES}"),
        (
            replace(ON, only=frozenset({"AWS::EC2::Instance"})),
            Looks(),
            f"the recorder of AWS Config leaves out {BUCKETS}, {VOLUMES}",
        ),
        (ON, None, "AWS Config has no such rule any more"),
        (ON, Looks(), "AWS Config has had no result yet"),
        (ON, Looks(failed_at=NOW, problem="E: no"), f"AWS Config failed to look at {STAMP}: E: no"),
        (
            ON,
            Looks(succeeded_at=EARLIER, failed_at=NOW, problem="E: no"),
            f"AWS Config failed to look at {STAMP}: E: no",
        ),
    ],
)
def test_why_there_is_no_data(recording: Recording | None, looks: Looks | None, missing: str) -> None:
    assert data(recording, looks, [BUCKETS, VOLUMES]).missing == missing


def _bucket(world: ComplianceWorld) -> RulePosture:
    return tell_posture(world.ports).rules[BUCKET]


def test_nothing_found_is_compliant_where_config_looks_and_nothing_else() -> None:
    world = ComplianceWorld()
    assert (_bucket(world).verdict, _bucket(world).data.looked_at) == (Verdict.COMPLIANT, NOW)
    world.evaluations.recorder = None
    assert {of.verdict for of in tell_posture(world.ports).rules.values()} == {Verdict.NO_DATA}


def test_what_is_left_because_of_an_exception_is_not_compliant_and_without_a_recorder_nobody_knows() -> None:
    stage = Railway()
    group = stage.has(GROUP, thing(GROUP))
    stage.says(group)
    stage.settle()
    assert tell_posture(stage.world.ports).rules[GROUP].verdict is Verdict.NON_COMPLIANT
    stage.world.evaluations.recorder = Recording(is_on=False)
    without = tell_posture(stage.world.ports).rules[GROUP]
    assert (without.verdict, without.standing.open) == (Verdict.NO_DATA, 1)


def test_one_rule_that_is_gone_from_config_says_nothing_of_the_others() -> None:
    world = ComplianceWorld()
    world.evaluations.looked[CONFIG] = None
    rules = tell_posture(world.ports).rules
    assert [name for name, of in rules.items() if of.verdict is Verdict.NO_DATA] == [BUCKET]


def test_rules_of_which_a_type_is_not_recorded_have_no_data_and_those_that_look_themselves_have() -> None:
    world = ComplianceWorld()
    world.evaluations.recorder = replace(ON, only=frozenset({BUCKETS, VOLUMES, "AWS::EC2::Instance"}))
    rules = tell_posture(world.ports).rules
    known = {name for name, of in rules.items() if of.verdict is not Verdict.NO_DATA}
    assert known == {
        "baseline-kept", "bucket-public-access", "instance-metadata", "trail-logging", "volume-encrypted",
        "volumes-encrypted-by-default",
    }  # fmt: skip
    assert rules["required-tags"].data.missing == (
        "the recorder of AWS Config leaves out AWS::EC2::SecurityGroup, AWS::RDS::DBInstance"
    )


def test_of_baselines_those_types_count_that_have_one() -> None:
    world = ComplianceWorld()
    world.evaluations.recorder = replace(ON, but=frozenset({VOLUMES, "AWS::EC2::Instance"}))
    baseline = Baseline(resource_type=VOLUMES, version=1, expected={"a": 1}, reason="so", at=NOW, by="ana")
    world.baselines.save(baseline)
    world.baselines.save(replace(baseline, resource_type="AWS::EC2::Instance", is_ended=True))
    missing = tell_posture(world.ports).rules["baseline-kept"].data.missing
    assert missing == f"the recorder of AWS Config leaves out {VOLUMES}"


def test_a_stack_without_rules_in_config_says_so_and_asks_nothing() -> None:
    world = ComplianceWorld(config_rules={})
    world.evaluations.broken = Transient("never asked")
    assert _bucket(world).data.missing == "AWS Config does not look: this stack has no rule for it there"


def test_a_rule_that_is_no_more_keeps_its_findings_and_has_no_data() -> None:
    stage = Railway()
    stage.says(stage.has(GROUP, thing(GROUP)))
    stage.settle()
    del stage.world.rules[GROUP]
    stage.world.config_rules.clear()
    of = tell_posture(stage.world.ports).rules[GROUP]
    assert (of.standing.open, of.data.missing) == (1, "Signalbox has no such rule any more")


@pytest.mark.parametrize("problem", [Transient("throttled"), Rejected("denied")])
def test_findings_are_told_when_config_cannot_be_asked(problem: Exception) -> None:
    stage = Railway()
    stage.says(stage.has(GROUP, thing(GROUP)))
    stage.settle()
    stage.world.evaluations.broken = problem
    of = tell_posture(stage.world.ports).rules[GROUP]
    assert (of.standing.open, of.verdict) == (1, Verdict.NO_DATA)
    assert of.data.missing == f"AWS Config could not be asked: {problem}"
