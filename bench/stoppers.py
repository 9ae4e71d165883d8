"""Those who stop a fleet, each in a process of its own: `bench/stoppers.py NAME FOLDER [throttled]`."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.metered import Meter

EVENING = datetime(2026, 11, 27, 20, 0, 10, tzinfo=UTC)  # a Friday; a schedule fires within a minute
TAGS = {os.environ["FLEET"]: "yes"}
BATCH, PER_SECOND = 1000, 20.0
POLICY: dict[str, Any] = {
    "name": "lights-out",
    "resource": "aws.ec2",
    "query": [{f"tag:{key}": value} for key, value in TAGS.items()] + [{"instance-state-name": "running"}],
    "actions": ["stop"],
}


def floor(meter: Meter, folder: Path) -> None:
    """boto3 and nothing else: 1,000 a call, and as much time between two as gives the tokens for one."""
    _stop_all(lambda: time.sleep(BATCH / PER_SECOND))


def boto3(meter: Meter, folder: Path) -> None:
    """The same without a thought of tokens: boto3 tries again by itself."""
    _stop_all(lambda: None)


def _stop_all(rest: Callable[[], None]) -> None:
    import boto3  # noqa: PLC0415
    from botocore.exceptions import ClientError  # noqa: PLC0415

    ec2 = boto3.client("ec2")
    filters = [
        *({"Name": f"tag:{key}", "Values": [value]} for key, value in TAGS.items()),
        {"Name": "instance-state-name", "Values": ["running"]},
    ]
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=filters, PaginationConfig={"PageSize": BATCH}
    )
    ids = [
        each["InstanceId"] for page in pages for found in page["Reservations"] for each in found["Instances"]
    ]
    for start in range(0, len(ids), BATCH):
        if start:
            rest()
        try:
            ec2.stop_instances(InstanceIds=ids[start : start + BATCH])
        except ClientError as error:
            sys.stderr.write(f"{error}\n")  # what boto3 has given up is lost


def custodian(meter: Meter, folder: Path) -> None:
    """Cloud Custodian with its off-hours, at the hour that it is."""
    from c7n.cli import main  # noqa: PLC0415

    offhour = {
        "type": "offhour",
        "offhour": datetime.now(UTC).hour,
        "default_tz": "utc",
        "opt-out": True,
        "weekends": False,
    }
    policy = folder / "policy.json"
    policy.write_text(json.dumps({"policies": [{**POLICY, "filters": [offhour]}]}), encoding="utf-8")
    region = os.environ["AWS_DEFAULT_REGION"]
    options = ["--output-dir", str(folder), "--cache-period", "0", "--region", region]
    sys.argv = ["custodian", "run", *options, str(policy)]
    main()


def signalbox(meter: Meter, folder: Path) -> None:
    """From the moment at which the fleet's schedule wakes it to the report: everything that its functions
    ask of AWS, one after the other as the state machine calls them."""
    from signalbox.fleets.commands.attend import attend  # noqa: PLC0415
    from signalbox.fleets.progress import State  # noqa: PLC0415
    from signalbox.fleets.steps.report_fleet import report_fleet  # noqa: PLC0415
    from signalbox.fleets.steps.resolve_fleet import resolve_fleet  # noqa: PLC0415
    from signalbox.fleets.steps.switch_power import switch_power  # noqa: PLC0415
    from signalbox.fleets.steps.turn import PowerCommand  # noqa: PLC0415
    from signalbox.fleets.steps.verify_power import verify_power  # noqa: PLC0415
    from signalbox.wiring import fleet_ports  # noqa: PLC0415

    tasks = {
        State.RESOLVE_FLEET: resolve_fleet,
        State.SWITCH_POWER: switch_power,
        State.VERIFY_POWER: verify_power,
        State.REPORT_FLEET: report_fleet,
    }
    given = fleet_ports()
    started = _Started(given.executions)
    ports = replace(given, executions=started, clock=lambda: EVENING + timedelta(seconds=meter.now))
    attend("qa", ports)
    command = PowerCommand(fleet=started.fleet, run_id=started.run_id, generation=1)
    state = State.RESOLVE_FLEET
    while state is not State.DONE:
        progress = tasks[state](command, ports)
        meter.sleep(progress.seconds)
        state = progress.next


@dataclass
class _Started:
    """Remembers which run was begun."""

    executions: Any
    fleet: str = ""
    run_id: str = ""

    def start(self, fleet: str, run_id: str, generation: int) -> None:
        self.fleet, self.run_id = fleet, run_id
        self.executions.start(fleet, run_id, generation)


def prepare(meter: Meter, folder: Path) -> None:
    """What stands before the evening: table, bus, timetable, machine, and the fleet's registration."""
    import boto3  # noqa: PLC0415

    from signalbox.fleets.commands.put_fleet import put_fleet  # noqa: PLC0415
    from signalbox.fleets.model import Kind  # noqa: PLC0415
    from signalbox.fleets.spec import FleetSpec, Period, Select  # noqa: PLC0415
    from signalbox.kernel.caller import Caller  # noqa: PLC0415
    from signalbox.wiring import fleet_ports, settings  # noqa: PLC0415

    given = settings()
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    fields = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
    boto3.client("dynamodb").create_table(
        TableName=given.table, KeySchema=keys, AttributeDefinitions=fields, BillingMode="PAY_PER_REQUEST"
    )
    boto3.client("events").create_event_bus(Name=given.bus)
    boto3.client("scheduler").create_schedule_group(Name=given.schedule_group)
    machine = given.power_machine_arn
    boto3.client("stepfunctions").create_state_machine(
        name=machine.rpartition(":")[2],
        definition=json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}),
        roleArn=given.scheduler_role_arn,
    )
    spec = FleetSpec(
        name="qa",
        owner="bench",
        zone="UTC",
        select=Select(tags={key: (value,) for key, value in TAGS.items()}, kinds=(Kind.EC2,)),
        schedule=(Period(days="mon-fri", from_="08:00", to="20:00"),),
    )
    ports = replace(fleet_ports(), clock=lambda: EVENING - timedelta(hours=1))
    put_fleet(spec, Caller(arn="arn:aws:iam::123456789012:user/bench", reason="bench"), ports)


STOPPERS: dict[str, Callable[[Meter, Path], None]] = {
    "floor": floor,
    "boto3": boto3,
    "custodian": custodian,
    "signalbox": signalbox,
    "prepare": prepare,
}

if __name__ == "__main__":
    name, folder, *rest = sys.argv[1:]
    installed = Meter(throttles=bool(rest)).install()
    status: Any = 0
    try:
        STOPPERS[name](installed, Path(folder))
    except SystemExit as ended:
        status = ended.code
    installed.report(status=status)
