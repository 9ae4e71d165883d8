"""template.yaml: what the whole stack promises, checked on what CloudFormation is really given."""

import json
import re
from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs

from signalbox.aws.clients import READ_TIMEOUT
from signalbox.compliance.baseline_types import BASELINE_TYPES
from signalbox.compliance.rules import baseline_kept, registry
from signalbox.rollouts.commands.occurrences import EACH_MINUTE
from tests.contract.template import (
    ROOT,
    SOURCE,
    machines,
    read_template,
    references,
    resources,
    template,
    translate,
    translated,
    walk,
)

FUNCTIONS = resources(template(), "AWS::Serverless::Function")
RULES = resources(template(), "AWS::Events::Rule")
CALLED_BY_MACHINE = {
    function
    for machine in resources(template(), "AWS::Serverless::StateMachine").values()
    for function in references(machine["Properties"]["DefinitionSubstitutions"])
}
WOKEN_BY_RULES = {
    function for rule in RULES.values() for function in references(rule["Properties"]["Targets"])
}
PAGES = {"PageTopic", "PageTopicArn"}
PAGING_RULES = {name for name, rule in RULES.items() if PAGES & references(rule["Properties"]["Targets"])}
# EventBridge asks for the bus's name; Begin wakes the sweep by the rule's: a reference would be a cycle.
NAMED_ON_PURPOSE = {"Bus", "SweepEachMinuteRule"}
_NAMES = re.compile(r"(Function|Role|Table|Queue|Topic|Alarm|LogGroup|Machine|Dashboard|ManagedPolicy)?Name")


def _routes() -> dict[str, dict[str, Any]]:
    paths = translated()["Resources"]["Api"]["Properties"]["Body"]["paths"]
    return {f"{verb.upper()} {path}": route for path, verbs in paths.items() for verb, route in verbs.items()}


def test_what_cloudformation_is_given_passes_the_linter() -> None:
    document = json.loads(json.dumps(translated()))
    for path, node in walk(document["Resources"]):
        # cfn-lint takes a number only, where JSONata may compute it.
        if "/Definition/" in path and isinstance(node, dict) and isinstance(node.get("TimeoutSeconds"), str):
            node["TimeoutSeconds"] = 60
    found = lint(json.dumps(document), config=ManualArgs(regions=["eu-west-1"]))
    assert [f"{match.rule.id} {match.message}" for match in found] == []


def test_every_resource_says_why_it_is_there() -> None:
    text = SOURCE.read_text(encoding="utf-8").partition("\nResources:\n")[2].partition("\nOutputs:\n")[0]
    lines = text.splitlines()
    silent = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if re.fullmatch(r"  \w+:", line) and not before.startswith("  # ")
    ]
    assert silent == []


def test_nothing_has_a_physical_name_but_what_must() -> None:
    named = {
        name
        for name, resource in resources(template()).items()
        if any(_NAMES.fullmatch(key) for key in resource.get("Properties", {}))
        and resource["Type"] not in ("AWS::CloudWatch::Alarm", "AWS::Lambda::Permission")
    }
    assert named == NAMED_ON_PURPOSE


