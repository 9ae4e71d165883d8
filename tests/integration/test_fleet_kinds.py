"""What holds for every kind of resource in a fleet."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from signalbox.aws import places
from signalbox.aws.fleets.membership import ResourceGroups
from signalbox.aws.fleets.switches import switch_of
from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Switch, Target
from signalbox.kernel.errors import Rejected
from signalbox_local.moto_seams import Seams, fleet_resources
from tests.integration.fleet_appstream import ApplicationFleets
from tests.integration.fleet_calls import Calls
from tests.integration.fleet_stages import HOME, OTHER, OTHER_ACCOUNT, REGION, STAGES, Stage, group_of

QA = {"env": "qa", "team": "shop"}


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """One moto for the whole module: making EC2 anew costs a second."""
    seams = Seams()
    fleet_resources(seams)
    places.forget_clients()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield boto3.Session()
    places.forget_clients()
    seams.undo()


@pytest.fixture(params=(*STAGES, ApplicationFleets), ids=lambda stage: stage.kind.value)
def stage(request: pytest.FixtureRequest, session: boto3.Session) -> Iterator[Stage]:
    made: Stage = request.param(session)
    yield made
    made.clear()


@pytest.fixture
def switch(stage: Stage) -> Switch:
    return switch_of(stage.kind)


@pytest.fixture
def calls(stage: Stage) -> Iterator[Calls]:
    counted = Calls(stage.kind)
    yield counted
    counted.stop()


def _tagged(stage: Stage, **tags: tuple[str, ...]) -> Select:
    return Select(tags=tags, kinds=(stage.kind,))


def _named(stage: Stage, *names: str) -> Select:
    return Select(resources=names, kinds=(stage.kind,))


def _found(switch: Switch, select: Select, place: Place = HOME) -> dict[str, Resource]:
    found = list(switch.find(select, place))
    by_id = {resource.id: resource for resource in found}
    assert len(by_id) == len(found), "each once"
    return by_id


def _targets(found: Sequence[Resource]) -> list[Target]:
    return [Target(id=resource.id, size=resource.size) for resource in found]


def _two(stage: Stage) -> list[str]:
    return [stage.put("one", QA), stage.put("two", QA)]


def test_it_says_which_kind_it_is_and_what_it_takes_at_once(stage: Stage, switch: Switch) -> None:
    assert switch.kind is stage.kind
    assert switch.batch >= 1
    for action in Action:
        pace = switch.pace(action)
        assert all(bucket is None or bucket.per_second > 0 for bucket in (pace.calls, pace.resources))


def test_what_has_each_of_the_tags_with_one_of_its_values_is_found(stage: Stage, switch: Switch) -> None:
    ours = _two(stage)
    stage.put("other", {"env": "qa", "team": "bank"})
    stage.put("third", {"team": "shop"})
    found = _found(switch, _tagged(stage, env=("dev", "qa"), team=("shop",)))
    assert sorted(found) == sorted(ours)
    assert all(each.condition is Condition.RUNNING and not each.obstacle for each in found.values())
    assert all(each.tags.items() >= QA.items() for each in found.values())


def test_a_value_means_nothing_but_itself(stage: Stage, switch: Switch) -> None:
    stage.put("one", {"env": "qa"})
    assert _found(switch, _tagged(stage, env=("*",))) == {}
    assert _found(switch, _tagged(stage, env=("q?", ""))) == {}


def test_more_values_than_one_request_takes_are_still_those_values(stage: Stage, switch: Switch) -> None:
    one = stage.put("one", QA)
    stage.put("two", {"env": "prod", "team": "shop"})
    many = tuple(f"v{number}" for number in range(49))
    tags = {"env": ("qa", *many), "team": ("shop", *many), "a": many, "b": many}
    assert _found(switch, Select(tags=tags, kinds=(stage.kind,))) == {}
    select = Select(tags={key: tags[key] for key in ("env", "team")}, kinds=(stage.kind,))
    assert list(_found(switch, select)) == [one]


def test_what_is_named_is_found_and_what_is_not_there_is_told(stage: Stage, switch: Switch) -> None:
    one, two = _two(stage)
    elsewhere = stage.arn(one).replace(REGION, "eu-central-1")
    found = _found(switch, _named(stage, one, stage.arn(two), stage.nobody, elsewhere))
    assert {id_: each.condition for id_, each in found.items()} == {
        one: Condition.RUNNING,
        two: Condition.RUNNING,
        stage.nobody: Condition.BROKEN,
    }
    assert "no such" in found[stage.nobody].detail


def test_what_other_kinds_are_named_is_left_to_them(stage: Stage, switch: Switch) -> None:
    others = tuple(f"{kind.value}:x/y" for kind in Kind if kind is not stage.kind)
    assert _found(switch, Select(resources=others)) == {}


def test_what_is_gone_is_not_found(stage: Stage, switch: Switch) -> None:
    one, two = _two(stage)
    stage.take(one)
    found = _found(switch, _tagged(stage, env=("qa",)))
    assert list(found) == [two]
    assert _found(switch, _named(stage, one))[one].condition is Condition.BROKEN


def test_what_tags_and_names_select_alike_is_found_once(stage: Stage, switch: Switch) -> None:
    one, two = _two(stage)
    three = stage.put("three", {"env": "prod"})
    select = Select(tags={"env": ("qa",)}, resources=(one, stage.arn(three)), kinds=(stage.kind,))
    assert sorted(_found(switch, select)) == sorted([one, two, three])


def test_members_of_a_resource_group_are_found(stage: Stage, switch: Switch) -> None:
    if not stage.grouped:
        pytest.skip("moto knows no such groups")
    ours = _two(stage)
    three = stage.put("three", {"env": "prod"})
    with group_of(stage.session, "all-qa", {"env": "qa"}):
        found = _found(switch, Select(group="all-qa", resources=(three,), kinds=(stage.kind,)))
    assert sorted(found) == sorted([*ours, three])
    assert all("env" in each.tags for each in found.values())


def test_members_of_a_resource_group_are_told_by_name(stage: Stage) -> None:
    if not stage.grouped:
        pytest.skip("moto knows no such groups")
    stage.put("other", QA)
    ours = [stage.put(name, {"team": "told"}) for name in ("one", "two")]
    with group_of(stage.session, "told", {"team": "told"}):
        assert sorted(ResourceGroups().members("told", stage.kind, HOME)) == sorted(ours)


def test_a_resource_group_that_is_not_there_is_an_error(stage: Stage, switch: Switch) -> None:
    with pytest.raises(Rejected):
        _found(switch, Select(group="nobody", kinds=(stage.kind,)))


def test_it_stops_and_starts_and_is_then_as_it_was(stage: Stage, switch: Switch) -> None:
    ids = _two(stage)
    select = _tagged(stage, env=("qa",))
    before = _found(switch, select)
    targets = _targets(list(before.values()))
    done = switch.switch(Action.STOP, targets, HOME)
    assert (sorted(done.accepted), done.later, done.refused) == (sorted(ids), {}, {})
    assert list(switch.read(ids, Action.STOP, HOME)) == []
    assert {each.id for each in switch.read(ids, Action.START, HOME)} == set(ids)
    stopped = _found(switch, select)
    assert {each.condition for each in stopped.values()} == {Condition.STOPPED}
    assert {each.size for each in stopped.values()} == {()}, "there is nothing to remember of it"
    done = switch.switch(Action.START, targets, HOME)
    assert (sorted(done.accepted), done.later, done.refused) == (sorted(ids), {}, {})
    assert list(switch.read(ids, Action.START, HOME)) == []
    assert _found(switch, select) == before


def test_switching_twice_does_not_do_more(stage: Stage, switch: Switch) -> None:
    one, _ = _two(stage)
    before = _found(switch, _named(stage, one))
    targets = _targets(list(before.values()))
    for action in (Action.STOP, Action.START):
        for _ in range(2):
            done = switch.switch(action, targets, HOME)
            assert not done.refused
            assert list(switch.read([one], action, HOME)) == []
    assert _found(switch, _named(stage, one)) == before


def test_one_that_is_gone_keeps_no_other_back(stage: Stage, switch: Switch) -> None:
    one, two = _two(stage)
    targets = _targets(list(_found(switch, _tagged(stage, env=("qa",))).values()))
    stage.take(one)
    done = switch.switch(Action.STOP, [*targets, Target(id=stage.nobody)], HOME)
    assert done.accepted == (two,)
    assert set(done.refused) | set(done.later) == {one, stage.nobody}
    assert all(done.refused.values())
    left = {each.id: each.condition for each in switch.read([one, two, stage.nobody], Action.STOP, HOME)}
    assert left == dict.fromkeys([one, stage.nobody], Condition.BROKEN)


def test_what_goes_after_aws_was_asked_for_it_has_not_started(stage: Stage, switch: Switch) -> None:
    one, two = _two(stage)
    targets = _targets(list(_found(switch, _tagged(stage, env=("qa",))).values()))
    for action in (Action.STOP, Action.START):
        switch.switch(action, targets, HOME)
    stage.take(one)
    assert [each.id for each in switch.read([one, two], Action.START, HOME)] == [one]


def test_those_that_tell_tags_tell_them_as_they_are_now(stage: Stage, switch: Switch) -> None:
    one, _ = _two(stage)
    (found,) = switch.read([one], Action.STOP, HOME)
    assert not switch.tells_tags or found.tags.items() >= QA.items()


def test_throttling_is_not_answered_with_more_calls(stage: Stage, switch: Switch, calls: Calls) -> None:
    ids = _two(stage)
    targets = _targets(list(_found(switch, _tagged(stage, env=("qa",))).values()))
    operation = stage.operations[1]
    calls.fail(operation, lambda: ClientError({"Error": {"Code": "ThrottlingException"}}, operation))
    done = switch.switch(Action.STOP, targets, HOME)
    assert (done.accepted, done.refused, sorted(done.later)) == ((), {}, sorted(ids))
    assert all("Throttling" in reason for reason in done.later.values())
    assert calls.of(operation) == 1
    assert len(list(switch.read(ids, Action.STOP, HOME))) == 2


def test_a_service_that_cannot_be_reached_is_asked_again_later(
    stage: Stage, switch: Switch, calls: Calls
) -> None:
    ids = _two(stage)
    targets = _targets(list(_found(switch, _tagged(stage, env=("qa",))).values()))
    operation = stage.operations[1]
    calls.fail(operation, lambda: EndpointConnectionError(endpoint_url="somewhere"))
    done = switch.switch(Action.STOP, targets, HOME)
    assert (done.accepted, done.refused, sorted(done.later)) == ((), {}, sorted(ids))
    assert calls.of(operation) == 1


def test_in_another_account_nothing_of_ours_is_seen(stage: Stage, switch: Switch) -> None:
    stage.put("one", QA)
    given = boto3.client("sts", REGION).assume_role(RoleArn=OTHER.role_arn, RoleSessionName="user")
    keys = given["Credentials"]
    theirs = type(stage)(
        boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]), OTHER_ACCOUNT
    )
    two = theirs.put("two", QA)
    found = _found(switch, _tagged(stage, env=("qa",)), OTHER)
    assert list(found) == [two]
    done = switch.switch(Action.STOP, _targets(list(found.values())), OTHER)
    assert done.accepted == (two,)
    assert _found(switch, _tagged(stage, env=("qa",)), OTHER)[two].condition is Condition.STOPPED
    theirs.clear()


def test_an_account_that_cannot_be_entered_is_an_error(
    stage: Stage, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")

    def refuse(self: object) -> None:
        raise denied

    monkeypatch.setattr(places._AssumedRole, "_assume", refuse)
    locked = replace(OTHER, external_id="somebody else's")
    with pytest.raises(Rejected, match="AssumeRole"):
        _found(switch, _tagged(stage, env=("qa",)), locked)
    with pytest.raises(Rejected, match="AssumeRole"):
        switch.switch(Action.STOP, [Target(id=stage.nobody)], locked)
