"""Makes the resources of a translated template, one function per type."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from signalbox_local import function_resources
from signalbox_local.intrinsics import Made
from signalbox_local.workshop import Properties, Workshop
from signalbox_local.yaml_texts import read_yaml

_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")


def _table(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    settings = dict(properties)
    time_to_live = settings.pop("TimeToLiveSpecification", None)
    recovery = settings.pop("PointInTimeRecoverySpecification", None)
    name = workshop.name(logical_id, settings.pop("TableName", None))
    client = workshop.client("dynamodb")
    table = client.create_table(TableName=name, **settings)["TableDescription"]
    if time_to_live:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=time_to_live)
    if recovery:
        client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
    return Made(name, {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")})


def _log_group(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("LogGroupName"))
    client = workshop.client("logs")
    client.create_log_group(logGroupName=name)
    if days := properties.get("RetentionInDays"):
        client.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    group = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]
    return Made(name, {"Arn": group["arn"]})


def _queue(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("QueueName"))
    settings = {key: _text(value) for key, value in properties.items() if key not in ("QueueName", "Tags")}
    client = workshop.client("sqs")
    url = client.create_queue(QueueName=name, Attributes=settings)["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return Made(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def _queue_policy(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    policy = json.dumps(properties["PolicyDocument"])
    for url in properties["Queues"]:
        workshop.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return Made(logical_id)


def _topic(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("TopicName"))
    arn = workshop.client("sns").create_topic(Name=name)["TopicArn"]
    return Made(arn, {"TopicArn": arn, "TopicName": name})


def _topic_policy(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    policy = json.dumps(properties["PolicyDocument"])
    for arn in properties["Topics"]:
        workshop.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=policy
        )
    return Made(logical_id)


def _event_bus(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    arn = workshop.client("events").create_event_bus(Name=properties["Name"])["EventBusArn"]
    return Made(properties["Name"], {"Arn": arn, "Name": properties["Name"]})


def _rule(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    settings = {key: value for key, value in properties.items() if key not in ("Name", "Targets")}
    if "EventPattern" in settings:
        settings["EventPattern"] = json.dumps(settings["EventPattern"])
    name = workshop.name(logical_id, properties.get("Name"))
    bus = {"EventBusName": settings["EventBusName"]} if "EventBusName" in settings else {}
    client = workshop.client("events")
    arn = client.put_rule(Name=name, **settings)["RuleArn"]
    if targets := properties.get("Targets"):
        client.put_targets(Rule=name, Targets=targets, **bus)
    return Made(name, {"Arn": arn})


def _config_rule(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("ConfigRuleName"))
    settings = {**properties, "ConfigRuleName": name}
    if "InputParameters" in settings:
        settings["InputParameters"] = json.dumps(settings["InputParameters"])
    client = workshop.client("config")
    client.put_config_rule(ConfigRule=settings)
    rule = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"][0]
    return Made(name, {"Arn": rule["ConfigRuleArn"], "ConfigRuleId": rule["ConfigRuleId"]})


def _schedule_group(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("Name"))
    arn = workshop.client("scheduler").create_schedule_group(Name=name)["ScheduleGroupArn"]
    return Made(name, {"Arn": arn})


def _role(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    client = workshop.client("iam")
    name = workshop.name(logical_id, properties.get("RoleName"))
    role = client.create_role(
        RoleName=name,
        Path=properties.get("Path", "/"),
        AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
    )["Role"]
    for policy in properties.get("Policies", []):
        document = _policy(policy["PolicyDocument"])
        client.put_role_policy(RoleName=name, PolicyName=policy["PolicyName"], PolicyDocument=document)
    for arn in properties.get("ManagedPolicyArns", []):
        client.attach_role_policy(RoleName=name, PolicyArn=arn)
    return Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})


def _inline_policy(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    document = _policy(properties["PolicyDocument"])
    for role in properties.get("Roles", []):
        workshop.client("iam").put_role_policy(
            RoleName=role, PolicyName=properties["PolicyName"], PolicyDocument=document
        )
    return Made(properties["PolicyName"])


def _managed_policy(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    client = workshop.client("iam")
    arn = client.create_policy(
        PolicyName=workshop.name(logical_id, properties.get("ManagedPolicyName")),
        Path=properties.get("Path", "/"),
        PolicyDocument=_policy(properties["PolicyDocument"]),
    )["Policy"]["Arn"]
    for role in properties.get("Roles", []):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Made(arn, {"PolicyArn": arn})


def _alarm(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("AlarmName"))
    client = workshop.client("cloudwatch")
    client.put_metric_alarm(**{**properties, "AlarmName": name})
    alarm = client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return Made(name, {"Arn": alarm["AlarmArn"]})


def _dashboard(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    name = workshop.name(logical_id, properties.get("DashboardName"))
    workshop.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=properties["DashboardBody"])
    return Made(name)


def _machine(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    definition = (
        properties.get("Definition") or workshop.folder(properties["DefinitionS3Location"]).read_text()
    )
    text = definition if isinstance(definition, str) else json.dumps(definition)
    given = properties.get("DefinitionSubstitutions", {})
    filled = _SUBSTITUTION.sub(lambda found: str(given.get(found[1], found[0])), text)
    # CloudFormation leaves the stack out of the names that it makes for state machines.
    name = properties.get("StateMachineName") or f"{logical_id}-{workshop.generated_id(logical_id)}"
    arn = workshop.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(read_yaml(filled)),
        roleArn=properties["RoleArn"],
        type=properties.get("StateMachineType", "STANDARD"),
    )["stateMachineArn"]
    return Made(arn, {"Arn": arn, "Name": name})


def _rest_api(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    workshop.api.rest_api_id = workshop.generated_id(logical_id)
    workshop.api.body = properties.get("Body", {})
    return Made(workshop.api.rest_api_id, {"RestApiId": workshop.api.rest_api_id, "RootResourceId": "root"})


def _stage(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    workshop.api.stage = properties["StageName"]
    return Made(workshop.api.stage)


def _api_key(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    workshop.api.key_id = workshop.generated_id(logical_id)
    workshop.api.key = properties.get("Value") or secrets.token_hex(20)
    return Made(workshop.api.key_id, {"APIKeyId": workshop.api.key_id})


def _usage_plan(workshop: Workshop, logical_id: str, properties: Properties) -> Made:
    workshop.api.plan = properties
    plan_id = workshop.generated_id(logical_id)
    return Made(plan_id, {"Id": plan_id})


def _policy(document: Properties) -> str:
    """SAM leaves the version out here and there, which IAM takes and moto does not."""
    return json.dumps({"Version": "2012-10-17", **document})


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


MAKERS: Mapping[str, Callable[[Workshop, str, Properties], Made]] = {
    "AWS::ApiGateway::ApiKey": _api_key,
    "AWS::ApiGateway::RestApi": _rest_api,
    "AWS::ApiGateway::Stage": _stage,
    "AWS::ApiGateway::UsagePlan": _usage_plan,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::Config::ConfigRule": _config_rule,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Policy": _inline_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Alias": function_resources.make_alias,
    "AWS::Lambda::EventInvokeConfig": function_resources.make_invoke_settings,
    "AWS::Lambda::Function": function_resources.make_function,
    "AWS::Lambda::LayerVersion": function_resources.make_layer,
    "AWS::Lambda::Permission": function_resources.make_permission,
    "AWS::Lambda::Version": function_resources.make_version,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::Scheduler::ScheduleGroup": _schedule_group,
    "AWS::StepFunctions::StateMachine": _machine,
}

SILENT = frozenset(
    {
        # A deployment is what the gateway does anyway; the one key is under the one plan.
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::UsagePlanKey",
    }
)
