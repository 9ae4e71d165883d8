"""Reads the weighted records of DNS names in Route 53, and whether a change of them has arrived."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.rollouts.dns import Name, name_of, rule_of
from signalbox.rollouts.estate import Rule

if TYPE_CHECKING:
    from mypy_boto3_route53.type_defs import ResourceRecordSetOutputTypeDef

_MISSING = frozenset({"NoSuchHostedZone"})
_IN_SYNC = "INSYNC"
_PAGE = 100  # records of one name and type, by AWS's quota


def read_names(references: Sequence[str], sides: Mapping[str, str]) -> tuple[Rule, ...]:
    """In the order asked; what has no weighted record is left out. `sides` maps set identifier -> target
    group ARN."""
    found = ((name, list(_weighted(name))) for name in map(name_of, references))
    return tuple(rule_of(name, [dict(one) for one in records], sides) for name, records in found if records)


def _weighted(name: Name) -> "Iterator[ResourceRecordSetOutputTypeDef]":
    """In one call: records of a name and type follow one another, and more than a page nobody may have."""
    with aws_errors():
        try:
            page = client("route53").list_resource_record_sets(
                HostedZoneId=name.zone,
                StartRecordName=name.name,
                StartRecordType=name.type,  # type: ignore[arg-type]
                MaxItems=str(_PAGE),
            )
        except ClientError as error:
            if code_of(error) not in _MISSING:
                raise
            return
    for record in page["ResourceRecordSets"]:
        if (record["Name"].lower(), record["Type"]) == (name.name, name.type) and "Weight" in record:
            yield record


def is_in_sync(change: str) -> bool:
    """Whether all of Route 53's servers have a change."""
    with aws_errors():
        return client("route53").get_change(Id=change)["ChangeInfo"]["Status"] == _IN_SYNC
