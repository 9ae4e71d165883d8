"""EC2 instances are managed by Systems Manager, and run the CloudWatch agent."""

from signalbox.compliance.model import Configuration, Judgement
from signalbox.compliance.rules.rule import Rule, compliant, non_compliant, tells

# As packages and installers call it: without spaces and hyphens, in lower case.
AGENT = "amazoncloudwatchagent"


def _managed(configuration: Configuration) -> Judgement:
    if configuration.get("Ping"):
        return compliant(f"Systems Manager knows it: {configuration['Ping']}")
    return non_compliant(
        "Systems Manager does not know it: it takes the SSM agent, a role with AmazonSSMManagedInstanceCore,"
        " and a way to the service"
    )


def _has_agent(configuration: Configuration) -> Judgement:
    found = configuration.get("Applications")
    names = [str(name) for name in found] if isinstance(found, list) else []
    if any(name.lower().replace(" ", "").replace("-", "") == AGENT for name in names):
        return compliant("the CloudWatch agent is installed")
    return non_compliant(
        "its inventory has no CloudWatch agent: AWS-ConfigureAWSPackage installs AmazonCloudWatchAgent,"
        " which takes CloudWatchAgentServerPolicy"
    )


MANAGED = Rule(
    name="instance-managed",
    title="EC2 instances are managed by Systems Manager",
    identifier="EC2_INSTANCE_MANAGED_BY_SSM",
    resource_type="AWS::EC2::Instance",
    scope=("AWS::EC2::Instance", "AWS::SSM::ManagedInstanceInventory"),
    judge=_managed,
    playbook=tells(),
)
HAS_AGENT = Rule(
    name="instance-agent",
    title="Managed instances run the CloudWatch agent",
    identifier="EC2_MANAGEDINSTANCE_APPLICATIONS_REQUIRED",
    resource_type="AWS::SSM::ManagedInstanceInventory",
    judge=_has_agent,
    playbook=tells(),
)