def test_the_sweep_knows_its_quick_rule_by_the_end_of_its_name() -> None:
    name = RULES["SweepEachMinuteRule"]["Properties"]["Name"]["Fn::Sub"]
    assert name.endswith(EACH_MINUTE)
    assert not any(EACH_MINUTE.removeprefix("-") in rule for rule in RULES.keys() - {"SweepEachMinuteRule"})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_attempts_of_a_call_fit_into_its_function(name: str) -> None:
    """Else Lambda ends it in the middle of the last one: nothing is written down, and `OnAlarm` begins anew a
    minute later."""
    given = FUNCTIONS[name]["Properties"]
    own = given.get("Environment", {}).get("Variables", {}).get("READ_TIMEOUT_SECONDS", READ_TIMEOUT)
    between = 1 + 2  # seconds at most, between three attempts in the SDK's standard mode
    assert 3 * float(own) + between < given.get("Timeout", template()["Globals"]["Function"]["Timeout"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_a_role_of_its_own(name: str) -> None:
    function = translated()["Resources"][name]["Properties"]
    assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_logs_json_to_a_group_that_forgets(name: str) -> None:
    logging = translated()["Resources"][name]["Properties"]["LoggingConfig"]
    assert logging["LogFormat"] == "JSON"
    assert "RetentionInDays" in template()["Resources"][logging["LogGroup"]["Ref"]]["Properties"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_built_for_lambda_on_any_machine(name: str) -> None:
    assert FUNCTIONS[name]["Metadata"]["BuildMethod"] == "makefile"


@pytest.mark.parametrize("layer", resources(template(), "AWS::Serverless::LayerVersion"))
def test_a_new_layer_publishes_every_function_anew(layer: str) -> None:
    changed = read_template()
    changed["Resources"][layer]["Properties"]["ContentUri"] = "s3://stand-in/other"
    before = resources(translated(), "AWS::Lambda::Version").keys()
    after = resources(translate(changed), "AWS::Lambda::Version").keys()
    assert not before & after
    assert len(after) == len(FUNCTIONS)


def test_the_machine_calls_published_versions() -> None:
    versions = resources(translated(), "AWS::Lambda::Version")
    for name in machines():
        given = translated()["Resources"][name]["Properties"]["DefinitionSubstitutions"]
        assert all(reference["Ref"] in versions for reference in given.values())


@pytest.mark.parametrize("name", sorted(CALLED_BY_MACHINE))
def test_a_function_that_the_machine_calls_does_not_refer_to_it(name: str) -> None:
    assert not set(machines()) & references(FUNCTIONS[name])


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_cannot_deliver_is_kept(name: str) -> None:
    for target in RULES[name]["Properties"]["Targets"]:
        assert target["RetryPolicy"].keys() == {"MaximumRetryAttempts", "MaximumEventAgeInSeconds"}
        assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["DeadLetters", "Arn"]}
    allowed = template()["Resources"]["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
    assert {"Fn::GetAtt": [name, "Arn"]} in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]


@pytest.mark.parametrize("name", sorted(RULES.keys() - PAGING_RULES))
def test_a_rule_and_no_other_may_call_its_function(name: str) -> None:
    permission = template()["Resources"][f"{name}Permission"]["Properties"]
    assert permission["SourceArn"] == {"Fn::GetAtt": [name, "Arn"]}
    assert [permission["FunctionName"]] == [target["Arn"] for target in RULES[name]["Properties"]["Targets"]]


@pytest.mark.parametrize("name", sorted(PAGING_RULES))
def test_a_rule_that_pages_may_publish_to_the_topic_of_the_stack(name: str) -> None:
    statements = template()["Resources"]["PageTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [each for each in statements if each["Principal"] == {"Service": "events.amazonaws.com"}]
    assert [each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in allowed] == [
        {"Fn::GetAtt": [name, "Arn"]}
    ]


@pytest.mark.parametrize("name", sorted(WOKEN_BY_RULES - {"DeadLetters"} - PAGES))
def test_what_an_event_woke_in_vain_is_kept(name: str) -> None:
    kept = FUNCTIONS[name]["Properties"]["DeadLetterQueue"]
    assert kept == {"Type": "SQS", "TargetArn": {"Fn::GetAtt": ["DeadLetters", "Arn"]}}
    assert FUNCTIONS[name]["Properties"]["EventInvokeConfig"]["MaximumRetryAttempts"] == 2


def test_the_rule_that_compares_with_baselines_is_told_of_every_change_and_looks_each_hour() -> None:
    rule = template()["Resources"]["BaselineKeptConfigRule"]
    source, scope = rule["Properties"]["Source"], rule["Properties"]["Scope"]
    function = {"Fn::GetAtt": ["EvaluateBaselinesFunction", "Arn"]}
    assert (source["Owner"], source["SourceIdentifier"]) == ("CUSTOM_LAMBDA", function)
    assert baseline_kept.RULE.identifier == "EvaluateBaselinesFunction"
    frequencies = {
        each["MessageType"]: each.get("MaximumExecutionFrequency") for each in source["SourceDetails"]
    }
    assert frequencies == {
        "ConfigurationItemChangeNotification": None,
        "OversizedConfigurationItemChangeNotification": None,
        "ScheduledNotification": "One_Hour",
    }
    assert scope["ComplianceResourceTypes"] == list(BASELINE_TYPES)


def test_a_rule_knows_of_which_types_its_rule_in_aws_config_needs_records() -> None:
    """Those without a scope look by themselves."""
    scopes = {
        source if isinstance(source, str) else baseline_kept.RULE.identifier: tuple(
            rule["Properties"].get("Scope", {}).get("ComplianceResourceTypes", ())
        )
        for rule in resources(template(), "AWS::Config::ConfigRule").values()
        for source in [rule["Properties"]["Source"]["SourceIdentifier"]]
    }
    assert scopes == {rule.identifier: rule.recorded_types for rule in registry.RULES.values()}


def test_what_is_for_aws_config_is_made_only_where_it_records_and_in_its_order() -> None:
    """Config makes no rule whose function it may not invoke."""
    made = template()["Resources"]
    rules = {name: made[name]["Condition"] for name in resources(template(), "AWS::Config::ConfigRule")}
    assert rules.pop("RequiredTagsConfigRule") == "RequiresTags"
    own = ("EvaluateBaselinesFunction", "BaselineKeptConfigRulePermission")
    assert {*rules.values(), *(made[name]["Condition"] for name in own)} == {"EvaluatesRules"}
    assert made["BaselineKeptConfigRule"]["DependsOn"] == "BaselineKeptConfigRulePermission"


def test_only_the_emergency_verbs_need_no_key_and_every_route_needs_a_signature() -> None:
    keyless = {name for name, route in _routes().items() if {"api_key": []} not in route["security"]}
    rollout = "/services/{service}/rollouts/{rollout_id}"
    of_findings = {"POST /findings/{id}/reject", "POST /findings/{id}/undo"}
    assert keyless == {f"POST {rollout}/abort", f"POST {rollout}/pause"} | of_findings
    assert all({"AWS_IAM": []} in route["security"] for route in _routes().values())


def test_the_key_says_how_much_and_never_shuts_out_for_a_day() -> None:
    plan = template()["Resources"]["UsagePlan"]["Properties"]
    assert plan["Throttle"] == {"RateLimit": {"Ref": "ApiRateLimit"}, "BurstLimit": {"Ref": "ApiBurstLimit"}}
    assert "Quota" not in plan
    limits = [template()["Parameters"][name]["Default"] for name in ("ApiRateLimit", "ApiBurstLimit")]
    assert limits == [50, 100]


@pytest.mark.parametrize("name", resources(template(), "AWS::CloudWatch::Alarm"))
def test_an_alarm_pages_somebody(name: str) -> None:
    alarm = template()["Resources"][name]["Properties"]
    assert "PageTopic" in references(alarm["AlarmActions"])
    assert "TreatMissingData" in alarm


def test_the_dashboard_shows_whether_each_promise_is_kept() -> None:
    body = template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[^}]+\}", "x", body))["widgets"]
    assert len(widgets) == 3
    assert all(widget["properties"]["metrics"] for widget in widgets)


def test_every_figure_that_is_watched_is_measured() -> None:
    watched = {
        metric["MetricName"]
        for _, metric in walk(resources(template(), "AWS::CloudWatch::Alarm"))
        if isinstance(metric, dict) and metric.get("Namespace") == "Signalbox"
    }
    body = template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    watched |= set(re.findall(r'"Signalbox", "(\w+)"', body))
    product = [path.read_text(encoding="utf-8") for path in (ROOT / "layers/core/signalbox").rglob("*.py")]
    assert {figure for figure in watched if not any(figure in text for text in product)} == set()
