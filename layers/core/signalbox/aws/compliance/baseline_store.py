"""Keeps baselines."""

from signalbox.aws.compliance.version_store import DynamoVersions
from signalbox.aws.table import Table
from signalbox.compliance.record import Baseline


class DynamoBaselines(DynamoVersions[Baseline]):
    """Port `Baselines`."""

    most_versions = 100  # the latest: one is of up to 16 KiB

    def __init__(self, table: Table) -> None:
        super().__init__(table, Baseline, "BASELINES", "BASELINE")
