"""Every call that a whole run makes of AWS, from the moment at which its fleet is woken to the report."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws

from signalbox import wiring
from signalbox.aws import clients, places
from signalbox.fleets.commands.attend import attend
from signalbox.fleets.commands.put_fleet import put_fleet
from signalbox.fleets.commands.sweep_fleets import sweep_fleets
from signalbox.fleets.model import Kind
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import State
from signalbox.fleets.record import RunPhase
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.turn import PowerCommand
from signalbox.kernel.caller import Caller
from signalbox_local.moto_seams import Seams, fleet_resources
from signalbox_local.moto_seams.associations import LASTS
from tests.contract.template import resources, template
from tests.integration.fleet_stages import Instances
from tests.unit.fleet_machine import TASKS
from tests.unit.fleet_stories import fleet, selecting

EVENING = datetime(2026, 11, 27, 20, 0, 10, tzinfo=UTC)
ARN = "eu-west-1:123456789012"
ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "ACCOUNT_ID": "123456789012",
    "TABLE_NAME": "signalbox",
    "BUS_NAME": "signalbox",
    "SCHEDULE_GROUP": "fleets",
    "POWER_MACHINE_ARN": f"arn:aws:states:{ARN}:stateMachine:power",
    "ON_TRANSITION_FUNCTION": f"arn:aws:lambda:{ARN}:function:on-transition:live",
    "SCHEDULER_ROLE_ARN": "arn:aws:iam::123456789012:role/scheduler",
    "DEAD_LETTERS_ARN": f"arn:aws:sqs:{ARN}:dead-letters",
}


class Time:
    """Goes on only when the machine rests."""

    def __init__(self) -> None:
        self.now = EVENING - timedelta(hours=1)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def calls(time: Time, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """As `service:Operation`, of every client."""
    made: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def counted(client: BaseClient, operation: str, given: Any) -> Any:
        made[f"{client.meta.service_model.service_name}:{operation}"] += 1
        return call(client, operation, given)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    _forget()
    seams = Seams()
    fleet_resources(seams, time)
    with mock_aws():
        yield made
    seams.undo()
    _forget()


def _forget() -> None:
    for cached in (wiring.settings, wiring.fleet_ports, clients._made):
        cached.cache_clear()
    places.forget_clients()


def _ports(time: Time, spec: FleetSpec) -> FleetPorts:
    """Over what template.yaml makes, with the fleet registered an hour before its evening."""
    table = resources(template(), "AWS::DynamoDB::Table")["Table"]["Properties"]
    fields = ("AttributeDefinitions", "KeySchema", "BillingMode")
    boto3.client("dynamodb").create_table(TableName="signalbox", **{name: table[name] for name in fields})
    boto3.client("events").create_event_bus(Name="signalbox")
    boto3.client("scheduler").create_schedule_group(Name="fleets")
    boto3.client("stepfunctions").create_state_machine(
        name="power",
        definition='{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}',
        roleArn="arn:aws:iam::123456789012:role/machine",
    )
    ports = replace(wiring.fleet_ports(), clock=time)
    put_fleet(spec, Caller(arn="arn:aws:iam::123456789012:user/ana", reason="a test"), ports)
    time.now = EVENING
    return ports


def _run(time: Time, ports: FleetPorts) -> None:
    """In the place of the machine."""
    attend("qa", ports)
    run_id = ports.fleets.standing("qa").run_id
    assert run_id is not None
    command, state = PowerCommand(fleet="qa", run_id=run_id, generation=1), State.RESOLVE_FLEET
    while state is not State.DONE:
        progress = TASKS[state](command, ports)
        time.now += timedelta(seconds=progress.seconds)
        state = progress.next


def test_a_stop_is_two_calls_of_ec2_and_a_look_and_as_few_of_the_others(
    calls: Counter[str], time: Time
) -> None:
    stage = Instances(boto3.Session())
    ids = {stage.put(name, {"env": "qa"}) for name in ("one", "two", "three")}
    stage.put("other", {"env": "prod"})
    ports = _ports(time, fleet(select=selecting(kinds=(Kind.EC2,))))
    calls.clear()
    _run(time, ports)
    assert calls == {
        "dynamodb:BatchGetItem": 2,
        "dynamodb:GetItem": 1 + 1,  # and ours, for the run's id
        "dynamodb:Query": 1 + 3,
        "dynamodb:TransactWriteItems": 7,
        "scheduler:UpdateSchedule": 1,
        "stepfunctions:StartExecution": 1,
        "events:PutEvents": 2,
        "ec2:DescribeInstances": 2,
        "ec2:StopInstances": 1,
        "ssm:ListCommandInvocations": 1,
        "ssm:ListAssociations": 1,
    }
    ((run,), _) = ports.runs.list("qa", 10, None)
    assert (run.phase, run.counts["reached"]) == (RunPhase.SUCCEEDED, 3)
    _, lots = ports.runs.with_lots("qa", run.run_id)
    assert {id_ for lot in lots for id_ in lot.reached} == ids


def test_what_an_association_patches_is_stopped_by_a_call_of_its_own_when_that_is_over(
    calls: Counter[str], time: Time
) -> None:
    stage = Instances(boto3.Session())
    patched, *_ = (stage.put(name, {"env": "qa"}) for name in ("one", "two", "three"))
    ports = _ports(time, fleet(select=selecting(kinds=(Kind.EC2,))))
    targets: Any = [{"Key": "InstanceIds", "Values": [patched]}]
    boto3.client("ssm").create_association(Name="AWS-RunPatchBaseline", Targets=targets)
    over = time.now + LASTS
    calls.clear()
    _run(time, ports)
    assert over < time.now < over + timedelta(minutes=2)
    looks = calls["ssm:ListAssociations"]
    assert {name: count for name, count in calls.items() if name.startswith("ssm:")} == {
        "ssm:ListCommandInvocations": looks,
        "ssm:ListAssociations": looks,
        "ssm:DescribeAssociationExecutions": looks,
        "ssm:DescribeAssociationExecutionTargets": looks - 1,  # the last one finds that it has ended
    }
    assert calls["ec2:StopInstances"] == 2
    ((run,), _) = ports.runs.list("qa", 10, None)
    assert (run.phase, run.counts["reached"]) == (RunPhase.SUCCEEDED, 3)


def test_a_sweep_that_finds_nothing_astray_reads_only(calls: Counter[str], time: Time) -> None:
    Instances(boto3.Session()).put("one", {"env": "qa"})
    ports = _ports(time, fleet(mode="enforce", select=selecting(kinds=(Kind.EC2,))))
    _run(time, ports)
    calls.clear()
    time.now += timedelta(hours=1)
    assert sweep_fleets(ports) == "qa: nothing is due; qa: nothing strays"
    assert calls == {
        "dynamodb:BatchGetItem": 2,
        "dynamodb:GetItem": 1,
        "dynamodb:Query": 1,
        "scheduler:UpdateSchedule": 1,
        "ec2:DescribeInstances": 1 + 1,  # what is not there, and what has a tag
    }
