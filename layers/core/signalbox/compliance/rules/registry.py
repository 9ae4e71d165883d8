"""All rules, by name."""

from collections.abc import Mapping

from signalbox.compliance.rules import (
    baseline_kept,
    bucket_public_access,
    database_encrypted,
    databases,
    instance_metadata,
    managed_instances,
    open_ports,
    required_tags,
    trail_logging,
    volume_encrypted,
    volumes_encrypted_by_default,
)
from signalbox.compliance.rules.rule import Rule

RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        bucket_public_access.RULE,
        open_ports.SSH,
        open_ports.RDP,
        databases.BACKED_UP,
        databases.NOT_PUBLIC,
        database_encrypted.RULE,
        volume_encrypted.RULE,
        volumes_encrypted_by_default.RULE,
        trail_logging.RULE,
        instance_metadata.RULE,
        managed_instances.MANAGED,
        managed_instances.HAS_AGENT,
        required_tags.RULE,
        baseline_kept.RULE,
    )
}
