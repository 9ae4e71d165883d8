"""The configuration recorder of the account: moto keeps whether it is on, and what it records. Without it no
rule looks."""

from typing import Any

from moto.config.models import config_backends

NAME = "default"
ACCOUNT = "AWS::::Account"
RECORDER = {
    "name": NAME,
    "roleARN": "arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
    "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
}


def begin_to_record(client: Any, account: str) -> None:
    """As somebody has done for the account before Signalbox came: a recorder of everything, turned on.
    `client` is one of AWS Config."""
    recorder = RECORDER | {"roleARN": str(RECORDER["roleARN"]).format(account=account)}
    client.put_configuration_recorder(ConfigurationRecorder=recorder)
    client.put_delivery_channel(DeliveryChannel={"name": NAME, "s3BucketName": f"config-{account}"})
    client.start_configuration_recorder(ConfigurationRecorderName=NAME)


def is_recording(account: str, region: str) -> bool:
    """Whether anything is recorded there."""
    recorders = config_backends[account][region].recorders
    return any(each.status.recording for each in recorders.values())


def records(account: str, region: str, type_: str) -> bool:
    """Whether it keeps records of that type; of the account itself there are none, and rules look at it."""
    recorders = config_backends[account][region].recorders
    return type_ == ACCOUNT or all(_has(each.recording_group, type_) for each in recorders.values())


def _has(group: Any, type_: str) -> bool:
    if group.all_supported:
        return True
    if group.recording_strategy["useOnly"] == "EXCLUSION_BY_RESOURCE_TYPES":
        return type_ not in group.exclusion_by_resource_types["resourceTypes"]
    return type_ in group.resource_types
