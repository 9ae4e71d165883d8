"""EC2: instances, launch templates and what is launched from them; reading names nothing."""

from collections.abc import Iterable, Mapping
from typing import Any

from signalbox_local import moto_records
from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_KIND_OF_ID = {
    "ami": "image",
    "eni": "network-interface",
    "i": "instance",
    "lt": "launch-template",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
}
_OWNED_BY_NOBODY = {"image", "snapshot"}
# What does not exist before the request.
_MADE = {"CreateSnapshot": ("snapshot/*",), "CreateVolume": ("volume/*",)}
_ID_PARAMETERS = (
    "GroupId",
    "ImageId",
    "InstanceId",
    "InstanceIds",
    "LaunchTemplateId",
    "Resources",
    "SnapshotId",
    "SubnetId",
    "VolumeId",
    "VpcId",
)
# What EC2 does with a key in the name of whoever makes an encrypted volume.
_OF_A_KEY = ("CreateGrant", "DescribeKey", "GenerateDataKeyWithoutPlaintext")
_ALWAYS_LAUNCHED = ("instance/*", "network-interface/*", "volume/*")


def permissions(asked: Asked) -> Iterable[Permission]:
    """Tags given at creation need `ec2:CreateTags` on what is created; EC2 uses the keys of encrypted volumes
    in the name of whoever starts their instance."""
    if asked.operation.startswith(("Describe", "Get", "Search")):
        return asked.needs()
    if asked.operation == "RunInstances":
        return _run(asked)
    if asked.operation == "StartInstances":
        keys = moto_records.keys_of_volumes(asked.account, asked.region, asked.texts("InstanceIds"))
        return (*asked.needs(*_resources(asked)), *(Permission("kms:CreateGrant", key) for key in keys))
    beside = _MADE.get(asked.operation, ())
    if asked.operation == "ModifyInstanceAttribute" and asked.parameters.get("BlockDeviceMappings"):
        beside = ("volume/*",)
    own = asked.needs(*_resources(asked), *(_arn(asked, kind) for kind in beside))
    return (*own, *_tagging(asked, asked.parameters), *_encrypting(asked))


def _encrypting(asked: Asked) -> Iterable[Permission]:
    """With the account's key, unless the request names one; AWS's own key is everybody's in the account."""
    if asked.operation != "CreateVolume" or not asked.parameters.get("Encrypted"):
        return ()
    named = asked.text("KmsKeyId")
    keys = [named] if named else moto_records.key_of_new_volumes(asked.account, asked.region)
    return [Permission(f"kms:{action}", key) for key in keys for action in _OF_A_KEY]


def launch_permissions(asked: Asked, template: Mapping[str, str]) -> Iterable[Permission]:
    """What launching from this launch template needs: RunInstances, CreateTags, PassRole."""
    template_id = _template_id(asked, template)
    data = moto_records.launch_template_data(
        asked.account, asked.region, template_id, template.get("Version")
    )
    resources = [*_ALWAYS_LAUNCHED, f"launch-template/{template_id}", *_launched(data)]
    yield from (Permission("ec2:RunInstances", _arn(asked, resource)) for resource in resources)
    yield from _tagging(asked, data)
    yield from _instance_role(asked, data)


def _run(asked: Asked) -> Iterable[Permission]:
    resources = [*_ALWAYS_LAUNCHED, *_launched(asked.parameters)]
    yield from (Permission("ec2:RunInstances", _arn(asked, resource)) for resource in resources)
    yield from _tagging(asked, asked.parameters)
    yield from _instance_role(asked, asked.parameters)
    if template := asked.parameters.get("LaunchTemplate"):
        yield from launch_permissions(asked, template)


def _launched(data: Mapping[str, Any]) -> list[str]:
    """The image, subnet, security groups and key pair that a launch names."""
    named = [data.get("ImageId"), data.get("SubnetId"), *(data.get("SecurityGroupIds") or [])]
    known = [_resource_of(identity) for identity in named if isinstance(identity, str)]
    return [*known, f"key-pair/{data['KeyName']}"] if data.get("KeyName") else known


def _tagging(asked: Asked, data: Mapping[str, Any]) -> Iterable[Permission]:
    kinds = [spec.get("ResourceType", "*") for spec in data.get("TagSpecifications") or []]
    if asked.service != "ec2" or asked.operation == "RunInstances":
        # moto keeps the tags of a launch template itself among the data that it launches with.
        kinds = [kind for kind in kinds if kind != "launch-template"]
    return (Permission("ec2:CreateTags", _arn(asked, f"{kind}/*")) for kind in kinds)


def _instance_role(asked: Asked, data: Mapping[str, Any]) -> Iterable[Permission]:
    if profile := data.get("IamInstanceProfile"):
        role = moto_records.role_of_instance_profile(asked.account, profile)
        yield Permission("iam:PassRole", role or "*")


def _resources(asked: Asked) -> list[str]:
    named = [_arn(asked, _resource_of(identity)) for identity in asked.texts(*_ID_PARAMETERS)]
    if not named and "LaunchTemplate" in asked.operation:
        named = [_arn(asked, f"launch-template/{_existing_template_id(asked)}")]
    return named


def _existing_template_id(asked: Asked) -> str:
    if asked.operation == "CreateLaunchTemplate":
        return "*"
    return _template_id(asked, {"LaunchTemplateName": asked.text("LaunchTemplateName") or ""})


def _template_id(asked: Asked, template: Mapping[str, str]) -> str:
    by_name = template.get("LaunchTemplateName", "")
    known = template.get("LaunchTemplateId")
    return known or moto_records.launch_template_id(asked.account, asked.region, by_name)


def _resource_of(identity: str) -> str:
    """`i-0abc` is `instance/i-0abc`; an image that a parameter names (`resolve:ssm:…`) is any image."""
    if identity.startswith("resolve:"):
        return "image/*"
    return f"{_KIND_OF_ID.get(identity.rpartition('-')[0], '*')}/{identity}"


def _arn(asked: Asked, resource: str) -> str:
    account = "" if resource.partition("/")[0] in _OWNED_BY_NOBODY else asked.account
    return f"arn:aws:ec2:{asked.region}:{account}:{resource}"
