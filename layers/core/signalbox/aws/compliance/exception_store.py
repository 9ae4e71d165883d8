"""Keeps exceptions, the latest versions all in one place: whoever assesses a finding reads all of them."""

from signalbox.aws.compliance.version_store import DynamoVersions
from signalbox.aws.table import Table
from signalbox.compliance.record import Excepted


class DynamoExceptions(DynamoVersions[Excepted]):
    """Port `Exceptions`."""

    def __init__(self, table: Table) -> None:
        super().__init__(table, Excepted, "EXCEPTIONS", "EXCEPTION")
