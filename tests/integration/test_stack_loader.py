"""Templates become resources in moto and in our own parts, by the same translator that SAM uses."""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from signalbox_local.functions import Functions, Host
from signalbox_local.intrinsics import NO_VALUE, Made, Scope, Unresolved, references
from signalbox_local.stack import Place, Stack, TemplateError, load

TEMPLATE = Path(__file__).parents[2] / "template.yaml"
PLACE = Place("eu-west-1", "123456789012")
SMALL = textwrap.dedent("""
    Transform: AWS::Serverless-2016-10-31
    Parameters:
      Colour: {Type: String, Default: red}
    Conditions:
      IsRed: !Equals [!Ref Colour, red]
      IsBlue: !Not [!Condition IsRed]
    Resources:
      Worker:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: worker
          Handler: app.handler
          Runtime: python3.13
          Timeout: 7
          AutoPublishAlias: live
          Layers: [!Ref Shared]
          Environment: {Variables: {COLOUR: !Ref Colour, QUEUE: !If [IsRed, !Ref Queue, !Ref AWS::NoValue]}}
          DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}
          Policies: [{Statement: [{Effect: Allow, Action: sqs:SendMessage, Resource: !GetAtt Queue.Arn}]}]
          Events:
            Hourly: {Type: Schedule, Properties: {Schedule: rate(1 hour), Enabled: false}}
            Get: {Type: Api, Properties: {Path: "/things/{thing}", Method: GET}}
      Shared: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/shared}}
      Queue: {Type: AWS::SQS::Queue}
      Blue: {Type: AWS::SQS::Queue, Condition: IsBlue}
      Fleet: {Type: AWS::GameLift::Fleet, Properties: {Name: x}}
    Outputs:
      Shout: {Value: !Sub "${Colour}! ${Queue.QueueName}"}
""")


CONFIG: Any = {"iam": {"load_aws_managed_policies": True}, "stepfunctions": {"execute_state_machine": True}}


def _functions(folder: Path) -> Functions:
    return Functions(Host("eu-west-1", "123456789012", folder / "logs", "", lambda role, name: {}))


def _client(service: Any) -> Any:
    return boto3.client(service, region_name="eu-west-1")


@pytest.fixture
def functions(tmp_path: Path) -> Iterator[Functions]:
    with mock_aws(config=CONFIG):
        yield _functions(tmp_path)


def _load(functions: Functions, folder: Path, **parameters: str) -> Stack:
    template = folder / "template.yaml"
    template.write_text(SMALL)
    return load(template, PLACE, functions, _client, parameters)


@dataclass(frozen=True)
class Real:
    """The stack of template.yaml, and what AWS then tells of it."""

    stack: Stack
    time_to_live: Any
    machine: Any
    targets: list[Any]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    with mock_aws(config=CONFIG):
        stack = load(TEMPLATE, PLACE, _functions(tmp_path_factory.mktemp("real")), _client)
        machine = _client("stepfunctions").describe_state_machine(stateMachineArn=stack.ref("RolloutMachine"))
        events = _client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
        return Real(
            stack,
            _client("dynamodb").describe_time_to_live(TableName=stack.ref("Table"))["TimeToLiveDescription"],
            json.loads(machine["definition"]),
            [target for rule in rules for target in events.list_targets_by_rule(Rule=rule)["Targets"]],
        )


def test_a_function_gets_what_its_template_says(functions: Functions, tmp_path: Path) -> None:
    stack = _load(functions, tmp_path)
    spec, version, _ = functions.resolve("signalbox-Worker:live")
    assert version == "1"
    assert (spec.handler, spec.timeout, spec.code) == ("app.handler", 7, tmp_path / "worker")
    assert spec.search_path == (tmp_path / "layers" / "shared",)
    assert spec.environment == {"COLOUR": "red", "QUEUE": stack.ref("Queue")}
    assert spec.role_arn == "arn:aws:iam::123456789012:role/signalbox-WorkerRole"


def test_parameters_decide_conditions(functions: Functions, tmp_path: Path) -> None:
    stack = _load(functions, tmp_path, Colour="blue")
    assert "Blue" in stack.resources
    assert functions.resolve("signalbox-Worker")[0].environment == {"COLOUR": "blue"}
    assert stack.outputs["Shout"] == "blue! signalbox-Queue"


def test_what_is_not_available_locally_is_named(functions: Functions, tmp_path: Path) -> None:
    assert _load(functions, tmp_path).warnings == ("not available locally: AWS::GameLift::Fleet Fleet",)


