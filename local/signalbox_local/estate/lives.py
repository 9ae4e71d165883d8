"""What Auto Scaling knows of an instance beside moto."""

from dataclasses import dataclass, field

from moto.autoscaling.models import InstanceState

from signalbox_local.estate.activities import ScalingActivity


@dataclass
class Life:
    """Times in seconds of the groups' clock."""

    version: int | None = None
    activity: ScalingActivity | None = None
    due: float = 0.0
    in_service_since: float = 0.0
    dead_since: float | None = None
    registered_in: set[str] = field(default_factory=set)


class Lives:
    """By instance."""

    def __init__(self) -> None:
        self._by_instance: dict[str, Life] = {}

    def begin(self, instance_id: str, life: Life) -> None:
        self._by_instance[instance_id] = life

    def of(self, state: InstanceState) -> Life:
        """Instances that nobody launched here have one from the first question on."""
        return self._by_instance.setdefault(state.instance_id, Life())

    def end(self, state: InstanceState) -> None:
        self._by_instance.pop(state.instance_id, None)

    def version(self, instance_id: str) -> int | None:
        """The launch template version that it was started from, when it is known."""
        life = self._by_instance.get(instance_id)
        return life.version if life else None
