"""Slots behind load balancers of their own: a DNS name divides the traffic, and clients follow later."""

from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.aftermath import assert_as_before, assert_nothing_left, picture
from tests.scenario.observer import never_below
from tests.scenario.world import World

FLOOR = 3
TTL = 2


def test_rollouts_alternate_between_the_slots_of_a_name(world: World) -> None:
    service = world.service(slots=True, ttl=TTL)
    blue, green = service.target_groups
    told = world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    assert any(
        "clients follow new weights, on the way back too, within 4s" in w for w in told.body["warnings"]
    )
    (name,) = service.references
    with never_below(world, service, FLOOR):
        first = world.start(service, "v2")
        assert first.until_ended()["phase"] == "succeeded"
        assert world.weights(name) == {blue: 0, green: 100}
        second = world.start(service, "v3")
        assert second.until_ended()["phase"] == "succeeded"
    assert world.weights(name) == {blue: 100, green: 0}
    for story in (first, second):
        assert_nothing_left(world, service, story)


def test_both_weights_come_back_in_one_change_with_all_that_was_said_of_them(world: World) -> None:
    service = world.service(slots=True, ttl=TTL)
    world.register(service, strategy={"preset": "linear", "share": 40, "every": "5m"})
    before, story = picture(world, service), world.start(service)
    held = story.until_holding("bake")
    assert held["shares"]["actual"] == {"stable": 60, "candidate": 40}
    since = world.last_call()
    with never_below(world, service, FLOOR):
        world.raise_alarm(service.alarm)
        ended = story.until_ended()
    assert ended["phase"] == "rolled_back"
    calls = [call for call in world.calls(since) if "OnAlarmFunction" in call["principal"]]
    assert [call["operation"] for call in calls[:3]] == ["Query", "UpdateItem", "ChangeResourceRecordSets"]
    assert_as_before(before, picture(world, service))
    assert_nothing_left(world, service, story)


def test_what_somebody_changes_of_a_record_meanwhile_is_told_and_stays(world: World) -> None:
    service = world.service(slots=True, ttl=TTL)
    world.register(service, strategy={"preset": "linear", "share": 50, "every": "5m"})
    (name,) = service.references
    before, story = world.weights(name), world.start(service)
    story.until_holding("bake")
    names = world.aws("route53")
    for one in _records(world, service):
        changed = {"Action": "UPSERT", "ResourceRecordSet": {**one, "TTL": TTL + 1}}
        names.change_resource_record_sets(HostedZoneId=service.zone, ChangeBatch={"Changes": [changed]})
    assert story.ask("promote").status == 202
    story.until_holding("pause")
    drifts = [entry["data"] for entry in story.timeline() if entry["type"] == "Drift Detected"]
    assert [(d["field"].split()[0], d["expected"], d["found"]) for d in drifts] == 2 * [("TTL", TTL, TTL + 1)]
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] == "aborted"
    assert world.weights(name) == before
    assert {one["TTL"] for one in _records(world, service)} == {TTL + 1}
    assert_nothing_left(world, service, story)


def _records(world: World, service: SampleService) -> list[dict[str, Any]]:
    found = world.aws("route53").list_resource_record_sets(HostedZoneId=service.zone)
    return [record for record in found["ResourceRecordSets"] if "SetIdentifier" in record]


def test_a_plan_names_the_change_of_both_weights(world: World) -> None:
    service = world.service(slots=True, ttl=TTL)
    world.register(service, strategy={"preset": "blue-green", "bake": "1s"})
    path = f"/services/{service.name}/plan"
    plan = world.api().request("POST", path, {"version": service.images["v2"]}).body
    weights = [
        [change["ResourceRecordSet"]["Weight"] for change in write["parameters"]["ChangeBatch"]["Changes"]]
        for write in plan["writes"]
        if write["operation"] == "ChangeResourceRecordSets"
    ]
    assert weights == [[0, 100]]
    assert plan["switches"] == [f"{service.references[0]}: the candidate gets 100 %"]


def test_a_name_that_leads_elsewhere_is_refused(world: World) -> None:
    service = world.service(slots=True, ttl=TTL)
    spec = service.spec()
    slots = [{**slot, "set_identifier": "nobody"} for slot in spec["platform"]["slots"][:1]]  # type: ignore[index]
    platform = {**spec["platform"], "slots": [*slots, *spec["platform"]["slots"][1:]]}  # type: ignore[index, dict-item]
    told = world.api().request("PUT", f"/services/{service.name}", {**spec, "platform": platform})
    fields = [violation["field"] for violation in told.body["violations"]]
    assert (told.status, fields) == (422, ["traffic.record_name", "platform.slots.0.set_identifier"])
