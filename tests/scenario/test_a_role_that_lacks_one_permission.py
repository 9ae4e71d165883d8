"""Each statement of each function's role is needed: without it AWS refuses, and somebody can see that."""

from collections.abc import Iterator

import pytest

from signalbox_local.sample_service import SampleService
from tests.contract.permissions import statements_of
from tests.contract.template import resources, template
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.compliance_medley import is_of_compliance
from tests.scenario.conftest import ZONES, serving
from tests.scenario.fleet_medley import KEY, ROLE, play_fleets, scheduler_role
from tests.scenario.medley import FLEET, HOOKS, play
from tests.scenario.roles import Roles, lacking, name_of
from tests.scenario.stack import entered, throttled
from tests.scenario.world import World, eventually

pytestmark = pytest.mark.timeout(600)  # the first one waits for all that is played

LONG = {"preset": "blue-green", "bake": "5m"}
UNPLAYED = {
    ("ProvisionFunction", "TakeBackWhatABreachOvertook"): "an alarm within the milliseconds of its own write",
    ("SwitchPowerFunction", "ChangeTypes"): "there is capacity for everything locally",
    **{
        (f"{name}Function", "ReadChangeCalendars"): "Change Calendars are not available locally"
        for name in ("Api", "OnTransition", "OnPowerEvent", "SweepFleets")
    },
}


def _statements() -> list[tuple[str, str]]:
    """Function and statement, of all functions of the template; compliance has a story of its own."""
    functions = resources(template(), "AWS::Serverless::Function")
    found = [(name, name_of(one)) for name in functions for one in statements_of(f"{name}Role")]
    return [each for each in found if not is_of_compliance(*each)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own: roles are changed in it, and all of its calls are looked at."""
    instances = f"InstanceRoleArns=arn:aws:iam::123456789012:role/{FLEET}"
    given = (instances, f"HookRoleArns={HOOKS}", f"FleetRoleArns={ROLE}", f"VolumeKeyArns={KEY}")
    options = [part for pair in given for part in ("--parameter", pair)]
    with serving(tmp_path_factory.mktemp("stage"), *options, *ZONES) as runtime:
        yield World(runtime)


@pytest.fixture(scope="module")
def roles(stage: World) -> Roles:
    """With what each was allowed to do in rollouts of every kind, and when fleets sleep and wake."""
    play(stage)
    play_fleets(stage)
    return Roles(stage)


@pytest.mark.parametrize(("function", "statement"), _statements())
def test_without_this_statement_a_call_would_be_refused(roles: Roles, function: str, statement: str) -> None:
    assert roles.function_needs(function, statement) or (function, statement) in UNPLAYED


@pytest.mark.parametrize("statement", [name_of(found) for found in statements_of("FleetSchedulerRole")])
def test_without_this_statement_scheduler_would_be_refused(
    stage: World, roles: Roles, statement: str
) -> None:
    assert roles.needs(scheduler_role(stage).rpartition("/")[2], statement)


@pytest.fixture
def service(stage: World) -> SampleService:
    made = stage.service(size=1)
    stage.register(made, strategy=LONG)
    return made


def _refusals(world: World, since: int) -> set[tuple[str, str]]:
    """(function, operation) of what AWS refused."""
    refused = [
        call for call in world.calls(since) if call["error"] in ("AccessDenied", "AccessDeniedException")
    ]
    return {(_function(call["principal"]), call["operation"]) for call in refused}


def _function(principal: str) -> str:
    return str(principal.split("/")[1].removeprefix("signalbox-").removesuffix("Role"))


def test_without_it_provision_gives_up_and_leaves_nothing(stage: World, service: SampleService) -> None:
    before, since = picture(stage, service), stage.last_call()
    with lacking(stage, "ProvisionFunction", "MakeManagedCopies"):
        story = stage.start(service)
        ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert "AccessDenied" in ended["outcome"]["reason"]
    assert ("ProvisionFunction", "CreateTargetGroup") in _refusals(stage, since)
    assert_as_before(before, picture(stage, service))
    assert_nothing_left(stage, service, story)


def test_without_it_the_alarm_path_leaves_traffic_to_restore(stage: World, service: SampleService) -> None:
    before, since = picture(stage, service), stage.last_call()
    story = stage.start(service)
    story.until_holding("bake")
    with lacking(stage, "OnAlarmFunction", "TakeTrafficBack"):
        stage.raise_alarm(service.alarm)
        ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    assert ended["outcome"]["evidence"]["alarm"] == service.alarm
    assert _refusals(stage, since) == {("OnAlarmFunction", "ModifyRule")}
    restoring = [call for call in stage.calls(since) if call["operation"] == "ModifyRule"][-1]
    assert _function(restoring["principal"]) == "RestoreFunction"
    assert_as_before(before, picture(stage, service))
    assert_nothing_left(stage, service, story)


def test_without_it_a_hold_that_should_not_begin_fails_into_restore(
    stage: World, service: SampleService
) -> None:
    before, since = picture(stage, service), stage.last_call()
    with lacking(stage, "HoldFunction", "EndHoldThatNeverBegan"):
        with throttled(stage, "HoldFunction"):
            story = stage.start(service)
            eventually(lambda: "SettleProvision" in entered(stage, story))
            assert story.ask("abort").status == 202  # before its first hold: that will find the abort there
        ended = story.until_ended()
    assert ended["phase"] == "aborted"
    assert _refusals(stage, since) == {("HoldFunction", "SendTaskSuccess")}
    assert_as_before(before, picture(stage, service))
    assert_nothing_left(stage, service, story)


def test_without_it_restore_is_stuck_and_keeps_its_locks_until_it_is_retried(
    stage: World, service: SampleService
) -> None:
    before = picture(stage, service)
    story = stage.start(service)
    story.until_holding("bake")
    with lacking(stage, "RestoreFunction", "RestoreTraffic"):
        assert story.ask("abort").status == 202
        stuck = story.until_ended()
        assert stuck["phase"] == "stuck"
        assert "ModifyRule" in stuck["outcome"]["reason"]
        path = f"/services/{service.name}/rollouts"
        other = stage.api().request("POST", path, {"version": service.images["v3"]})
        assert (other.status, story.rollout_id in other.body["detail"]) == (409, True)
    assert story.ask("retry").status == 202
    ended = eventually(lambda: (told := story.read())["phase"] == "aborted" and told)
    assert ended["generation"] == 2
    assert_as_before(before, picture(stage, service))
    assert_nothing_left(stage, service, story)


def test_without_it_finish_names_what_it_leaves(stage: World, service: SampleService) -> None:
    stage.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    with lacking(stage, "FinishFunction", "RemoveAlarmCopies"):
        story = stage.start(service)
        ended = story.until_ended()
    assert ended["phase"] == "succeeded"
    copies = ended["outcome"]["evidence"]["leftovers"]
    assert f"signalbox-{story.rollout_id}-{service.alarm}" in copies
    stage.aws("cloudwatch").delete_alarms(AlarmNames=copies)
    assert_nothing_left(stage, service, story)


@pytest.mark.parametrize("statement", ["ReadEstate", "ReadRecords", "AddRecords", "ChangeRecords"])
def test_without_it_the_api_says_so_and_stores_nothing(
    stage: World, service: SampleService, statement: str
) -> None:
    before = stage.items(f"SERVICE#{service.name}")
    with lacking(stage, "ApiFunction", statement):
        told = stage.api().request(
            "POST", f"/services/{service.name}/rollouts", {"version": service.images["v2"]}
        )
    assert told.status == 422
    assert "AccessDenied" in told.body["detail"]
    assert stage.items(f"SERVICE#{service.name}") == before
