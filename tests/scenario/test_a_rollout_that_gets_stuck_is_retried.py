"""AWS refuses the restore: traffic is back, locks stay, people are told; once mended, `retry` ends it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.world import World


@contextmanager
def without_statement(world: World, function: str, sid: str) -> Iterator[None]:
    """The role of a function lacks one statement until the block ends."""
    iam = world.aws("iam")
    role = next(
        r["RoleName"] for r in iam.list_roles()["Roles"] if f"{function}FunctionRole" in r["RoleName"]
    )
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        kept = [statement for statement in document["Statement"] if statement.get("Sid") != sid]
        if len(kept) < len(document["Statement"]):
            break
    else:
        raise AssertionError(f"{role} has no statement {sid}")
    lacking = json.dumps({**document, "Statement": kept})
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=lacking)
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def test_a_rollout_that_gets_stuck_is_retried(world: World) -> None:
    service = world.service()
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with without_statement(world, "Restore", "RestoreGroups"):
        world.raise_alarm(service.alarm)
        stuck = story.until_ended()
        assert stuck["phase"] == "stuck"
        assert "UpdateAutoScalingGroup" in stuck["outcome"]["reason"]
        assert world.weights(service.rules[0])[service.target_groups[0]] == 100
        assert world.items("LOCK#") != []
        world.calm_alarm(service.alarm)
        second = world.api().request(
            "POST", f"/services/{service.name}/rollouts", {"version": service.images["v3"]}
        )
        assert second.status == 409
        assert story.rollout_id in second.body["detail"]
        assert story.ask("abort").status == 202
        assert story.ask("pause").status == 409
        assert story.read()["phase"] == "stuck"
    answer = story.ask("retry", reason="the statement is back")
    assert (answer.status, answer.body["phase"]) == (202, "rolling_back")
    ended = story.until_ended()
    assert (ended["phase"], ended["generation"]) == ("rolled_back", 2)
    assert ended["outcome"]["evidence"]["alarm"] == service.alarm
    assert [e["reason"] for e in story.timeline() if e["type"] == "Retry Requested"] == [
        "the statement is back"
    ]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_a_retry_of_what_is_not_mended_is_stuck_again(world: World) -> None:
    service = world.service(slots=True, size=1)
    world.register(service, strategy={"preset": "blue-green", "bake": "5m"})
    before, story = picture(world, service), world.start(service)
    story.until_holding("bake")
    with without_statement(world, "Restore", "RestoreGroups"):
        story.ask("abort")
        assert story.until_ended()["phase"] == "stuck"
        assert story.ask("retry").status == 202
        assert story.until(lambda rollout: rollout["phase"] == "stuck")["generation"] == 2
    assert story.ask("retry").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert story.types().count("Rollout Stuck") == 2
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)
