"""Keeps who goes first: one record for the account and Region, which few write."""

from signalbox.aws.table import Table, decoded, encoded, key
from signalbox.compliance.waves import Waves

WAVES = "WAVES"


class DynamoWaves:
    """Port `WaveRecord`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self) -> Waves:
        """Empty at first."""
        item = self._table.get(WAVES, WAVES)
        return decoded(item, "body", Waves) if item is not None else Waves()

    def save(self, waves: Waves) -> None:
        """Raises Conflict when it is not of the revision before."""
        item = {**key(WAVES, WAVES), "body": encoded(waves)}
        self._table.transact([self._table.put_next(item, waves.revision)])
