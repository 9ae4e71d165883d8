"""One suite over all rules: a violation is seen, explained, put right, proven, and brought back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from signalbox.aws import clients
from signalbox.aws.compliance import writes
from signalbox.aws.compliance.estate import AwsEstate
from signalbox.aws.compliance.records import ConfigRecords
from signalbox.compliance.model import Configuration, Mode, Observed, Resource, Verdict, Write
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import Rule, Way
from signalbox.kernel.errors import Rejected, Transient
from signalbox_local.moto_seams import Seams, managed_instances, recorded_resources
from tests.integration.compliance_stages import (
    ACCOUNT,
    MADE,
    REGION,
    baselines,
    delete,
    put_right,
    violation,
)

ESTATE = AwsEstate(["owner"], baselines(), ConfigRecords())
OF_ACCOUNT = {"volumes-encrypted-by-default", "trail-logging"}
each_rule = pytest.mark.parametrize("name", RULES)
TOLD = {name for name, rule in RULES.items() if rule.playbook.mode is Mode.NOTIFY}


@pytest.fixture(scope="module")
def session() -> Iterator[boto3.Session]:
    """One moto for the whole module: making EC2 anew costs a second."""
    seams = Seams()
    recorded_resources(seams)
    managed_instances(seams)
    clients._made.cache_clear()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        yield boto3.Session()
    clients._made.cache_clear()
    seams.undo()


def _observed(rule: Rule, resource: Resource) -> Observed:
    found = ESTATE.observe(rule, resource)
    assert found is not None
    return found


def _verdict(rule: Rule, resource: Resource) -> Verdict:
    return rule.judge(_observed(rule, resource).configuration).verdict


def _put_right(rule: Rule, resource: Resource, before: Configuration) -> None:
    if rule.playbook.stages is not None:
        return _go(rule.playbook.stages.forward, rule, resource, before)
    for write in rule.playbook.act(resource, before):
        ESTATE.write(write)
    return None


def _bring_back(rule: Rule, resource: Resource, before: Configuration) -> None:
    if rule.playbook.stages is not None:
        return _go(rule.playbook.stages.back, rule, resource, before)
    for write in rule.playbook.undo(resource, before):
        ESTATE.write(write)
    return None


def _go(way: Way, rule: Rule, resource: Resource, before: Configuration) -> None:
    """Stage by stage to the end."""
    while (stage := way(resource, before, _observed(rule, resource).configuration)) is not None:
        for write in stage.writes:
            ESTATE.write(write)


def test_every_rule_is_looked_at_and_has_a_violation() -> None:
    assert ESTATE.observers.keys() == RULES.keys() == MADE.keys()


@pytest.mark.parametrize("name", sorted(RULES.keys() - TOLD))
def test_a_violation_is_put_right_proven_and_brought_back(name: str, session: boto3.Session) -> None:
    rule, resource = RULES[name], violation(name, session)
    before = _observed(rule, resource)
    assert rule.judge(before.configuration).verdict is Verdict.NON_COMPLIANT
    assert rule.playbook.obstacle(before.configuration) == ""
    for _ in range(2):  # twice is once
        _put_right(rule, resource, before.configuration)
    assert _verdict(rule, resource) is Verdict.COMPLIANT
    for _ in range(2):
        _bring_back(rule, resource, before.configuration)
    after = _observed(rule, resource)
    assert rule.playbook.restored(after.configuration) == rule.playbook.restored(before.configuration)
    assert (after.tags, after.name) == (before.tags, before.name)


@each_rule
def test_its_tags_and_its_name_are_seen(name: str, session: boto3.Session) -> None:
    found = _observed(RULES[name], violation(name, session))
    assert found.is_of_account == (name in OF_ACCOUNT)
    assert found.name
    if not found.is_of_account:
        assert found.tags.items() >= {"signalbox:managed": "true", "env": "qa"}.items()


@pytest.mark.parametrize("name", sorted(RULES.keys() - OF_ACCOUNT))
def test_what_is_deleted_is_gone(name: str, session: boto3.Session) -> None:
    resource = violation(name, session)
    delete(resource, session)
    assert ESTATE.observe(RULES[name], resource) is None


@pytest.mark.parametrize("name", sorted(RULES.keys() - OF_ACCOUNT))
def test_what_never_was_is_gone(name: str, session: boto3.Session) -> None:
    ids = {
        "AWS::EC2::SecurityGroup": "sg-0a1b2c3d4e5f60718",
        "AWS::EC2::Instance": "i-0a1b2c3d4e5f60718",
        "AWS::EC2::Volume": "vol-0a1b2c3d4e5f60718",
        "AWS::SSM::ManagedInstanceInventory": "i-0a1b2c3d4e5f60718",
    }
    type_ = RULES[name].resource_type
    nobody = Resource(type=type_, id=ids.get(type_, "nobody"), account=ACCOUNT, region=REGION)
    assert ESTATE.observe(RULES[name], nobody) is None


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_only_told_is_told_until_its_owner_has_put_it_right(
    name: str, session: boto3.Session
) -> None:
    rule, resource = RULES[name], violation(name, session)
    assert _verdict(rule, resource) is Verdict.NON_COMPLIANT
    put_right(name, resource, session)
    assert _verdict(rule, resource) is Verdict.COMPLIANT


@pytest.mark.parametrize("of", ["ssh-closed", "instance-metadata", "volume-encrypted", "database-backups"])
def test_tags_of_every_type_are_looked_at(of: str, session: boto3.Session) -> None:
    found = _observed(RULES["required-tags"], violation(of, session))
    assert found.configuration["Required"] == ["owner"]
    assert found.configuration["Tags"] == found.tags


def test_tags_of_other_types_are_not_guessed() -> None:
    topic = Resource(type="AWS::SNS::Topic", id="t", account=ACCOUNT, region=REGION)
    with pytest.raises(Rejected, match="AWS::SNS::Topic"):
        ESTATE.observe(RULES["required-tags"], topic)


def test_a_fix_of_an_instance_changes_its_tokens_alone(session: boto3.Session) -> None:
    rule, resource = RULES["instance-metadata"], violation("instance-metadata", session)
    for write in rule.playbook.act(resource, _observed(rule, resource).configuration):
        ESTATE.write(write)
    assert _observed(rule, resource).configuration == {
        "HttpTokens": "required", "HttpEndpoint": "enabled", "HttpPutResponseHopLimit": 2,
    }  # fmt: skip


def test_a_bucket_that_had_some_of_the_blocks_gets_just_those_back(session: boto3.Session) -> None:
    rule, resource = RULES["bucket-public-access"], violation("bucket-public-access", session)
    some: Any = {"BlockPublicAcls": True, "IgnorePublicAcls": False}
    session.client("s3").put_public_access_block(Bucket=resource.id, PublicAccessBlockConfiguration=some)
    before = _observed(rule, resource).configuration
    for write in rule.playbook.act(resource, before) + rule.playbook.undo(resource, before):
        ESTATE.write(write)
    assert _observed(rule, resource).configuration == before
    assert before["BlockPublicAcls"] is True


def test_a_bucket_that_serves_a_website_is_left(session: boto3.Session) -> None:
    rule, resource = RULES["bucket-public-access"], violation("bucket-public-access", session)
    website: Any = {"IndexDocument": {"Suffix": "index.html"}}
    session.client("s3").put_bucket_website(Bucket=resource.id, WebsiteConfiguration=website)
    assert "website" in rule.playbook.obstacle(_observed(rule, resource).configuration)


def test_what_is_open_to_others_stays_open(session: boto3.Session) -> None:
    rule, resource = RULES["ssh-closed"], violation("ssh-closed", session)
    for write in rule.playbook.act(resource, _observed(rule, resource).configuration):
        ESTATE.write(write)
    found: Any = _observed(rule, resource).configuration["Ingress"]
    left = sorted((each["FromPort"], each["Cidr"]) for each in found)
    assert left == [(22, "10.0.0.0/8"), (443, "0.0.0.0/0")]


def test_a_trail_that_exists_but_does_not_log_does_not_count(session: boto3.Session) -> None:
    rule, resource = RULES["trail-logging"], violation("trail-logging", session)
    session.client("cloudtrail").start_logging(Name="local")  # of this Region only
    assert _verdict(rule, resource) is Verdict.NON_COMPLIANT
    session.client("cloudtrail").start_logging(Name="main")
    assert _verdict(rule, resource) is Verdict.COMPLIANT


_MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
_NOT_KMS = {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}


@pytest.mark.parametrize(
    ("selectors", "verdict"),
    [
        ({"EventSelectors": [{"ReadWriteType": "All"}]}, Verdict.COMPLIANT),
        ({"EventSelectors": [{"IncludeManagementEvents": False}]}, Verdict.NON_COMPLIANT),
        (
            {"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]},
            Verdict.NON_COMPLIANT,
        ),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [_MANAGEMENT]}]}, Verdict.COMPLIANT),
        ({"AdvancedEventSelectors": [{"FieldSelectors": [_MANAGEMENT, _NOT_KMS]}]}, Verdict.NON_COMPLIANT),
    ],
)
def test_a_trail_records_all_management_events(
    session: boto3.Session, selectors: Any, verdict: Verdict
) -> None:
    rule, resource = RULES["trail-logging"], violation("trail-logging", session)
    session.client("cloudtrail").start_logging(Name="main")
    session.client("cloudtrail").put_event_selectors(TrailName="main", **selectors)
    assert _verdict(rule, resource) is verdict


def test_a_trail_at_home_elsewhere_counts_and_is_not_started_from_here(session: boto3.Session) -> None:
    rule = RULES["trail-logging"]
    resource = replace(violation("trail-logging", session), region="us-east-1")
    found = _observed(rule, resource).configuration
    assert "could be started" in rule.playbook.obstacle(found)


def _answers(patch: pytest.MonkeyPatch, error: Exception) -> None:
    class Refusing:
        def __getattr__(self, name: str) -> Any:
            def call(**request: object) -> Any:
                raise error

            return call

    patch.setattr(writes, "client", lambda service, *, once: Refusing())


WRITE = Write(service="rds", operation="ModifyDBInstance", parameters={"DBInstanceIdentifier": "orders"})


@pytest.mark.parametrize(
    ("code", "kind"),
    [("AccessDenied", Rejected), ("Throttling", Transient), ("InvalidDBInstanceState", Transient)],
)
def test_what_may_pass_is_told_from_what_was_refused(
    code: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, ClientError({"Error": {"Code": code, "Message": "no"}}, "ModifyDBInstance"))
    with pytest.raises(kind, match="ModifyDBInstance"):
        ESTATE.write(WRITE)


def test_who_cannot_be_reached_may_be_later(monkeypatch: pytest.MonkeyPatch) -> None:
    _answers(monkeypatch, EndpointConnectionError(endpoint_url="https://rds"))
    with pytest.raises(Transient):
        ESTATE.write(WRITE)


def test_only_what_is_on_the_list_is_ever_written() -> None:
    with pytest.raises(Rejected, match="not a write of Signalbox"):
        ESTATE.write(Write(service="s3", operation="DeleteBucket", parameters={"Bucket": "photos"}))
