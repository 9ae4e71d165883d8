"""S3 buckets block public access."""

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, fields, non_compliant

BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def judge(configuration: Configuration) -> Judgement:
    """All four blocks must be on."""
    off = [name for name in BLOCKS if configuration.get(name) is not True]
    return non_compliant(f"off: {', '.join(off)}") if off else compliant("all four blocks are on")


def _obstacle(configuration: Configuration) -> str:
    if configuration.get("Website") is True:
        return "it serves a website: somebody may have decided that it is public"
    return ""


def _act(resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return (_put(resource, dict.fromkeys(BLOCKS, True)),)


def _undo(resource: Resource, before: Configuration) -> tuple[Write, ...]:
    """A bucket that had no configuration at all has none again."""
    if before.get("Configured") is not True:
        return (Write(service="s3", operation="DeletePublicAccessBlock", parameters={"Bucket": resource.id}),)
    return (_put(resource, {name: before.get(name) is True for name in BLOCKS}),)


def _put(resource: Resource, blocks: dict[str, bool]) -> Write:
    return Write(
        service="s3",
        operation="PutPublicAccessBlock",
        parameters={"Bucket": resource.id, "PublicAccessBlockConfiguration": blocks},
    )


RULE = Rule(
    name="bucket-public-access",
    title="S3 buckets block public access",
    identifier="S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED",
    resource_type="AWS::S3::Bucket",
    judge=judge,
    playbook=Playbook(
        mode=Mode.AUTO,
        danger=Danger.REFUSES,
        obstacle=_obstacle,
        act=_act,
        undo=_undo,
        restored=fields("Configured", *BLOCKS),
    ),
)
