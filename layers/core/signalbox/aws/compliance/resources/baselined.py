"""Resources of the types that can have a baseline, as AWS Config has recorded them: one call."""

from signalbox.compliance.decisions.baselines import under
from signalbox.compliance.model import Observed, Resource
from signalbox.compliance.ports import Baselines, Records


def observe(baselines: Baselines, records: Records, resource: Resource) -> Observed | None:
    """Beside what is expected of it."""
    item = records.find(resource.type, resource.id)
    if item is None:
        return None
    baseline = baselines.find(resource.type)
    return Observed(configuration=under(baseline, item), name=item.name, tags=item.tags)
