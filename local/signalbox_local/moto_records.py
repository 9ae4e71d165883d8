"""What a request leaves unsaid and moto's records know: the ARN behind a name. Reads only; moto 5.2.5."""

from collections.abc import Iterable, Iterator
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.stepfunctions.responses import get_backend


def group_arn(account: str, region: str, name: str) -> str:
    """An Auto Scaling group's ARN; `*` stands for the id of a group that does not exist yet."""
    group = _groups(account, region).get(name)
    prefix = f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup"
    return group.arn if group else f"{prefix}:*:autoScalingGroupName/{name}"


def group_of_instance(account: str, region: str, instance_id: str) -> str | None:
    """The name of the group that has this instance."""
    for name, group in list(_groups(account, region).items()):
        if any(state.instance.id == instance_id for state in list(group.instance_states)):
            return name
    return None


def keys_of_volumes(account: str, region: str, instance_ids: Iterable[str]) -> list[str]:
    """The ARNs of the customer managed keys of these instances' volumes."""
    backend = ec2_backends[account][region]
    attached = [
        backend.volumes.get(device.volume_id)
        for id_ in instance_ids
        if (instance := backend.get_instance_by_id(id_))
        for device in instance.block_device_mapping.values()
    ]
    keys = [str(volume.kms_key_id) for volume in attached if volume and volume.kms_key_id]
    return list(dict.fromkeys(key for key in keys if _is_of_customer(account, region, key)))


def key_of_new_volumes(account: str, region: str) -> list[str]:
    """The ARN of the customer managed key that encrypts the account's new volumes, if it has chosen one."""
    key = str(ec2_backends[account][region].default_kms_key_id)
    return [key] if _is_of_customer(account, region, key) else []


def _is_of_customer(account: str, region: str, key: str) -> bool:
    """AWS's own key has an alias that says so."""
    if not key.startswith("arn:aws:kms:"):
        return False
    kept = kms_backends[account][region].keys.get(key.rpartition("/")[2])
    return kept is None or "alias/aws/ebs" not in kept.aliases


def launch_template_id(account: str, region: str, name: str) -> str:
    """The id of a launch template's name, `*` when there is none."""
    return str(ec2_backends[account][region].launch_template_name_to_ids.get(name, "*"))


def launch_template_data(account: str, region: str, template_id: str, version: str | None) -> dict[str, Any]:
    """What a version (the default one for None) of a launch template launches; empty when there is none."""
    template = ec2_backends[account][region].launch_templates.get(template_id)
    if template is None:
        return {}
    moving = {"$Latest": template.latest_version_number, "$Default": template.default_version_number}
    wanted = str(moving.get(version or "$Default", version))
    return next((dict(v.data) for v in template.versions if str(v.number) == wanted), {})


def role_of_instance_profile(account: str, named: dict[str, str]) -> str | None:
    """The ARN of the role inside `{"Arn": …}` or `{"Name": …}` of an instance profile."""
    name = named.get("Name") or named.get("Arn", "").rpartition("/")[2]
    profiles = list(iam_backends[account]["aws"].instance_profiles.values())
    roles = next((profile.roles for profile in profiles if profile.name == name), [])
    return next((role.arn for role in roles), None)


def machine_of_token(account: str, region: str, token: str) -> str | None:
    """The ARN of the state machine that waits for this task token."""
    for machine_arn, execution in _executions(account, region):
        env = getattr(getattr(execution, "exec_worker", None), "env", None)
        if env is not None and env.callback_pool_manager.get(token) is not None:
            return machine_arn
    return None


def machines(account: str, region: str) -> tuple[str, ...]:
    """The ARNs of all state machines."""
    return tuple(machine.arn for machine in list(get_backend(account, region).state_machines))


def _executions(account: str, region: str) -> Iterator[tuple[str, Any]]:
    for machine in list(get_backend(account, region).state_machines):
        for execution in reversed(list(machine.executions)):
            yield machine.arn, execution


def _groups(account: str, region: str) -> dict[str, FakeAutoScalingGroup]:
    return autoscaling_backends[account][region].autoscaling_groups
