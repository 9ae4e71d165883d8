"""Whether a finding is put right, waits or is left: exceptions first, and when in doubt it is left."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signalbox.compliance.decisions.assess import Act, Decision, Skip, Terms, Wait, assess, mode_under
from signalbox.compliance.decisions.breaker import is_flapping, recent
from signalbox.compliance.decisions.exceptions import covering
from signalbox.compliance.model import Mode, Observed, Resource, Subject
from signalbox.compliance.record import Approval, Excepted, Finding, Remediation, State
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.spec import ExceptionSpec
from tests.unit.builders import NOW
from tests.unit.compliance_examples import EXAMPLES
from tests.unit.compliance_fakes import ACCOUNT, MANAGED, REGION

RULE = RULES["ssh-closed"]
GROUP = Resource(type=RULE.resource_type, id="sg-1", account=ACCOUNT, region=REGION)
SUBJECT = Subject(rule=RULE.name, resource=GROUP)
OPEN = Observed(configuration=EXAMPLES[RULE.name].bad, tags={**MANAGED, "env": "qa"}, name="bastion")
WRITES = RULE.playbook.act(GROUP, OPEN.configuration)


def excepted(**fields: Any) -> Excepted:
    hours = fields.pop("hours", 1)
    is_breaker = fields.pop("is_breaker", False)
    spec = ExceptionSpec(
        **{"id": "e", "reason": "until the move", "owner": "network", "until": "later", **fields}
    )
    until = NOW + timedelta(hours=hours)
    return Excepted(
        spec=spec, until=until, created_at=NOW, updated_at=NOW, updated_by="ana", is_breaker=is_breaker
    )


def decided(
    *exceptions: Excepted,
    mode: Mode = Mode.APPROVE,
    ceiling: Mode = Mode.AUTO,
    observed: Observed = OPEN,
    **attempt: Any,
) -> Decision:
    rule = replace(RULE, playbook=replace(RULE.playbook, mode=mode))
    finding = Finding(
        id=SUBJECT.finding_id,
        rule=rule.name,
        resource=GROUP,
        mode=mode,
        created_at=NOW,
        detected_at=NOW,
        result_at=NOW,
        remediation=Remediation(**attempt),
    )
    return assess(finding, rule, observed, Terms(exceptions=exceptions, ceiling=ceiling, now=NOW))


@pytest.mark.parametrize(
    "named",
    [
        {"rule": "ssh-closed"},
        {"resource": "sg-1"},
        {"resource": "bastion"},
        {"tags": {"env": "qa"}},
        {"account": ACCOUNT},
        {"rule": "ssh-closed", "tags": {"env": "qa"}, "account": ACCOUNT},
    ],
)
def test_an_exception_covers_what_is_all_that_it_names(named: dict[str, Any]) -> None:
    decision = decided(excepted(**named), mode=Mode.AUTO)
    assert isinstance(decision, Skip)
    assert (decision.state, decision.exception) == (State.EXCEPTED, "e")
    assert decision.reason == "exception e of network until 2026-11-22T09:00:00.000Z: until the move"


@pytest.mark.parametrize(
    "named",
    [
        {"rule": "rdp-closed"},
        {"resource": "sg-2"},
        {"tags": {"env": "production"}},
        {"account": "999999999999"},
        {"rule": "ssh-closed", "tags": {"env": "qa", "team": "web"}},
        {"rule": "ssh-closed", "hours": 0},
    ],
)
def test_nothing_else_is_covered_nor_after_its_end(named: dict[str, Any]) -> None:
    assert decided(excepted(**named), mode=Mode.AUTO) == Act(writes=WRITES)


def test_of_several_the_one_counts_that_lasts_longest() -> None:
    both = excepted(id="a", rule="ssh-closed", hours=2), excepted(id="b", resource="sg-1")
    found = covering(both, SUBJECT, OPEN, NOW)
    assert found is not None
    assert found.spec.id == "a"


def test_what_flaps_is_called_so() -> None:
    decision = decided(excepted(resource="sg-1", is_breaker=True), mode=Mode.AUTO)
    assert isinstance(decision, Skip)
    assert decision.state is State.FLAPPING


def test_nothing_is_touched_that_its_owner_has_not_entrusted() -> None:
    decision = decided(mode=Mode.AUTO, observed=replace(OPEN, tags={"env": "qa"}))
    assert decision == Skip(
        state=State.OPEN, reason="its owner has not entrusted it: it has no tag signalbox:managed=true"
    )


def test_settings_of_the_account_have_no_owner_to_ask() -> None:
    assert decided(mode=Mode.AUTO, observed=replace(OPEN, tags={}, is_of_account=True)) == Act(writes=WRITES)


def test_what_stands_in_the_way_keeps_it_from_being_touched() -> None:
    wide = replace(OPEN, configuration=EXAMPLES[RULE.name].obstacles[1])
    decision = decided(mode=Mode.AUTO, observed=wide)
    assert isinstance(decision, Skip)
    assert decision.reason.startswith("one rule opens ports 20-22 to 0.0.0.0/0")


def test_a_playbook_that_only_tells_does_nothing() -> None:
    why = "port 22 is open to 0.0.0.0/0, ::/0; its playbook only tells"
    assert decided(mode=Mode.NOTIFY) == Skip(state=State.OPEN, reason=why)


@pytest.mark.parametrize("ceiling", [Mode.APPROVE, Mode.PROPOSE, Mode.NOTIFY])
def test_an_installation_may_allow_less_and_never_more(ceiling: Mode) -> None:
    assert mode_under(ceiling, Mode.AUTO) is ceiling
    assert mode_under(Mode.AUTO, ceiling) is ceiling
    assert not isinstance(decided(mode=Mode.AUTO, ceiling=ceiling), Act)


def test_an_approval_is_waited_for() -> None:
    assert decided() == Wait(writes=WRITES, reason="it needs an approval")


def test_what_was_approved_is_done() -> None:
    assert decided(approval=Approval(by="ana", at=NOW, writes=WRITES)) == Act(writes=WRITES)


def test_what_was_approved_before_it_changed_is_asked_for_again() -> None:
    decision = decided(approval=Approval(by="ana", at=NOW, writes=WRITES[:1]))
    assert decision == Wait(writes=WRITES, reason="it has changed since ana approved")


def test_a_proposal_says_what_would_be_written() -> None:
    decision = decided(mode=Mode.PROPOSE)
    assert isinstance(decision, Skip)
    assert (decision.state, decision.writes) == (State.OPEN, WRITES)


def test_a_proposal_that_somebody_asks_for_waits_for_another_to_agree() -> None:
    assert isinstance(decided(mode=Mode.PROPOSE, requested_by="ben"), Wait)


def test_three_times_within_the_hour_is_too_often() -> None:
    times = [NOW - timedelta(minutes=minutes) for minutes in (59, 30, 0)]
    assert is_flapping(times, NOW)
    assert not is_flapping(times[1:], NOW)
    assert not is_flapping([NOW - timedelta(hours=1), *times[1:]], NOW)
    assert recent([NOW - timedelta(hours=2), NOW], NOW) == (NOW,)


def test_a_finding_is_the_same_for_the_same_subject_only() -> None:
    others = [
        replace(SUBJECT, rule="rdp-closed"),
        replace(SUBJECT, resource=replace(GROUP, id="sg-2")),
        replace(SUBJECT, resource=replace(GROUP, account="999999999999")),
        replace(SUBJECT, resource=replace(GROUP, region="us-east-1")),
        replace(SUBJECT, resource=replace(GROUP, type="AWS::EC2::Volume")),
    ]
    assert replace(SUBJECT).finding_id == SUBJECT.finding_id
    assert len({each.finding_id for each in [SUBJECT, *others]}) == 6
