"""Services whose requests name one resource, by a name that is nearly its ARN."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_BUCKET_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
}
_FUNCTION_ACTIONS = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}


def functions(asked: Asked) -> Iterable[Permission]:
    """Lambda: a qualifier is part of the ARN; a policy on the bare function does not cover its versions."""
    action = _FUNCTION_ACTIONS.get(asked.operation, asked.operation)
    name = asked.text("FunctionName")
    if not name or asked.operation.endswith(("EventSourceMapping", "EventSourceMappings")):
        return asked.on_named_arns(action)
    arn = name if name.startswith("arn:") else asked.arn(f"function:{name.rpartition('function:')[2]}")
    qualifier = asked.text("Qualifier")
    return asked.needs(f"{arn}:{qualifier}" if qualifier else arn, action=action)


def log_groups(asked: Asked) -> Iterable[Permission]:
    """CloudWatch Logs: also an action on a group is authorised on its (unnamed) stream."""
    group, stream = asked.text("logGroupName"), asked.text("logStreamName") or ""
    if not group:
        return asked.on_named_arns()
    return asked.needs(asked.arn(f"log-group:{group}:log-stream:{stream}"))


def hosted_zones(asked: Asked) -> Iterable[Permission]:
    """Route 53, which has neither region nor account in its ARNs."""
    if asked.operation == "GetChange":
        change = (asked.text("Id") or "").rpartition("/")[2]
        return asked.needs(f"arn:aws:route53:::change/{change}")
    zone = (asked.text("HostedZoneId", "Id") or "").rpartition("/")[2]
    return asked.needs(f"arn:aws:route53:::hostedzone/{zone}") if zone else asked.needs()


def firewalls(asked: Asked) -> Iterable[Permission]:
    """WAF: a firewall is looked for by what it protects, which belongs to another service."""
    protected = asked.text("ResourceArn")
    return asked.needs(protected) if protected else asked.on_named_arns()


def buckets(asked: Asked) -> Iterable[Permission]:
    """S3: several operations share an action; the source of a copy is not looked at."""
    bucket, key = asked.text("Bucket"), asked.text("Key")
    action = _BUCKET_ACTIONS.get(asked.operation)
    if not bucket:
        return asked.needs(action=action)
    on_objects = "/*" if asked.operation == "DeleteObjects" else ""
    return asked.needs(f"arn:aws:s3:::{bucket}{f'/{key}' if key else on_objects}", action=action)


def config_rules(asked: Asked) -> Iterable[Permission]:
    """Config, whose ARNs have an id that AWS makes: the name stands for it here."""
    names = asked.texts("ConfigRuleName", "ConfigRuleNames")
    return asked.needs(*(asked.arn(f"config-rule/{name}") for name in names))


def schedules(asked: Asked) -> Iterable[Permission]:
    """EventBridge Scheduler."""
    name, group = asked.text("Name"), asked.text("GroupName") or "default"
    if not name:
        return asked.on_named_arns()
    kind = f"schedule-group/{name}" if asked.operation.endswith("Group") else f"schedule/{group}/{name}"
    return asked.needs(asked.arn(kind))


def parameters(asked: Asked) -> Iterable[Permission]:
    """Systems Manager: parameters by name or path; other operations on the ARNs that they name."""
    if "Parameter" not in asked.operation or asked.operation == "DescribeParameters":
        return asked.on_named_arns()
    names = asked.texts("Name", "Names", "Path")
    return asked.needs(*(asked.arn(f"parameter/{name.lstrip('/')}") for name in names))
