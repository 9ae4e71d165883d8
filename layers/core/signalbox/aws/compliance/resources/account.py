"""Settings of the whole account in the Region."""

from typing import Any

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors
from signalbox.compliance.model import Observed, Resource


def observe_volumes(resource: Resource) -> Observed:
    """Whether new EBS volumes are encrypted."""
    with aws_errors():
        answer = client("ec2").get_ebs_encryption_by_default()
    configuration: dict[str, object] = {"EbsEncryptionByDefault": bool(answer["EbsEncryptionByDefault"])}
    return Observed(configuration=configuration, name=resource.id, is_of_account=True)


def observe_trails(resource: Resource) -> Observed:
    """All trails that record what happens here: those of other Regions and of the organisation as well. One
    can be started where it is at home."""
    cloudtrail = client("cloudtrail")
    with aws_errors():
        found = cloudtrail.describe_trails(includeShadowTrails=True)["trailList"]
        logging = {
            each["TrailARN"]: bool(cloudtrail.get_trail_status(Name=each["TrailARN"])["IsLogging"])
            for each in found
        }
    trails = [_trail(each, resource, is_logging=logging[each["TrailARN"]]) for each in found]
    return Observed(configuration={"Trails": trails}, name=resource.id, is_of_account=True)


def _trail(found: dict[str, Any], resource: Resource, *, is_logging: bool) -> dict[str, object]:
    arn = str(found["TrailARN"])
    home = (found.get("HomeRegion"), arn.split(":")[4])
    return {
        "Name": found["Name"],
        "Arn": arn,
        "IsMultiRegion": bool(found.get("IsMultiRegionTrail")),
        "IsLogging": is_logging,
        "IsStartable": home == (resource.region, resource.account),
        "ValidatesFiles": bool(found.get("LogFileValidationEnabled")),
    }
