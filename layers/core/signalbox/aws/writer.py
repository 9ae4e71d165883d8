"""Makes the writes of rollouts: an allow-list of operations, each called as it is written."""

from collections.abc import Mapping

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import code_of, is_passing
from signalbox.kernel.errors import Rejected, Transient
from signalbox.rollouts.routing import weighs
from signalbox.rollouts.writes import Write

# (service, operation) -> errors that mean "it is so already"
ALLOWED: Mapping[tuple[str, str], frozenset[str]] = {
    ("ec2", "CreateLaunchTemplateVersion"): frozenset(),
    ("ec2", "DeleteLaunchTemplateVersions"): frozenset(
        {"InvalidLaunchTemplateId.VersionNotFound", "InvalidLaunchTemplateId.NotFound"}
    ),
    ("autoscaling", "CreateAutoScalingGroup"): frozenset({"AlreadyExists"}),
    ("autoscaling", "UpdateAutoScalingGroup"): frozenset(),
    ("autoscaling", "PutWarmPool"): frozenset(),
    ("autoscaling", "DeleteWarmPool"): frozenset(),
    ("autoscaling", "PutScalingPolicy"): frozenset(),
    ("autoscaling", "BatchPutScheduledUpdateGroupAction"): frozenset(),
    ("autoscaling", "SuspendProcesses"): frozenset(),
    ("autoscaling", "ResumeProcesses"): frozenset(),
    ("autoscaling", "TerminateInstanceInAutoScalingGroup"): frozenset(),
    ("autoscaling", "DeleteAutoScalingGroup"): frozenset(),
    ("elbv2", "CreateTargetGroup"): frozenset({"DuplicateTargetGroupName"}),
    ("elbv2", "ModifyTargetGroupAttributes"): frozenset(),
    ("elbv2", "CreateLoadBalancer"): frozenset({"DuplicateLoadBalancerName"}),
    ("elbv2", "ModifyLoadBalancerAttributes"): frozenset(),
    ("elbv2", "CreateListener"): frozenset({"DuplicateListener"}),
    ("elbv2", "ModifyListenerAttributes"): frozenset(),
    ("elbv2", "AddListenerCertificates"): frozenset(),
    ("elbv2", "CreateRule"): frozenset({"PriorityInUse"}),
    ("elbv2", "DeleteLoadBalancer"): frozenset({"LoadBalancerNotFound"}),
    ("elbv2", "ModifyRule"): frozenset(),
    ("elbv2", "ModifyListener"): frozenset(),
    ("elbv2", "DeregisterTargets"): frozenset({"InvalidTarget", "TargetGroupNotFound"}),
    ("elbv2", "DeleteTargetGroup"): frozenset({"TargetGroupNotFound"}),
    ("route53", "ChangeResourceRecordSets"): frozenset(),
    ("cloudwatch", "PutMetricAlarm"): frozenset(),
    ("cloudwatch", "DeleteAlarms"): frozenset({"ResourceNotFound"}),
}
# Auto Scaling says ValidationError for everything; these texts mean that the thing is gone.
GONE = ("not found", "does not exist", "No managed instance found", "No warm pool found")
REMOVALS = frozenset(
    {
        "TerminateInstanceInAutoScalingGroup",
        "DeleteAutoScalingGroup",
        "DeleteWarmPool",
        "SuspendProcesses",
    }
)


class AwsWriter:
    """Port `Writer`."""

    def apply(self, write: Write, *, once: bool = False) -> str | None:
        """The id of the change, where AWS tells one. Raises Rejected for an operation that is not on the
        list, or that AWS definitely refused."""
        settled = ALLOWED.get((write.service, write.operation))
        if settled is None:
            raise Rejected(f"{write.service}:{write.operation} is not a write of Signalbox")
        method = getattr(client(write.service, once=once), xform_name(write.operation))  # type: ignore[call-overload]
        try:
            answer: Mapping[str, Mapping[str, str]] = method(**write.parameters)
        except ClientError as error:
            if code_of(error) in settled or _is_gone(write, error):
                return None
            kind = Transient if is_passing(error) or _is_let_go(write, error) else Rejected
            raise kind(f"{write.operation} of {write.resource}: {error}") from error
        except BotoCoreError as error:
            raise Transient(f"{write.operation} of {write.resource}: {error}") from error
        return answer.get("ChangeInfo", {}).get("Id")


def _is_let_go(write: Write, error: ClientError) -> bool:
    """A load balancer that has just gone lets go of its target group a little later."""
    return write.operation == "DeleteTargetGroup" and code_of(error) == "ResourceInUse"


def _is_gone(write: Write, error: ClientError) -> bool:
    text = str(error)
    if write.operation == "ChangeResourceRecordSets":
        return code_of(error) == "InvalidChangeBatch" and not weighs(write) and "not found" in text
    return (
        write.operation in REMOVALS and code_of(error) == "ValidationError" and any(g in text for g in GONE)
    )
