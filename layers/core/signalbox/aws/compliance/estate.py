"""Resources as rules look at them, and the writes that put them right."""

from collections.abc import Callable, Mapping

from signalbox.aws.compliance.resources import (
    account,
    buckets,
    databases,
    instances,
    security_groups,
    volumes,
)
from signalbox.aws.compliance.writes import make
from signalbox.compliance.model import Observed, Resource, Write
from signalbox.compliance.rules.rule import Rule

OBSERVERS: Mapping[str, Callable[[Resource], Observed | None]] = {
    "bucket-public-access": buckets.observe,
    "database-backups": databases.observe,
    "database-not-public": databases.observe,
    "instance-metadata": instances.observe,
    "rdp-closed": security_groups.observe,
    "ssh-closed": security_groups.observe,
    "trail-logging": account.observe_trails,
    "volume-encrypted": volumes.observe,
    "volumes-encrypted-by-default": account.observe_volumes,
}


class AwsEstate:
    """Port `Estate`, in Signalbox's own account and Region."""

    def observe(self, rule: Rule, resource: Resource) -> Observed | None:
        """None when it is gone."""
        return OBSERVERS[rule.name](resource)

    def write(self, write: Write) -> None:
        """One call."""
        make(write)
