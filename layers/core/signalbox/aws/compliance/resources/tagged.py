"""Resources of several types, of which only the tags are looked at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from signalbox.aws.compliance.resources import buckets, databases, instances, security_groups, volumes
from signalbox.compliance.model import Observed, Resource
from signalbox.kernel.errors import Rejected

BY_TYPE: Mapping[str, Callable[[Resource], Observed | None]] = {
    "AWS::EC2::Instance": instances.observe,
    "AWS::EC2::SecurityGroup": security_groups.observe,
    "AWS::EC2::Volume": volumes.observe,
    "AWS::RDS::DBInstance": databases.observe,
    "AWS::S3::Bucket": buckets.observe,
}


def observe(required: Sequence[str], resource: Resource) -> Observed | None:
    """Its tags, and those that this installation requires."""
    look = BY_TYPE.get(resource.type)
    if look is None:
        raise Rejected(f"the tags of {resource.type} are not read here")
    found = look(resource)
    if found is None:
        return None
    return replace(found, configuration={"Tags": dict(found.tags), "Required": list(required)})
