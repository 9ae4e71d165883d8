"""Resources as rules look at them, and the writes that put them right."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from signalbox.aws.compliance.resources import (
    account,
    baselined,
    buckets,
    database_swaps,
    databases,
    instances,
    managed,
    security_groups,
    tagged,
    volumes,
)
from signalbox.aws.compliance.writes import make
from signalbox.compliance.model import Observed, Resource, Write
from signalbox.compliance.ports import Baselines, Records
from signalbox.compliance.rules.rule import Rule


class AwsEstate:
    """Port `Estate`, in Signalbox's own account and Region. `tags` are the keys that are required."""

    def __init__(self, tags: Sequence[str], baselines: Baselines, records: Records) -> None:
        self.observers: Mapping[str, Callable[[Resource], Observed | None]] = {
            "baseline-kept": partial(baselined.observe, baselines, records),
            "bucket-public-access": buckets.observe,
            "database-backups": databases.observe,
            "database-encrypted": database_swaps.observe,
            "database-not-public": databases.observe,
            "instance-agent": managed.observe_applications,
            "instance-managed": managed.observe_ping,
            "instance-metadata": instances.observe,
            "rdp-closed": security_groups.observe,
            "required-tags": partial(tagged.observe, tags),
            "ssh-closed": security_groups.observe,
            "trail-logging": account.observe_trails,
            "volume-encrypted": volumes.observe,
            "volumes-encrypted-by-default": account.observe_volumes,
        }

    def observe(self, rule: Rule, resource: Resource) -> Observed | None:
        """None when it is gone."""
        return self.observers[rule.name](resource)

    def write(self, write: Write) -> None:
        """One call."""
        make(write)
