"""What a story of fleets can do and see: resources with tags, the clock, runs to their end."""

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.scenario.stack import machine_arn
from tests.scenario.world import World, eventually

PARIS = ZoneInfo("Europe/Paris")
OFFICE_HOURS = {"days": "mon-fri", "from": "08:00", "to": "20:00"}
MONDAY, FRIDAY = 0, 4
ENDED = ("succeeded", "incomplete", "superseded")
A_LOOK = timedelta(seconds=31)  # longer than a run rests between its first looks
PATIENCE = 120  # seconds
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Fleet:
    """Two instances, a group of two and a database, which belong together by a tag."""

    world: World
    name: str
    instances: tuple[str, ...]
    group: str
    database: str

    @property
    def path(self) -> str:
        return f"/fleets/{self.name}"

    def spec(self, **changes: object) -> dict[str, Any]:
        """As its owner describes it."""
        spec = {
            "name": self.name,
            "owner": "payments",
            "zone": "Europe/Paris",
            "select": {"tags": {"fleet": [self.name]}, "kinds": ["ec2", "autoscaling", "rds"]},
            "schedule": [OFFICE_HOURS],
            "order": [["rds"], ["autoscaling", "ec2"]],
            "prices": {"t4g.micro": 0.01},
        }
        return {**spec, **changes}

    def register(self, **changes: object) -> dict[str, Any]:
        """PUT it."""
        answer = self.world.api().request("PUT", self.path, self.spec(**changes))
        assert answer.status in (200, 201), answer
        return dict(answer.body)

    def ask(self, method: str, below: str = "", body: object = None, caller: str = "operator") -> Any:
        """The body of an answer that is none of refusal."""
        answer = self.world.api(caller).request(method, f"{self.path}{below}", body)
        assert answer.status < 300, answer
        return answer.body

    def types(self) -> list[str]:
        """The timeline's types, oldest first."""
        return [entry["type"] for entry in self.ask("GET", "/timeline")["events"]]

    def runs(self) -> list[dict[str, Any]]:
        """Newest first."""
        return list(self.ask("GET", "/runs")["items"])

    def until_run(self, number: int) -> dict[str, Any]:
        """The run of that number, counted from 1, when it has ended; the clock goes on while it rests."""
        self.world.eventually(lambda: len(self.runs()) >= number)
        run_id = self.runs()[-number]["run_id"]
        deadline = time.monotonic() + PATIENCE
        while (run := self.ask("GET", f"/runs/{run_id}"))["phase"] not in ENDED:
            assert time.monotonic() < deadline, run
            if _rests(self.world, run_id):
                set_clock(self.world, now(self.world) + A_LOOK)
            time.sleep(0.2)
        return dict(run)

    def power(self) -> dict[str, str]:
        """How each resource really is."""
        found = self.world.aws("ec2").describe_instances(InstanceIds=list(self.instances))["Reservations"]
        states = {one["InstanceId"]: one["State"]["Name"] for page in found for one in page["Instances"]}
        group = self.world.group(self.group) or {}
        sizes = f"{group['MinSize']}/{group['DesiredCapacity']}/{group['MaxSize']}"
        return {**states, self.group: sizes, self.database: database_status(self.world, self.database)}

    def all_are(self, state: str, sizes: str, status: str) -> dict[str, str]:
        """What `power` tells when they are all so."""
        return {**dict.fromkeys(self.instances, state), self.group: sizes, self.database: status}


def make_fleet(world: World, name: str) -> Fleet:
    """Its resources, all running."""
    name = f"{name}{next(_NUMBERS)}"
    group, database = f"{name}-web", f"{name}-db"
    tags = {"fleet": name, "signalbox:managed": "true"}
    ec2 = world.aws("ec2")
    made = ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=2,
        MaxCount=2,
        InstanceType="t4g.micro",
        TagSpecifications=[{"ResourceType": "instance", "Tags": _pairs(tags)}],
    )
    ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "t4g.micro"}
    )
    world.aws("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName=group,
        MinSize=1,
        MaxSize=4,
        DesiredCapacity=2,
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
        AvailabilityZones=[f"{world.runtime.region}a"],
        Tags=[{**tag, "ResourceId": group, "ResourceType": "auto-scaling-group"} for tag in _pairs(tags)],
    )
    world.aws("rds").create_db_instance(
        DBInstanceIdentifier=database,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="someone",
        MasterUserPassword="something",
        Tags=_pairs(tags),
    )
    eventually(lambda: _in_service(world, group) == 2)
    return Fleet(world, name, tuple(one["InstanceId"] for one in made["Instances"]), group, database)


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _in_service(world: World, group: str) -> int:
    found = (world.group(group) or {})["Instances"]
    return sum(one["LifecycleState"] == "InService" for one in found)


def database_status(world: World, name: str) -> str:
    """In the words of RDS."""
    found = world.aws("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return str(found[0]["DBInstanceStatus"])


def now(world: World) -> datetime:
    """By the local clock."""
    return datetime.fromisoformat(world.control("clock", None)["now"])


def set_clock(world: World, moment: datetime) -> None:
    """Forward; what it passes has fired."""
    world.control("clock", {"to": moment.isoformat()})


def coming(world: World, weekday: int, hour: int) -> datetime:
    """The next such hour in Paris that is more than an hour away."""
    first = now(world).astimezone(PARIS) + timedelta(hours=1)
    day = first.date() + timedelta(days=(weekday - first.weekday()) % 7)
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=PARIS)
    return (moment if moment > first else moment + timedelta(days=7)).astimezone(UTC)


def _rests(world: World, run_id: str) -> bool:
    """Whether the newest execution of a run is in its Wait state."""
    machines = world.aws("stepfunctions")
    arn = machine_arn(world, "PowerMachine").replace(":stateMachine:", ":execution:")
    try:
        history = machines.get_execution_history(executionArn=f"{arn}:{run_id}-g1")["events"]
    except machines.exceptions.ExecutionDoesNotExist:
        return False
    return bool(history) and history[-1]["type"] == "WaitStateEntered"
