"""The AWS endpoint of the local runtime: signatures and permissions as on AWS, every call on record."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.autoscaling.models import autoscaling_backends
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.iam.models import iam_backends
from moto.sqs.models import sqs_backends
from moto.sts.models import sts_backends

from signalbox_local import control
from signalbox_local.authorisation import Authoriser
from signalbox_local.aws_endpoint import build_app
from signalbox_local.calls import CallLog, CallRecord
from signalbox_local.identities import Credentials, Identities, KeyPair, utc_now
from signalbox_local.loopback import LoopbackServer, PortTaken

ACCOUNT = "111122223333"
"""An account of its own: whatever else runs in this process keeps its estate."""
REGION = "eu-west-1"
BACKENDS: tuple[dict[str, Any], ...] = (
    autoscaling_backends,
    dynamodb_backends,
    events_backends,
    iam_backends,
    sqs_backends,
    sts_backends,
)
TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


class Clock:
    """A wall clock that can be wrong."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.off


@dataclass
class Endpoint:
    """A running endpoint with an administrator and a function's role that may do nothing yet."""

    url: str
    identities: Identities
    calls: CallLog
    clock: Clock
    admin: KeyPair
    role_arn: str

    def client(self, service: str, key: KeyPair | Credentials | None = None) -> Any:
        key = key or self.admin
        return boto3.client(
            service,  # type: ignore[call-overload]
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            aws_session_token=getattr(key, "session_token", None),
            config=Config(retries={"total_max_attempts": 1}),
        )

    def allow(self, action: str | list[str], resource: str = "*") -> None:
        """Replaces all that the role may do."""
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        self.client("iam").put_role_policy(
            RoleName="worker", PolicyName="own", PolicyDocument=document(statement)
        )

    def as_role(self, service: str) -> Any:
        return self.client(service, self.identities.issue(self.role_arn, "worker-session"))

    def last_call(self) -> CallRecord:
        return self.calls.since()[-1]


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[int, str, str]:
    """Status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return (
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Code"],
        response["Error"]["Message"],
    )


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    for backend in BACKENDS:
        backend.pop(ACCOUNT, None)
    clock, calls = Clock(), CallLog()
    identities = Identities(ACCOUNT, clock)
    controls = {"calls": control.calls_control(calls), "health": control.health_control({"region": REGION})}
    server = LoopbackServer(build_app(identities, Authoriser(), calls, controls), 0, "aws-endpoint")
    server.start()
    admin = identities.create_administrator()
    running = Endpoint(server.url, identities, calls, clock, admin, f"arn:aws:iam::{ACCOUNT}:role/worker")
    running.client("iam").create_role(RoleName="worker", AssumeRolePolicyDocument=document(TRUST))
    yield running
    server.stop()


@pytest.fixture
def table(endpoint: Endpoint) -> str:
    endpoint.client("dynamodb").create_table(
        TableName="records",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/records"


def test_a_key_says_whose_it_is(endpoint: Endpoint) -> None:
    user = endpoint.client("sts").get_caller_identity()
    session = endpoint.as_role("sts").get_caller_identity()
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/administrator"
    assert session["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/worker-session"


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("dynamodb", "list_tables", (400, "InvalidSignatureException")),
        ("sqs", "list_queues", (400, "SignatureDoesNotMatch")),
        ("sts", "get_caller_identity", (403, "SignatureDoesNotMatch")),
        ("autoscaling", "describe_auto_scaling_groups", (403, "SignatureDoesNotMatch")),
        ("ec2", "describe_instances", (401, "AuthFailure")),
        ("lambda", "list_functions", (403, "InvalidSignatureException")),
    ],
)
def test_a_wrong_secret_is_refused(
    endpoint: Endpoint, service: str, operation: str, expected: tuple[int, str]
) -> None:
    forged = replace(endpoint.admin, secret_access_key="x" * 40)
    assert refusal(getattr(endpoint.client(service, forged), operation))[:2] == expected


def test_an_unknown_key_is_refused(endpoint: Endpoint) -> None:
    unknown = KeyPair("AKIA0000000000000000", "x" * 40)
    assert refusal(endpoint.client("sts", unknown).get_caller_identity)[:2] == (403, "InvalidClientTokenId")
    assert refusal(endpoint.client("dynamodb", unknown).list_tables)[:2] == (
        400,
        "UnrecognizedClientException",
    )


def test_a_deactivated_key_is_refused(endpoint: Endpoint) -> None:
    user = endpoint.identities.create_user("leaver")
    endpoint.client("iam").update_access_key(
        UserName="leaver", AccessKeyId=user.access_key_id, Status="Inactive"
    )
    assert refusal(endpoint.client("sts", user).get_caller_identity)[1] == "InvalidClientTokenId"


@pytest.mark.parametrize("off", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_signature_older_or_newer_than_five_minutes_is_refused(endpoint: Endpoint, off: timedelta) -> None:
    endpoint.clock.off = off
    status, code, message = refusal(endpoint.client("sts").get_caller_identity)
    assert (status, code) == (403, "SignatureDoesNotMatch")
    assert message.startswith("Signature expired" if off > timedelta() else "Signature not yet current")


def test_a_request_without_a_signature_is_refused(endpoint: Endpoint) -> None:
    ask = Request(endpoint.url, data=b"Action=GetCallerIdentity&Version=2011-06-15")
    with pytest.raises(Exception, match="403"), urlopen(ask):
        pass


def test_temporary_credentials_need_their_token_and_end(endpoint: Endpoint) -> None:
    issued = endpoint.identities.issue(endpoint.role_arn, "short", timedelta(hours=1))
    assert issued.expires_at - datetime.now(UTC) < timedelta(hours=1, seconds=1)
    without_token = KeyPair(issued.access_key_id, issued.secret_access_key)
    assert refusal(endpoint.client("sts", without_token).get_caller_identity)[1] == "InvalidClientTokenId"
    ended = endpoint.identities.issue(endpoint.role_arn, "ended", timedelta(seconds=-1))
    assert refusal(endpoint.client("sts", ended).get_caller_identity)[1] == "ExpiredToken"


def test_a_role_that_does_not_exist_has_no_credentials(endpoint: Endpoint) -> None:
    with pytest.raises(KeyError, match="no such role"):
        endpoint.identities.issue(f"arn:aws:iam::{ACCOUNT}:role/nobody", "s")


def test_a_role_without_a_statement_may_do_nothing(endpoint: Endpoint, table: str) -> None:
    status, code, message = refusal(
        endpoint.as_role("dynamodb").get_item, TableName="records", Key={"pk": {"S": "1"}}
    )
    assert (status, code) == (400, "AccessDeniedException")
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/worker/worker-session is not authorized to perform: "
        f"dynamodb:GetItem on resource: {table} because no identity-based policy allows the dynamodb:GetItem "
        "action"
    )


def test_a_changed_policy_acts_at_once(endpoint: Endpoint, table: str) -> None:
    worker = endpoint.as_role("dynamodb")
    endpoint.allow("dynamodb:GetItem", table)
    worker.get_item(TableName="records", Key={"pk": {"S": "1"}})
    endpoint.allow("dynamodb:GetItem", table + "-other")
    assert refusal(worker.get_item, TableName="records", Key={"pk": {"S": "1"}})[1] == "AccessDeniedException"


def test_attached_policies_and_boundaries_count(endpoint: Endpoint, table: str) -> None:
    iam = endpoint.client("iam")
    everything = document({"Effect": "Allow", "Action": "dynamodb:*", "Resource": table})
    reading = document({"Effect": "Allow", "Action": "dynamodb:Get*", "Resource": "*"})
    policy = iam.create_policy(PolicyName="everything", PolicyDocument=everything)["Policy"]["Arn"]
    limit = iam.create_policy(PolicyName="limit", PolicyDocument=reading)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    worker = endpoint.as_role("dynamodb")
    worker.put_item(TableName="records", Item={"pk": {"S": "1"}})
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=limit)
    worker.get_item(TableName="records", Key={"pk": {"S": "1"}})
    assert (
        "no permissions boundary allows"
        in refusal(worker.put_item, TableName="records", Item={"pk": {"S": "1"}})[2]
    )


def test_a_transaction_needs_the_permissions_of_its_items(endpoint: Endpoint, table: str) -> None:
    key = {"pk": {"S": "1"}}
    items = [
        {"Put": {"TableName": "records", "Item": {"pk": {"S": "2"}}}},
        {
            "ConditionCheck": {
                "TableName": "records",
                "Key": key,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]
    worker = endpoint.as_role("dynamodb")
    endpoint.allow(["dynamodb:TransactWriteItems", "dynamodb:PutItem"], table)
    assert "dynamodb:ConditionCheckItem" in refusal(worker.transact_write_items, TransactItems=items)[2]
    endpoint.allow(["dynamodb:ConditionCheckItem", "dynamodb:PutItem"], table)
    worker.transact_write_items(TransactItems=items)


def test_ec2_refuses_in_its_own_words(endpoint: Endpoint) -> None:
    status, code, message = refusal(endpoint.as_role("ec2").describe_instances)
    assert (status, code) == (403, "UnauthorizedOperation")
    assert message.startswith("You are not authorized to perform this operation. User: arn:aws:sts::")


def test_a_group_with_a_launch_template_needs_what_ec2_asks_for(endpoint: Endpoint) -> None:
    ec2, autoscaling = endpoint.client("ec2"), endpoint.as_role("autoscaling")
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    iam = endpoint.client("iam")
    iam.create_role(RoleName="instances", AssumeRolePolicyDocument=document(TRUST))
    iam.create_instance_profile(InstanceProfileName="instances")
    iam.add_role_to_instance_profile(InstanceProfileName="instances", RoleName="instances")
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "t3.micro",
            "IamInstanceProfile": {"Name": "instances"},
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
        },
    )
    group = {
        "AutoScalingGroupName": "web",
        "MinSize": 0,
        "MaxSize": 0,
        "AvailabilityZones": [f"{REGION}a"],
        "LaunchTemplate": {"LaunchTemplateName": "web", "Version": "$Latest"},
    }
    granted: list[str] = []
    for action in (
        "autoscaling:CreateAutoScalingGroup",
        "ec2:RunInstances",
        "ec2:CreateTags",
        "iam:PassRole",
    ):
        assert (
            f"to perform: {action} on resource: arn:aws:"
            in refusal(autoscaling.create_auto_scaling_group, **group)[2]
        )
        granted.append(action)
        endpoint.allow(granted)
    autoscaling.create_auto_scaling_group(**group)
    assert endpoint.last_call().resources[0].endswith(":autoScalingGroup:*:autoScalingGroupName/web")
    endpoint.client("autoscaling").set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=0)
    assert ":autoScalingGroup:*:" not in endpoint.last_call().resources[0]


def test_a_role_is_assumed_only_by_whom_it_trusts(endpoint: Endpoint) -> None:
    iam, visitor = endpoint.client("iam"), endpoint.identities.create_user("visitor")
    sts = endpoint.client("sts", visitor)
    wanted = {"RoleArn": endpoint.role_arn, "RoleSessionName": "visit"}
    assert refusal(sts.assume_role, **wanted)[:2] == (403, "AccessDenied")
    named = {**TRUST, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/visitor"}}
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=document(named))
    got = sts.assume_role(**wanted)["Credentials"]
    session = Credentials(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], got["Expiration"])
    arn = endpoint.client("sts", session).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/visit"


def test_trust_in_the_account_asks_for_a_policy_as_well(endpoint: Endpoint) -> None:
    iam, visitor = endpoint.client("iam"), endpoint.identities.create_user("visitor")
    account = {**TRUST, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    iam.update_assume_role_policy(RoleName="worker", PolicyDocument=document(account))
    wanted = {"RoleArn": endpoint.role_arn, "RoleSessionName": "visit"}
    assert refusal(endpoint.client("sts", visitor).assume_role, **wanted)[1] == "AccessDenied"
    may = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": endpoint.role_arn})
    iam.put_user_policy(UserName="visitor", PolicyName="may", PolicyDocument=may)
    endpoint.client("sts", visitor).assume_role(**wanted)


def test_a_session_with_fewer_rights_is_not_pretended(endpoint: Endpoint) -> None:
    everyone = {**TRUST, "Principal": {"AWS": "*"}}
    endpoint.client("iam").update_assume_role_policy(RoleName="worker", PolicyDocument=document(everyone))
    wanted = {"RoleArn": endpoint.role_arn, "RoleSessionName": "narrow", "Policy": document()}
    status, code, message = refusal(endpoint.client("sts").assume_role, **wanted)
    assert (status, code, message) == (501, "NotAvailableLocally", "not available locally: sts:AssumeRole")


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("autoscaling", "start_instance_refresh", {"AutoScalingGroupName": "x"}),
        ("lambda", "get_function_scaling_config", {"FunctionName": "x", "Qualifier": "1"}),
        ("imagebuilder", "list_images", {}),
        ("sts", "get_session_token", {}),
    ],
)
def test_what_cannot_be_had_says_so(
    endpoint: Endpoint, service: str, operation: str, arguments: dict[str, str]
) -> None:
    client = endpoint.client(service)
    name = client.meta.method_to_api_mapping[operation]
    status, code, message = refusal(getattr(client, operation), **arguments)
    assert (status, code) == (501, "NotAvailableLocally")
    assert message == f"not available locally: {service}:{name}"


def test_every_call_is_on_record_in_order_of_arrival(endpoint: Endpoint, table: str) -> None:
    before = endpoint.last_call().sequence
    endpoint.client("dynamodb").put_item(TableName="records", Item={"pk": {"S": "1"}, "blob": {"B": b"\x00"}})
    refusal(endpoint.as_role("dynamodb").get_item, TableName="records", Key={"pk": {"S": "1"}})
    refusal(endpoint.client("dynamodb").get_item, TableName="nowhere", Key={"pk": {"S": "1"}})
    with urlopen(f"{endpoint.url}/_signalbox/calls?since={before}") as answer:
        put, denied, missing = json.load(answer)["calls"]
    assert put["sequence"] == before + 1
    assert (put["service"], put["operation"], put["resources"]) == ("dynamodb", "PutItem", [table])
    assert put["parameters"] == {"TableName": "records", "Item": {"pk": {"S": "1"}, "blob": {"B": "AA=="}}}
    assert (put["status"], put["error"], put["principal"]) == (
        200,
        None,
        f"arn:aws:iam::{ACCOUNT}:user/administrator",
    )
    assert (denied["status"], denied["error"]) == (400, "AccessDeniedException")
    assert (missing["status"], missing["error"]) == (400, "ResourceNotFoundException")
    assert put["at"] <= denied["at"] <= missing["at"]


def test_conditions_that_were_not_evaluated_are_on_record(endpoint: Endpoint) -> None:
    tagged = {"StringEquals": {"aws:ResourceTag/signalbox:managed": "true"}}
    statement = {"Effect": "Allow", "Action": "dynamodb:ListTables", "Resource": "*", "Condition": tagged}
    endpoint.client("iam").put_role_policy(
        RoleName="worker", PolicyName="own", PolicyDocument=document(statement)
    )
    endpoint.as_role("dynamodb").list_tables()
    assert endpoint.last_call().conditions == ("aws:ResourceTag/signalbox:managed",)


def test_a_control_path_that_nobody_has_is_404(endpoint: Endpoint) -> None:
    with urlopen(f"{endpoint.url}/_signalbox/health") as answer:
        assert json.load(answer) == {"status": "ok", "region": REGION}
    with pytest.raises(Exception, match="404"), urlopen(f"{endpoint.url}/_signalbox/elsewhere"):
        pass


def test_an_alarm_rule_queue_and_load_balancer_are_named_by_their_arns(endpoint: Endpoint) -> None:
    here = f"{REGION}:{ACCOUNT}"
    endpoint.client("events").put_rule(Name="each-minute", ScheduleExpression="rate(1 minute)")
    assert endpoint.last_call().resources == (f"arn:aws:events:{here}:rule/each-minute",)
    endpoint.client("sqs").create_queue(QueueName="dead")
    assert endpoint.last_call().resources == (f"arn:aws:sqs:{here}:dead",)
    endpoint.client("cloudwatch").describe_alarms(AlarmNames=["a"])
    assert endpoint.last_call().resources == (f"arn:aws:cloudwatch:{here}:alarm:*",)
    endpoint.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert endpoint.last_call().resources == ("*",)
    refusal(
        endpoint.client("elbv2").create_target_group, Name="blue", Protocol="HTTP", Port=80, VpcId="vpc-none"
    )
    # And the network in which it is, on which EC2 knows no resources.
    assert endpoint.last_call().resources == (
        f"arn:aws:elasticloadbalancing:{here}:targetgroup/blue/*",
        "*",
    )


def test_a_taken_port_is_named(endpoint: Endpoint) -> None:
    taken = int(endpoint.url.rpartition(":")[2])
    with pytest.raises(PortTaken, match=f"port {taken} on 127.0.0.1 is in use"):
        LoopbackServer(lambda environ, start: [], taken, "second")


def test_a_stopped_server_leaves_no_connection_and_no_thread() -> None:
    server = LoopbackServer(build_app(Identities(ACCOUNT), Authoriser(), CallLog(), {}), 0, "short-lived")
    server.start()
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/_signalbox/health")
    assert connection.getresponse().read()
    idle = connection.sock
    server.stop()
    assert idle.recv(1) == b""
    assert "short-lived" not in {thread.name for thread in threading.enumerate()}
