"""New EBS volumes of the account are encrypted."""

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, fields, no_obstacle, non_compliant

ACCOUNT = "AWS::::Account"


def _judge(configuration: Configuration) -> Judgement:
    if configuration.get("EbsEncryptionByDefault") is True:
        return compliant("new volumes are encrypted")
    return non_compliant("new volumes are not encrypted")


def _act(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (Write(service="ec2", operation="EnableEbsEncryptionByDefault", parameters={}),)


def _undo(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return (Write(service="ec2", operation="DisableEbsEncryptionByDefault", parameters={}),)


RULE = Rule(
    name="volumes-encrypted-by-default",
    title="New EBS volumes are encrypted",
    identifier="EC2_EBS_ENCRYPTION_BY_DEFAULT",
    resource_type=ACCOUNT,
    scope=(),
    judge=_judge,
    playbook=Playbook(
        mode=Mode.AUTO,
        danger=Danger.NONE,
        obstacle=no_obstacle,
        act=_act,
        undo=_undo,
        restored=fields("EbsEncryptionByDefault"),
    ),
)
