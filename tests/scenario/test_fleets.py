"""Fleets sleep at night and on weekends, and everything about it can be asked for."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.scenario.command_line import CommandLine
from tests.scenario.conftest import serving
from tests.scenario.fleets import FRIDAY, MONDAY, PARIS, Fleet, coming, make_fleet, now, set_clock
from tests.scenario.stack import dead_letter_queue, letters, throttled
from tests.scenario.world import World, eventually

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own: its clock goes through weeks."""
    with serving(tmp_path_factory.mktemp("stage")) as runtime:
        yield World(runtime)


@pytest.fixture
def fleet(stage: World) -> Iterator[Fleet]:
    made = make_fleet(stage, "dev")
    yield made
    stage.api().request("DELETE", made.path)


def _in_office_hours(stage: World) -> datetime:
    """A Friday at ten, and it is ten now."""
    moment = coming(stage, FRIDAY, 10)
    set_clock(stage, moment)
    return moment


def test_a_fleet_sleeps_on_the_weekend_and_is_back_on_monday(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    told = fleet.register()
    assert told["now"]["state"] == "running"
    friday, monday = coming(stage, FRIDAY, 20), coming(stage, MONDAY, 8)
    forecast = fleet.ask("GET", "/forecast")["items"]
    assert [(datetime.fromisoformat(one["at"]), one["action"]) for one in forecast[:2]] == [
        (friday, "stop"),
        (monday, "start"),
    ]
    since = stage.last_call()
    set_clock(stage, friday)
    stopped = fleet.until_run(1)
    assert (stopped["phase"], stopped["action"], stopped["cause"]) == ("succeeded", "stop", "transition")
    assert {one["id"]: one["outcome"] for one in stopped["resources"]} == dict.fromkeys(
        (*fleet.instances, fleet.group, fleet.database), "reached"
    )
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")
    asked = [call["operation"] for call in stage.calls(since) if "SwitchPower" in call["principal"]]
    asked = [name for name in asked if name.startswith(("Stop", "Update"))]
    assert (sorted(asked[:2]), asked[2:]) == (["StopInstances", "UpdateAutoScalingGroup"], ["StopDBInstance"])
    set_clock(stage, monday)
    started = fleet.until_run(2)
    assert (started["phase"], started["action"]) == ("succeeded", "start")
    assert fleet.power() == fleet.all_are("running", "1/2/4", "available")
    assert started["saved"]["t4g.micro"] == pytest.approx(4 * 60, abs=1)
    assert started["savings"] == pytest.approx(2.4, abs=0.1)
    weekend = urlencode({"from": friday.isoformat(), "until": monday.isoformat()})
    told = fleet.ask("GET", f"/savings?{weekend}")
    assert [(one["kind"], one["unit"], one["resources"]) for one in told["items"]] == [
        ("autoscaling", "t4g.micro", 1),
        ("ec2", "t4g.micro", 2),
        ("rds", "db.t4g.micro", 1),
    ]
    # Two instances and a group of two, for a weekend.
    assert (told["hours"], told["savings"]) == (pytest.approx(5 * 60, abs=1), pytest.approx(2.4, abs=0.1))
    assert told["unpriced"] == ["db.t4g.micro"]
    wanted = ["Fleet Stop Requested", "Fleet Stopped", "Fleet Start Requested", "Fleet Started"]
    assert fleet.types() == ["Fleet Applied", *wanted]
    heard = [one["event"] for one in stage.events() if one["event"]["source"] == "signalbox.fleets"]
    ours = [event for event in heard if event["detail"]["fleet"] == fleet.name]
    # At least once each, as on AWS: consumers know an event by its sequence.
    assert {event["detail"]["sequence"]: event["detail-type"] for event in ours} == dict(
        enumerate(fleet.types(), 1)
    )


def test_an_override_keeps_the_fleet_up_and_ends_by_itself(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    friday = coming(stage, FRIDAY, 20)
    until = friday + timedelta(hours=2)
    wish = {"state": "running", "until": until.isoformat(), "reason": "a load test"}
    fleet.ask("POST", "/override", wish)
    assert fleet.until_run(1)["counts"]["reached"] == len(fleet.power())
    set_clock(stage, friday + MINUTE)
    seen = fleet.ask("GET")
    assert (seen["now"]["state"], seen["override"]["reason"]) == ("running", "a load test")
    assert "load test" in fleet.ask("GET", f"/why?resource={fleet.instances[0]}")["reason"]
    assert fleet.power() == fleet.all_are("running", "1/2/4", "available")
    refused = stage.api().request("POST", f"{fleet.path}/override", {**wish, "state": "stopped"})
    assert (refused.status, "operator" in refused.body["detail"]) == (409, True)
    set_clock(stage, until)
    assert fleet.until_run(2)["action"] == "stop"
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")
    assert fleet.ask("GET")["override"] is None
    assert {"Fleet Overridden", "Override Ended"} <= set(fleet.types())


def test_what_somebody_starts_by_night_is_stopped_again_and_told(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register(mode="enforce")
    set_clock(stage, coming(stage, FRIDAY, 20))
    fleet.until_run(1)
    stage.aws("ec2").start_instances(InstanceIds=[fleet.instances[0]])
    again = fleet.until_run(2)
    assert [(one["id"], one["outcome"]) for one in again["resources"]] == [(fleet.instances[0], "reached")]
    assert (again["cause"], again["action"]) == ("enforcement", "stop")
    stage.aws("rds").start_db_instance(DBInstanceIdentifier=fleet.database)
    assert fleet.until_run(3)["cause"] == "enforcement"
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")
    told = fleet.ask("GET", f"/why?resource={fleet.instances[0]}")
    assert (told["last"]["action"], told["last"]["outcome"]) == ("stop", "reached")
    assert "outside period" in told["reason"]


def test_what_a_tag_asks_for_by_night_is_done_when_it_is_set(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register(mode="enforce")
    friday = coming(stage, FRIDAY, 20)
    set_clock(stage, friday)
    fleet.until_run(1)
    text = f"running until {(friday + HOUR / 2).isoformat()} by ana because release test"
    tag = {"Key": "signalbox:power", "Value": text}
    stage.aws("ec2").create_tags(Resources=[fleet.instances[0]], Tags=[tag])
    up = fleet.until_run(2)
    assert (up["cause"], up["action"], up["counts"]["reached"]) == ("tag", "start", 1)
    assert up["reason"].endswith("by its tag (ana: release test)")
    assert fleet.power()[fleet.instances[0]] == "running"
    set_clock(stage, friday + HOUR / 2 + MINUTE)
    assert fleet.until_run(3)["reason"] == "what a tag asked for is over"
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")


def test_a_fleet_that_only_follows_its_schedule_tells_who_has_strayed(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    set_clock(stage, coming(stage, FRIDAY, 20))
    fleet.until_run(1)
    stage.aws("ec2").start_instances(InstanceIds=[fleet.instances[0]])
    eventually(lambda: "Resource Started By Others" in fleet.types())
    assert fleet.power()[fleet.instances[0]] == "running"
    assert len(fleet.runs()) == 1


def test_what_an_association_of_state_manager_patches_is_stopped_when_that_is_over(
    stage: World, fleet: Fleet
) -> None:
    _in_office_hours(stage)
    fleet.register(select={"tags": {"fleet": [fleet.name]}, "kinds": ["ec2"]})
    patched, other = fleet.instances
    friday = coming(stage, FRIDAY, 20)
    set_clock(stage, friday - MINUTE)
    stage.aws("ssm").create_association(
        Name="AWS-RunPatchBaseline",
        AssociationName="nightly",
        Targets=[{"Key": "InstanceIds", "Values": [patched]}],
    )
    set_clock(stage, friday)
    told = eventually(lambda: _told_of(fleet, patched, "busy"))
    assert told["reason"] == "it is being patched: AWS-RunPatchBaseline, association nightly"
    eventually(lambda: fleet.power()[other] == "stopped")
    assert fleet.power()[patched] == "running"
    assert fleet.until_run(1)["phase"] == "succeeded"
    assert (fleet.power()[patched], len(fleet.runs())) == ("stopped", 1)


def _told_of(fleet: Fleet, resource: str, outcome: str) -> dict[str, str]:
    """What the latest run says of it, once that is its outcome; nothing before."""
    for run in fleet.runs()[:1]:
        for one in fleet.ask("GET", f"/runs/{run['run_id']}")["resources"]:
            if (one["id"], one["outcome"]) == (resource, outcome):
                return dict(one)
    return {}


def test_what_was_missed_is_caught_up_with_once(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    friday = coming(stage, FRIDAY, 20)
    with throttled(stage, "OnTransitionFunction", "SweepFleetsFunction"):
        set_clock(stage, friday + timedelta(hours=6))
        eventually(lambda: any(one["fleet"] == fleet.name for one in _bodies(stage)))
        assert fleet.power() == fleet.all_are("running", "1/2/4", "available")
    set_clock(stage, now(stage) + timedelta(hours=1, minutes=1))
    caught_up = fleet.until_run(1)
    assert (caught_up["phase"], caught_up["action"]) == ("succeeded", "stop")
    assert "caught up" in caught_up["reason"]
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")
    set_clock(stage, now(stage) + timedelta(hours=2))
    assert len(fleet.runs()) == 1
    assert _schedules(stage, fleet) == [f"at({coming(stage, MONDAY, 8):%Y-%m-%dT%H:%M:%S})"]


def _bodies(stage: World) -> list[dict[str, str]]:
    """What lies in the queue of dead letters, of schedules."""
    found = [json.loads(one["Body"]) for one in letters(stage, dead_letter_queue(stage))]
    return [body for body in found if body.get("source") == "signalbox.timetable"]


def _schedules(stage: World, fleet: Fleet) -> list[str]:
    """The expressions of what stands in the timetable for the fleet."""
    scheduler = stage.aws("scheduler")
    found = [one for one in scheduler.list_schedules()["Schedules"] if one["Name"] == fleet.name]
    return [
        scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"])["ScheduleExpression"]
        for one in found
    ]


def test_a_fleet_that_is_forgotten_leaves_no_schedule_and_starts_nothing(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    assert len(_schedules(stage, fleet)) == 1
    fleet.ask("DELETE")
    assert _schedules(stage, fleet) == []
    set_clock(stage, coming(stage, FRIDAY, 20) + MINUTE)
    assert stage.api().request("GET", fleet.path).status == 404
    assert fleet.types()[-1] == "Fleet Forgotten"
    assert fleet.ask("GET", "/runs") == {"items": [], "cursor": None}
    for what in ("runs", "timeline"):
        assert stage.api().request("GET", f"/fleets/nobody/{what}").status == 404
    assert fleet.power() == fleet.all_are("running", "1/2/4", "available")


def test_a_tag_holds_one_back_and_its_end_is_what_comes_next(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    friday = coming(stage, FRIDAY, 20)
    until = (friday + timedelta(minutes=30)).astimezone(UTC)
    power = {"Key": "signalbox:power", "Value": f"running until {until.isoformat()}"}
    stage.aws("ec2").create_tags(Resources=[fleet.instances[0]], Tags=[power])
    set_clock(stage, friday)
    held = {one["id"]: one["outcome"] for one in fleet.until_run(1)["resources"]}
    assert held[fleet.instances[0]] == "skipped"
    eventually(lambda: _schedules(stage, fleet) == [f"at({until:%Y-%m-%dT%H:%M:%S})"])
    since = stage.last_call()
    set_clock(stage, until)
    assert fleet.until_run(2)["reason"] == "what a tag asked for is over"
    woken = [call for call in stage.calls(since) if "FleetSchedulerRole" in call["principal"]]
    assert [(call["operation"], call["status"]) for call in woken] == [("InvokeFunction", 200)]
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")


def test_a_person_stops_and_starts_it_until_the_next_transition(stage: World, fleet: Fleet) -> None:
    _in_office_hours(stage)
    fleet.register()
    fleet.ask("POST", "/stop", {"reason": "nobody is here"}, "deployer")
    stopped = fleet.until_run(1)
    assert (stopped["cause"], stopped["reason"]) == ("request", "nobody is here")
    assert fleet.power() == fleet.all_are("stopped", "0/0/4", "stopped")
    told = fleet.ask("GET", f"/why?resource={fleet.group}")
    assert (told["state"], told["last"]["by"].rpartition("/")[2]) == ("stopped", "deployer")
    assert "nobody is here; the schedule says running" in told["reason"]
    fleet.ask("POST", "/start", None, "deployer")
    fleet.until_run(2)
    assert fleet.power() == fleet.all_are("running", "1/2/4", "available")


REFUSED = [
    ({"zone": "Europe/Atlantis"}, "zone"),
    ({"schedule": [{"days": "mon-fri", "from": "25:00", "to": "20:00"}]}, "schedule.0.from"),
    ({"schedule": [{"days": "someday", "from": "08:00", "to": "20:00"}]}, "schedule.0.days"),
    ({"select": {"kinds": ["ec2"]}}, "select"),
    ({"mode": "sometimes"}, "mode"),
    ({"deadline": "soon"}, "deadline"),
    ({"spread": "-5m"}, "spread"),
    ({"name": "another"}, "name"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("change", "field"), REFUSED, ids=[field for _, field in REFUSED])
def test_a_fleet_that_cannot_be_is_refused_by_the_names_of_its_fields(
    stage: World, change: dict[str, object], field: str
) -> None:
    nobody = Fleet(stage, "refused", (), "", "")
    answer = stage.api().request("PUT", nobody.path, nobody.spec(**change))
    assert answer.status == 400, answer
    assert any(one["field"].startswith(field) for one in answer.body["violations"]), answer
    assert stage.api().request("GET", nobody.path).status == 404


ABSENT = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("GET", "/forecast", None),
    ("GET", "/why?resource=i-1", None),
    ("GET", "/savings", None),
    ("GET", "/runs", None),
    ("GET", "/runs/fr-1", None),
    ("POST", "/start", None),
    ("POST", "/stop", None),
    ("POST", "/override", {"state": "running", "until": "2036-01-01T00:00:00Z", "reason": "why not"}),
    ("DELETE", "/override", None),
]


@pytest.mark.parametrize(("method", "below", "body"), ABSENT, ids=[f"{m}{b}" for m, b, _ in ABSENT])
def test_a_fleet_that_is_not_there_is_named(stage: World, method: str, below: str, body: object) -> None:
    answer = stage.api().request(method, f"/fleets/nobody{below}", body)
    assert (answer.status, "nobody" in answer.body["detail"]) == (404, True), answer


def test_the_clock_is_told_and_set_by_the_command_line(stage: World, tmp_path: Path) -> None:
    signalbox = CommandLine(stage.runtime.folder, tmp_path)
    moment = coming(stage, FRIDAY, 20).astimezone(PARIS)
    told = signalbox("local", "clock", "--to", f"{moment:%Y-%m-%dT%H:%M} Europe/Paris")
    assert told.returncode == 0, told.stderr
    assert moment <= datetime.fromisoformat(told.stdout.strip()) < moment + MINUTE
    for wrong, word in (
        ("2020-01-01T00:00 Europe/Paris", "does not go back"),
        ("2040-01-01T00:00", "zone"),
        ("2040-01-01T00:00 Europe/Atlantis", "Atlantis"),
    ):
        refused = signalbox("local", "clock", "--to", wrong)
        assert (refused.returncode, word in refused.stderr) == (1, True), refused
    assert datetime.fromisoformat(signalbox("local", "clock").stdout.strip()) >= moment
