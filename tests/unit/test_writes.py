"""Writes in AWS's own words."""

from dataclasses import replace
from typing import cast

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.routing import forward
from signalbox.rollouts.writes import (
    copy_alarm,
    copy_group,
    copy_target_group,
    create_template_version,
    launched_version,
    resume,
    set_group,
    set_target_group_attributes,
    suspend,
    terminate,
    version_description,
)
from tests.unit.builders import (
    BLUE,
    IMAGE,
    LISTENER,
    RULE,
    TEMPLATE,
    alarm,
    group,
    rule,
    simple_forward,
    target_group,
)


def tags(parameters: JsonObject) -> dict[str, str]:
    listed = cast("list[dict[str, str]]", parameters["Tags"])
    return {tag["Key"]: tag["Value"] for tag in listed}


def test_a_version_is_made_from_the_serving_one_and_found_again_by_its_rollout() -> None:
    made = create_template_version(TEMPLATE, "1", IMAGE, "r-1")
    assert made.parameters["SourceVersion"] == "1"
    assert made.parameters["LaunchTemplateData"] == {"ImageId": IMAGE}
    assert made.parameters["VersionDescription"] == version_description("r-1")
    assert made.parameters["ClientToken"] == "r-1"


def test_a_copy_of_a_group_is_faithful_pinned_and_tagged_with_its_maker() -> None:
    of = group(tags={"team": "payments", "aws:cloudformation:stack-name": "shop"})
    copy = copy_group(of, name="copy", target_group="arn", version="2", size=12, rollout_id="r-1").parameters
    assert copy["VPCZoneIdentifier"] == "subnet-1"
    assert (copy["MinSize"], copy["MaxSize"], copy["DesiredCapacity"]) == (12, 12, 12)
    assert copy["LaunchTemplate"] == {"LaunchTemplateId": TEMPLATE, "Version": "2"}
    assert copy["TargetGroupARNs"] == ["arn"]
    assert tags(copy) == {"team": "payments", "signalbox:managed": "true", "signalbox:created-by": "r-1"}


def test_what_is_not_asked_of_a_group_stays() -> None:
    assert set_group(group(), desired=0).parameters == {"AutoScalingGroupName": "blue", "DesiredCapacity": 0}


def test_a_target_group_is_copied_with_its_port_and_its_attributes_follow() -> None:
    made = copy_target_group(target_group(), "copy", "r-1").parameters
    assert (made["Name"], made["Port"]) == ("copy", 80)
    assert tags(made)["signalbox:created-by"] == "r-1"
    follow = set_target_group_attributes("arn", {"b": "2", "a": "1"}).parameters
    assert follow["Attributes"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def test_a_rule_and_a_default_action_are_set_by_different_calls() -> None:
    assert forward(rule(RULE), simple_forward()).operation == "ModifyRule"
    default = forward(rule(LISTENER), simple_forward())
    assert default.operation == "ModifyListener"
    assert default.parameters["DefaultActions"] == list(simple_forward())


def test_the_secret_of_a_login_is_kept() -> None:
    login: JsonObject = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"Issuer": "https://id"}}
    written = forward(rule(RULE), (login, *simple_forward())).parameters["Actions"]
    assert written == [
        {**login, "AuthenticateOidcConfig": {"Issuer": "https://id", "UseExistingClientSecret": True}},
        *simple_forward(),
    ]


def test_a_copy_of_an_alarm_looks_elsewhere_and_takes_no_action() -> None:
    copy = copy_alarm(alarm(), "copy", {"TargetGroup": "targetgroup/x", "A": "b"}, "r-1").parameters
    assert copy["MetricName"] == "HTTPCode_Target_5XX_Count"
    assert copy["ActionsEnabled"] is False
    assert copy["Dimensions"] == [
        {"Name": "A", "Value": "b"},
        {"Name": "TargetGroup", "Value": "targetgroup/x"},
    ]


def test_a_copy_of_an_alarm_on_metric_math_looks_elsewhere_with_each_metric() -> None:
    def counted(id_: str, name: str) -> JsonObject:
        own = [
            {"Name": "LoadBalancer", "Value": "app/shop/1"},
            {"Name": "TargetGroup", "Value": "targetgroup/a"},
        ]
        metric = {"Namespace": "AWS/ApplicationELB", "MetricName": name, "Dimensions": own}
        return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    rate: JsonObject = {"Id": "rate", "Expression": "100 * errors / requests", "ReturnData": True}
    queries = [counted("errors", "HTTPCode_Target_5XX_Count"), counted("requests", "RequestCount"), rate]
    math = alarm(copied={"Metrics": queries, "Threshold": 2.0})
    copy = copy_alarm(math, "copy", {"TargetGroup": "targetgroup/x", "Other": "y"}, "r-1").parameters
    metrics = copy["Metrics"]
    assert isinstance(metrics, list)
    seen = [pair["Value"] for query in metrics[:2] for pair in query["MetricStat"]["Metric"]["Dimensions"]]
    assert seen == ["app/shop/1", "targetgroup/x"] * 2
    assert metrics[2] == rate
    assert "Dimensions" not in copy
    assert queries[0] == counted("errors", "HTTPCode_Target_5XX_Count")


def test_a_member_goes_and_the_size_of_its_group_stays() -> None:
    write = terminate("blue", "i-1")
    assert write.parameters == {"InstanceId": "i-1", "ShouldDecrementDesiredCapacity": False}
    assert write.resource == "blue"


def test_processes_stand_still_and_run_again() -> None:
    assert suspend("blue", ("A",)).parameters["ScalingProcesses"] == ["A"]
    assert resume("blue", ("A",)).operation == "ResumeProcesses"


MIXED = {
    "LaunchTemplate": {
        "LaunchTemplateSpecification": {
            "LaunchTemplateId": TEMPLATE,
            "LaunchTemplateName": "checkout",
            "Version": "1",
        },
        "Overrides": [{"InstanceType": "c7g.large"}, {"InstanceType": "c6g.large"}],
    },
    "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 50},
}


def test_a_mixed_instances_policy_is_written_whole_with_the_version_in_it() -> None:
    blue = replace(group(), mixed=MIXED)
    wanted = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateId": TEMPLATE, "Version": "2"},
            "Overrides": [{"InstanceType": "c7g.large"}, {"InstanceType": "c6g.large"}],
        },
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 50},
    }
    made = copy_group(blue, name="c", target_group=BLUE, version="2", size=1, rollout_id="r-1")
    changed = set_group(blue, version="2")
    for write in (made, changed):
        assert write.parameters["MixedInstancesPolicy"] == wanted
        assert "LaunchTemplate" not in write.parameters
        assert launched_version(write) == "2"
    assert "MixedInstancesPolicy" not in set_group(blue, min_size=1).parameters
    assert launched_version(set_group(blue, min_size=1)) is None
    assert launched_version(set_group(group(), version="3")) == "3"
