"""Resources have the tags by which their owners, costs and uses are told apart."""

from signalbox.compliance.model import Configuration, Judgement
from signalbox.compliance.rules.rule import Rule, compliant, non_compliant, tells

NAME = "required-tags"


def _judge(configuration: Configuration) -> Judgement:
    """Only its owner knows what belongs into them."""
    tags, required = configuration.get("Tags"), configuration.get("Required")
    has = tags if isinstance(tags, dict) else {}
    missing = [str(key) for key in required if key not in has] if isinstance(required, list) else []
    if missing:
        return non_compliant(f"it has no tag {', '.join(missing)}: its owner knows what belongs there")
    return compliant("it has all tags that are required")


RULE = Rule(
    name=NAME,
    title="Resources have the required tags",
    identifier="REQUIRED_TAGS",
    resource_type="AWS::S3::Bucket",
    scope=(
        "AWS::EC2::Instance",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::Volume",
        "AWS::RDS::DBInstance",
        "AWS::S3::Bucket",
    ),
    judge=_judge,
    playbook=tells(),
)
