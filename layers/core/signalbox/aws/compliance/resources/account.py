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
        trails = [
            {
                **_trail(each, resource),
                "IsLogging": bool(cloudtrail.get_trail_status(Name=each["TrailARN"])["IsLogging"]),
                "RecordsManagement": _records_management(each, resource),
            }
            for each in found
        ]
    return Observed(configuration={"Trails": trails}, name=resource.id, is_of_account=True)


def _records_management(found: dict[str, Any], resource: Resource) -> bool:
    """Of one at home elsewhere, such as that of an organisation, its owner knows."""
    if not _is_at_home(found, resource):
        return True
    return _has_management(client("cloudtrail").get_event_selectors(TrailName=found["TrailARN"]))


def _is_at_home(found: dict[str, Any], resource: Resource) -> bool:
    home = (found.get("HomeRegion"), str(found["TrailARN"]).split(":")[4])
    return home == (resource.region, resource.account)


def _has_management(selectors: dict[str, Any]) -> bool:
    """Whether all management events are recorded, as AWS Config looks at it. A trail without selectors of its
    own records them."""
    basic, advanced = selectors.get("EventSelectors", []), selectors.get("AdvancedEventSelectors", [])
    if not basic and not advanced:
        return True
    return any(
        each.get("IncludeManagementEvents", True)
        and not each.get("ExcludeManagementEventSources")
        and each.get("ReadWriteType", "All") == "All"
        for each in basic
    ) or any(_is_all_management(each["FieldSelectors"]) for each in advanced)


def _is_all_management(fields: list[dict[str, Any]]) -> bool:
    """The category, and nothing that narrows it."""
    return [(each["Field"], each.get("Equals")) for each in fields] == [("eventCategory", ["Management"])]


def _trail(found: dict[str, Any], resource: Resource) -> dict[str, object]:
    return {
        "Name": found["Name"],
        "Arn": str(found["TrailARN"]),
        "IsMultiRegion": bool(found.get("IsMultiRegionTrail")),
        "IsStartable": _is_at_home(found, resource),
        "ValidatesFiles": bool(found.get("LogFileValidationEnabled")),
    }
