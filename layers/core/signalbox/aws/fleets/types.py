"""Types of EC2 instances: which there are, and another one for what stands still."""

from collections.abc import Collection, Mapping
from typing import Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.selection import chunks
from signalbox.aws.places import client_in
from signalbox.fleets.model import Place
from signalbox.fleets.switches import Bucket, Pace, Switched, Target

_MOST_VALUES = 200  # of the filters of one call
# EC2 changes the type of what stands still; what is on its way may soon be there.
_PASSING = frozenset({"IncorrectInstanceState"})


class Ec2Types:
    """Port `InstanceTypes`. Each instance takes a call of its own; the bucket is that of mutating actions in
    `Request throttling for the Amazon EC2 API`, 50 requests, refilled by 5 a second."""

    pace = Pace(resources=Bucket(capacity=50, per_second=5))

    def __init__(self, home: Place) -> None:
        self._home = home

    def architectures(self, types: Collection[str], region: str) -> Mapping[str, frozenset[str]]:
        """Asked for by a filter, which minds no type that the Region does not have. It is the same for all
        accounts."""
        ec2 = client_in(Place(region=region, account=self._home.account), "ec2")
        found: dict[str, frozenset[str]] = {}
        for chunk in chunks(sorted(types), _MOST_VALUES):
            filters: Any = [{"Name": "instance-type", "Values": chunk}]
            with aws_errors():
                for page in ec2.get_paginator("describe_instance_types").paginate(Filters=filters):
                    for each in page["InstanceTypes"]:
                        known = each.get("ProcessorInfo", {}).get("SupportedArchitectures", [])
                        found[str(each.get("InstanceType", ""))] = frozenset(map(str, known))
        return found

    def change(self, types: Mapping[str, str], place: Place) -> Switched:
        ec2 = client_in(place, "ec2", once=True)

        def act(target: Target) -> None:
            ec2.modify_instance_attribute(InstanceId=target.id, InstanceType={"Value": types[target.id]})

        return one_by_one([Target(id=id_) for id_ in types], act, _PASSING)
