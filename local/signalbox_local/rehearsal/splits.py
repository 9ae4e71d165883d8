"""Who gets which share of a service's traffic, read with boto3: by a listener, a rule, or a DNS name."""

from typing import Any

from signalbox.rollouts.dns import host_of, is_dns, name_of
from signalbox_local.owner import Aws

Split = dict[str, int]
"""Weights by target group."""


def split(aws: Aws, reference: str) -> Split:
    """As it is now; a plain forward is all of it."""
    return _by_name(aws, reference) if is_dns(reference) else _by_rule(aws, reference)


def _by_rule(aws: Aws, reference: str) -> Split:
    if ":listener-rule/" in reference:
        return _weights(aws("elbv2").describe_rules(RuleArns=[reference])["Rules"][0]["Actions"])
    return _weights(
        aws("elbv2").describe_listeners(ListenerArns=[reference])["Listeners"][0]["DefaultActions"]
    )


def _weights(actions: list[dict[str, Any]]) -> Split:
    action = actions[-1]
    config = action.get("ForwardConfig") or {"TargetGroups": [{"TargetGroupArn": action["TargetGroupArn"]}]}
    return {entry["TargetGroupArn"]: int(entry.get("Weight", 1)) for entry in config["TargetGroups"]}


def _by_name(aws: Aws, reference: str) -> Split:
    """Each record leads to a load balancer, whose listener forwards to one target group; a record that leads
    to none goes by its set identifier."""
    name = name_of(reference)
    found = aws("route53").list_resource_record_sets(
        HostedZoneId=name.zone, StartRecordName=name.name, StartRecordType=name.type
    )
    records = [
        one for one in found["ResourceRecordSets"] if (one["Name"], one["Type"]) == (name.name, name.type)
    ]
    balancers = {
        host_of(one["DNSName"]): one["LoadBalancerArn"]
        for one in aws("elbv2").describe_load_balancers()["LoadBalancers"]
    }
    return {
        _behind(aws, balancers.get(host_of(one["ResourceRecords"][0]["Value"])))
        or f"record {one['SetIdentifier']}": int(one["Weight"])
        for one in records
    }


def _behind(aws: Aws, balancer: str | None) -> str:
    """The target group of a load balancer's first listener; empty when there is none."""
    listeners = aws("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"] if balancer else []
    return next((arn for one in listeners for arn in _weights(one["DefaultActions"])), "")
