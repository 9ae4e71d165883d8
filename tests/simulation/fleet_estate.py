"""What two fleets select, and what stands beside it: instances, groups and their members, databases, and one
of each other kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.rds.models import rds_backends

from signalbox.fleets.model import Kind
from signalbox_local.owner import Aws, make_image, make_template, two_subnets
from tests.simulation.fibers import hub
from tests.simulation.fleet_kinds import OtherKinds, conditions_of_kinds, pairs

QA, DEV, PROD = ({"env": name} for name in ("qa", "dev", "prod"))
OWN_TYPE = "t4g.micro"
SIZES = {"web": (1, 4, 2), "batch": (0, 6, 2)}  # minimum, maximum, desired capacity
ENVIRONMENT_SIZE = (1, 2, 1)
QA_INSTANCES = ("one", "two", "early", "late", "spot")
PATIENCE = 60.0  # seconds until groups have launched what they are to have


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetEstate:
    """Ids of instances by name. `early` vanishes in the middle of the stop, `late` in that of the start.
    `others` is what else fleet `qa` has, as `conditions` calls it."""

    instances: Mapping[str, str]
    others: Mapping[Kind, tuple[str, ...]]

    def qa(self, kinds: Collection[Kind]) -> tuple[str, ...]:
        """What fleet `qa` selects of these kinds and has to start and stop, as `conditions` calls it."""
        own: Mapping[Kind, tuple[str, ...]] = {
            Kind.EC2: tuple(self.instances[name] for name in QA_INSTANCES),
            Kind.RDS: ("db:orders",),
            Kind.AUTOSCALING: tuple(f"group:{name}" for name in SIZES),
            **self.others,
        }
        return tuple(name for kind in kinds for name in own[kind])

    @property
    def dev(self) -> tuple[str, ...]:
        """What fleet `dev` selects."""
        return self.instances["dev"], "db:dev"


class Owner:
    """Makes what there is; `aws` makes a client for a service's name."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._image = make_image(aws, "machine")
        self._template = make_template(aws, "machines", self._image)

    def estate(self) -> FleetEstate:
        """Of fleet `qa`, and beside it what is of fleet `dev` and of nobody's."""
        spot = {"InstanceMarketOptions": {"MarketType": "spot"}}
        instances = {name: self.instance(QA, **(spot if name == "spot" else {})) for name in QA_INSTANCES}
        self.database("orders", QA)
        for name, size in SIZES.items():
            self.group(name, size, QA)
        for tags in (DEV, PROD):
            instances[tags["env"]] = self.instance(tags)
            self.database(tags["env"], tags)
        self.group("prod", (1, 2, 1), PROD)
        kinds = OtherKinds(self._aws, lambda name, tags: self.group(name, ENVIRONMENT_SIZE, tags))
        others = kinds.all("shop", QA)
        kinds.all("prod", PROD)
        hub.sleep(PATIENCE)
        return FleetEstate(instances=instances, others=others)

    def instance(self, tags: Mapping[str, str], **more: object) -> str:
        """Its id."""
        made = self._aws("ec2").run_instances(
            ImageId=self._image,
            MinCount=1,
            MaxCount=1,
            InstanceType=OWN_TYPE,
            TagSpecifications=[{"ResourceType": "instance", "Tags": pairs(tags)}],
            **more,
        )
        return str(made["Instances"][0]["InstanceId"])

    def database(self, name: str, tags: Mapping[str, str]) -> None:
        """Postgres."""
        self._aws("rds").create_db_instance(
            DBInstanceIdentifier=name,
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="somebody",
            MasterUserPassword="something",
            Tags=pairs(tags),
        )

    def group(self, name: str, size: Sequence[int], tags: Mapping[str, str]) -> None:
        """Its members have its tags."""
        least, most, desired = size
        self._aws("autoscaling").create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=least,
            MaxSize=most,
            DesiredCapacity=desired,
            LaunchTemplate={"LaunchTemplateId": self._template, "Version": "1"},
            VPCZoneIdentifier=",".join(two_subnets(self._aws)),
            Tags=pairs(tags, ResourceId=name, ResourceType="auto-scaling-group", PropagateAtLaunch=True),
        )


def conditions(account: str, region: str) -> dict[str, str]:
    """How everything is that can run or not: instances by id, all others by a prefix and their id."""
    found = {}
    for reservation in ec2_backends[account][region].reservations.values():
        for each in reservation.instances:
            found[each.id] = str(each._state.name)
    for name, database in rds_backends[account][region].databases.items():
        found[f"db:{name}"] = str(database.status)
    return found | conditions_of_kinds(account, region)


def types(account: str, region: str) -> dict[str, str]:
    """Of instances, by id."""
    found = (each for each in ec2_backends[account][region].reservations.values())
    return {each.id: str(each.instance_type) for reservation in found for each in reservation.instances}


def members(account: str, region: str) -> dict[str, str]:
    """Instances of groups: id -> the group's name."""
    groups: Mapping[str, Any] = autoscaling_backends[account][region].autoscaling_groups
    return {state.instance_id: name for name, group in groups.items() for state in group.instance_states}


def vanish(account: str, region: str, instance: str) -> None:
    """As an hour after its end: EC2 knows no such id any more."""
    for reservation in ec2_backends[account][region].reservations.values():
        reservation.instances[:] = [each for each in reservation.instances if each.id != instance]
