"""The configuration recorder of the account: moto keeps whether it is on, without it no rule looks."""

from typing import Any

from moto.config.models import config_backends

NAME = "default"
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
