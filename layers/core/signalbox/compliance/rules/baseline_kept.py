"""Resources are as the baseline of their type says."""

from signalbox.compliance.decisions.baselines import judge
from signalbox.compliance.rules.rule import Rule, tells

NAME = "baseline-kept"
RULE = Rule(
    name=NAME,
    title="Resources are as the baseline of their type says",
    identifier="EvaluateBaselinesFunction",
    resource_type="AWS::S3::Bucket",
    judge=judge,
    playbook=tells(),
)
