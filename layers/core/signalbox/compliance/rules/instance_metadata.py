"""EC2 instances hand out their credentials to who has a session only (IMDSv2)."""

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, fields, no_obstacle, non_compliant

OPTIONS = ("HttpTokens", "HttpEndpoint", "HttpPutResponseHopLimit")


def _judge(configuration: Configuration) -> Judgement:
    """As AWS Config does: also of one whose service is off, which somebody may turn on."""
    if configuration.get("HttpTokens") == "required":
        return compliant("its metadata service wants a session")
    return non_compliant("its metadata service answers without a session")


def _act(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (_with(resource, {"HttpTokens": "required"}),)


def _undo(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return (_with(resource, {name: before.get(name) for name in OPTIONS}),)


def _with(resource: Resource, options: dict[str, object]) -> Write:
    """What is not named stays as it is."""
    return Write(
        service="ec2",
        operation="ModifyInstanceMetadataOptions",
        parameters={"InstanceId": resource.id, **options},
    )


RULE = Rule(
    name="instance-metadata",
    title="EC2 instances require IMDSv2",
    identifier="EC2_IMDSV2_CHECK",
    resource_type="AWS::EC2::Instance",
    judge=_judge,
    playbook=Playbook(
        mode=Mode.APPROVE,
        danger=Danger.REFUSES,
        obstacle=no_obstacle,
        act=_act,
        undo=_undo,
        restored=fields(*OPTIONS),
    ),
)
