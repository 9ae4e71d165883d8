"""The least that a service needs: a group of two behind a listener, and an alarm."""

from dataclasses import dataclass

import boto3

_MANAGED = "signalbox:managed"


@dataclass(frozen=True)
class Estate:
    """What a service names."""

    group: str
    listener_arn: str
    target_group_arn: str
    alarm: str
    next_image: str

    def service(self, name: str, region: str) -> dict[str, object]:
        """A service on this estate, as the API takes it."""
        return {
            "name": name,
            "owner": "payments",
            "platform": {"kind": "autoscaling", "group": self.group, "region": region},
            "traffic": {
                "router": "alb",
                "listener_arn": self.listener_arn,
                "target_group_arn": self.target_group_arn,
            },
            "strategy": {"preset": "canary", "canary": 1, "bake": "10m"},
            "guards": {"alarms": [self.alarm]},
        }


def make_estate(session: boto3.Session, address: str, name: str) -> Estate:
    """An estate in the default network, as its owner would make it."""
    ec2 = session.client("ec2", endpoint_url=address)
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    image, next_image = (found["ImageId"] for found in ec2.describe_images()["Images"][:2])
    template = ec2.create_launch_template(
        LaunchTemplateName=name,
        LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro"},
        TagSpecifications=[{"ResourceType": "launch-template", "Tags": [{"Key": _MANAGED, "Value": "true"}]}],
    )["LaunchTemplate"]["LaunchTemplateId"]
    network = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    target_group, listener = _make_traffic(session, address, name, network, subnets)
    _make_group(session, address, name, template, target_group, subnets)
    _make_alarm(session, address, name)
    return Estate(name, listener, target_group, f"{name}-5xx", next_image)


def _make_traffic(
    session: boto3.Session, address: str, name: str, network: str, subnets: list[str]
) -> tuple[str, str]:
    elb = session.client("elbv2", endpoint_url=address)
    group = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=80, VpcId=network, Tags=[{"Key": _MANAGED, "Value": "true"}]
    )
    target = group["TargetGroups"][0]["TargetGroupArn"]
    balancer = elb.create_load_balancer(Name=name, Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target}],
        Tags=[{"Key": _MANAGED, "Value": "true"}],
    )
    return target, listener["Listeners"][0]["ListenerArn"]


def _make_group(
    session: boto3.Session, address: str, name: str, template: str, target: str, subnets: list[str]
) -> None:
    session.client("autoscaling", endpoint_url=address).create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=2,
        MaxSize=4,
        DesiredCapacity=2,
        TargetGroupARNs=[target],
        VPCZoneIdentifier=",".join(subnets),
        Tags=[{"Key": _MANAGED, "Value": "true", "PropagateAtLaunch": False}],
    )


def _make_alarm(session: boto3.Session, address: str, name: str) -> None:
    session.client("cloudwatch", endpoint_url=address).put_metric_alarm(
        AlarmName=f"{name}-5xx",
        Namespace="Shop",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
