"""The writes of an undo, and how long nobody can be sure that nobody writes the fix."""

from collections.abc import Sequence

from signalbox.compliance.model import Write
from signalbox.compliance.ports import CompliancePorts
from signalbox.kernel.errors import Rejected

# Seconds after which Lambda ends a function: who was lost sight of may write the fix until then.
LINGERS = 60


def written(writes: Sequence[Write], ports: CompliancePorts) -> list[str]:
    """Each of them is tried; what AWS refused."""
    refused = []
    for write in writes:
        try:
            ports.estate.write(write)
        except Rejected as error:
            refused.append(str(error))
    return refused
