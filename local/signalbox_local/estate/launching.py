"""Starts one EC2 instance for a group, from the launch template version that the group names."""

from collections import Counter

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup
from moto.core.exceptions import ServiceException
from moto.ec2.models.instances import Instance
from moto.ec2.models.launch_templates import LaunchTemplateVersion

NO_ROOM = (
    "We currently do not have sufficient {kind} capacity in the Availability Zone you requested. Our "
    "system will be working on provisioning additional capacity. Launching EC2 instance failed."
)


class InsufficientInstanceCapacity(ServiceException):
    """EC2's answer when it has no room."""

    code = "InsufficientInstanceCapacity"


def check_room(group: FakeAutoScalingGroup, room: int | None) -> None:
    """Raises InsufficientInstanceCapacity when the region has `room` instances already."""
    if room is None:
        return
    instances = (each for found in group.ec2_backend.reservations.values() for each in found.instances)
    if sum(each.state != "terminated" for each in instances) >= room:
        raise InsufficientInstanceCapacity(NO_ROOM.format(kind=group.instance_type))


def launch_instance(group: FakeAutoScalingGroup) -> tuple[Instance, int | None]:
    """The instance and the number of its launch template version; raises moto's errors of RunInstances."""
    version = _version(group)
    template = {"LaunchTemplateId": version.template.id, "Version": version.number} if version else None
    config = group.launch_config
    subnet = _emptiest(group, _subnets(group), "subnet_id")
    reservation = group.ec2_backend.run_instances(
        group.image_id,
        1,
        group.user_data,
        group.security_groups,
        instance_type=group.instance_type,
        tags={"instance": _tags(group)},
        placement=_emptiest(group, group.availability_zones, "availability_zone"),
        launch_config=config,
        launch_template=template,
        is_instance_type_default=False,
        associate_public_ip=config.associate_public_ip_address if config else None,
        subnet_id=subnet,
    )
    instance: Instance = reservation.instances[0]
    return instance, version.number if version else None


def _version(group: FakeAutoScalingGroup) -> LaunchTemplateVersion | None:
    template = group.ec2_launch_template
    return template.get_version(group.launch_template_version) if template else None


def _tags(group: FakeAutoScalingGroup) -> dict[str, str]:
    return {**group.get_propagated_tags(), ASG_NAME_TAG: group.name, **group.instance_tags}


def _subnets(group: FakeAutoScalingGroup) -> list[str]:
    return group.vpc_zone_identifier.split(",") if group.vpc_zone_identifier else []


def _emptiest(group: FakeAutoScalingGroup, places: list[str], attribute: str) -> str | None:
    held = Counter(getattr(state.instance, attribute) for state in group.instance_states)
    return min(places, key=lambda place: held[place]) if places else None
