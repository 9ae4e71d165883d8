"""Clients for a place: a Region of an account, through the role there when it is another account's."""

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, DeferredRefreshableCredentials

from signalbox.aws.sessions import new_session
from signalbox.fleets.model import Place

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_appstream import AppStreamClient
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_elasticbeanstalk import ElasticBeanstalkClient
    from mypy_boto3_rds import RDSClient
    from mypy_boto3_resource_groups import ResourceGroupsClient
    from mypy_boto3_resourcegroupstaggingapi import ResourceGroupsTaggingAPIClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_workspaces import WorkSpacesClient

# In CloudTrail of the other account.
_SESSION_NAME = "signalbox-fleets"
_ATTEMPTS = 3
# A place is done before the next one begins; more clients than that would only fill the memory.
_CLIENTS = 24


@overload
def client_in(
    place: Place, service: Literal["application-autoscaling"], *, once: bool = ...
) -> "ApplicationAutoScalingClient": ...
@overload
def client_in(place: Place, service: Literal["appstream"], *, once: bool = ...) -> "AppStreamClient": ...
@overload
def client_in(place: Place, service: Literal["autoscaling"], *, once: bool = ...) -> "AutoScalingClient": ...
@overload
def client_in(place: Place, service: Literal["ec2"], *, once: bool = ...) -> "EC2Client": ...
@overload
def client_in(place: Place, service: Literal["ecs"], *, once: bool = ...) -> "ECSClient": ...
@overload
def client_in(
    place: Place, service: Literal["elasticbeanstalk"], *, once: bool = ...
) -> "ElasticBeanstalkClient": ...
@overload
def client_in(place: Place, service: Literal["rds"], *, once: bool = ...) -> "RDSClient": ...
@overload
def client_in(
    place: Place, service: Literal["resource-groups"], *, once: bool = ...
) -> "ResourceGroupsClient": ...
@overload
def client_in(
    place: Place, service: Literal["resourcegroupstaggingapi"], *, once: bool = ...
) -> "ResourceGroupsTaggingAPIClient": ...
@overload
def client_in(place: Place, service: Literal["ssm"], *, once: bool = ...) -> "SSMClient": ...
@overload
def client_in(place: Place, service: Literal["workspaces"], *, once: bool = ...) -> "WorkSpacesClient": ...


def client_in(place: Place, service: str, *, once: bool = False) -> Any:  # noqa: ANN401 - the overloads say which
    """The client of a service at a place; one that sends a request `once` leaves it to the caller to try
    again. Its first call raises what STS says when the role cannot be assumed (operation `AssumeRole`)."""
    return _made(place, service, 1 if once else _ATTEMPTS)


def forget_clients() -> None:
    """For tests, whose endpoints and credentials change."""
    for cached in (_made, _session, _common):
        cached.cache_clear()


@lru_cache(maxsize=_CLIENTS)
def _made(place: Place, service: str, attempts: int) -> Any:  # noqa: ANN401
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    # A page or a batch of a thousand instances takes EC2 several seconds.
    config = Config(retries=retries, connect_timeout=3, read_timeout=30)
    session: Any = _session(place.role_arn, place.external_id)
    return session.client(service, region_name=place.region, config=config)


@lru_cache(maxsize=_CLIENTS)
def _session(role_arn: str, external_id: str) -> boto3.Session:
    if not role_arn:
        return boto3.Session(botocore_session=_common())
    own = new_session()
    own.get_component("credential_provider").insert_before("env", _AssumedRole(role_arn, external_id))
    return boto3.Session(botocore_session=own)


@cache
def _common() -> botocore.session.Session:
    return new_session()


class _AssumedRole(CredentialProvider):
    """Credentials of a role in another account, renewed before they expire: a role that is assumed from
    a role lasts an hour at most."""

    METHOD = "assume-role"
    CANONICAL_NAME = "SignalboxFleets"

    def __init__(self, role_arn: str, external_id: str) -> None:
        super().__init__()
        self._request = {"RoleArn": role_arn, "RoleSessionName": _SESSION_NAME, "ExternalId": external_id}

    def load(self) -> DeferredRefreshableCredentials:
        return DeferredRefreshableCredentials(self._assume, self.METHOD)

    def _assume(self) -> dict[str, str]:
        given = {name: value for name, value in self._request.items() if value}
        config = Config(connect_timeout=3, read_timeout=10)
        sts = boto3.Session(botocore_session=_common()).client("sts", config=config)
        found = sts.assume_role(**given)["Credentials"]  # type: ignore[arg-type]
        return {
            "access_key": found["AccessKeyId"],
            "secret_key": found["SecretAccessKey"],
            "token": found["SessionToken"],
            "expiry_time": found["Expiration"].isoformat(),
        }
