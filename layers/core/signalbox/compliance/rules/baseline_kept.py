"""Resources are as the baseline of their type says."""

from signalbox.compliance.baseline_types import BASELINE_TYPES
from signalbox.compliance.decisions.baselines import judge
from signalbox.compliance.rules.rule import Rule, tells

NAME = "baseline-kept"
RULE = Rule(
    name=NAME,
    title="Resources are as the baseline of their type says",
    identifier="EvaluateBaselinesFunction",
    resource_type="AWS::S3::Bucket",
    scope=tuple(BASELINE_TYPES),
    judge=judge,
    playbook=tells(),
)