def test_an_unknown_parameter_is_refused(functions: Functions, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no parameter Color"):
        _load(functions, tmp_path, Color="blue")


def test_rules_and_routes_reach_the_alias_and_its_policy_lets_them(
    functions: Functions, tmp_path: Path
) -> None:
    stack = _load(functions, tmp_path)
    rule = _client("events").list_rules()["Rules"][0]
    target = _client("events").list_targets_by_rule(Rule=rule["Name"])["Targets"][0]
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(1 hour)", "DISABLED")
    assert target["Arn"] == functions.arn("signalbox-Worker", "live")
    assert functions.permits(target["Arn"], "events.amazonaws.com", rule["Arn"])
    assert stack.api
    assert [(route.method, route.path, route.function) for route in stack.api.routes] == [
        ("GET", "/things/{thing}", target["Arn"])
    ]


def test_the_real_template_is_available_locally_as_a_whole(real: Real) -> None:
    assert real.stack.warnings == ()


def test_the_real_table_forgets_what_has_expired(real: Real) -> None:
    assert real.time_to_live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_the_real_machine_calls_published_versions(real: Real) -> None:
    begin = real.machine["States"]["Begin"]["Arguments"]["FunctionName"]
    assert begin == "arn:aws:lambda:eu-west-1:123456789012:function:signalbox-BeginFunction:1"


def test_the_real_api_asks_for_a_key_but_not_in_an_emergency(real: Real) -> None:
    api = real.stack.api
    assert api
    assert {route.auth for route in api.routes} == {"AWS_IAM"}
    posts = [route for route in api.routes if route.method == "POST"]
    needs_key = {route.path.rsplit("/", 1)[1]: route.api_key_required for route in posts}
    assert needs_key["rollouts"]
    assert not any(needs_key[verb] for verb in ("abort", "pause"))
    assert (api.rate, api.burst, api.quota) == (50, 100, None)


def test_every_rule_of_the_real_template_has_a_dead_letter_queue(real: Real) -> None:
    assert real.targets
    for target in real.targets:
        assert target["DeadLetterConfig"]["Arn"] == real.stack.resources["DeadLetters"].attributes["Arn"]
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ({"Ref": "Name"}, "n"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "arn:q"),
        ({"Fn::GetAtt": "Queue.Arn"}, "arn:q"),
        ({"Fn::Sub": "${Name}-${Queue}-${Queue.Arn}-${!Literal}"}, "n-url-arn:q-${Literal}"),
        ({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Name"}}]}, "nn"),
        ({"Fn::Join": ["/", ["a", {"Ref": "Name"}]]}, "a/n"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Name"}, "Big"]}, 3),
        ({"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 1]}, NO_VALUE),
        ({"keep": 1, "drop": {"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, 1]}}, {"keep": 1}),
        ([1, {"Ref": "AWS::NoValue"}], [1]),
    ],
)
def test_intrinsic_functions_resolve(value: Any, resolved: Any) -> None:
    assert _scope().resolve(value) == resolved


@pytest.mark.parametrize(
    "value", [{"Ref": "Nobody"}, {"Fn::ImportValue": "x"}, {"Fn::GetAtt": ["Queue", "Size"]}]
)
def test_what_cannot_be_resolved_is_named(value: Any) -> None:
    with pytest.raises(Unresolved):
        _scope().resolve(value)


@pytest.mark.parametrize(
    ("name", "holds"), [("Yes", True), ("No", False), ("Both", False), ("Either", True), (None, True)]
)
def test_conditions_hold(name: str | None, holds: bool) -> None:
    assert _scope().holds(name) is holds


def test_references_are_found_wherever_they_hide() -> None:
    value = [
        {"Ref": "A"},
        {"x": {"Fn::GetAtt": ["B", "Arn"]}},
        {"Fn::Sub": ["${C.Arn}${D}", {"D": {"Ref": "E"}}]},
    ]
    assert set(references(value)) == {"A", "B", "C", "D", "E"}


def _scope() -> Scope:
    yes, no = {"Fn::Equals": [{"Ref": "Number"}, 1]}, {"Fn::Not": [{"Condition": "Yes"}]}
    conditions = {"Yes": yes, "No": no, "Both": {"Fn::And": [yes, no]}, "Either": {"Fn::Or": [yes, no]}}
    template = {"Mappings": {"Sizes": {"n": {"Big": 3}}}, "Conditions": conditions}
    scope = Scope(template, {"Name": "n", "Number": "1", "AWS::NoValue": NO_VALUE})
    scope.resources["Queue"] = Made("url", {"Arn": "arn:q"})
    return scope
