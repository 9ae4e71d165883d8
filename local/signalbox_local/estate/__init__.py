"""What moto lacks of the life of Auto Scaling groups and load balancer targets, on one background thread."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends

from signalbox_local.estate.checking import ClockChecks, PlaneChecks, ToldHealth
from signalbox_local.estate.groups import EVERY_GROUP, Groups
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.estate.targets import Targets
from signalbox_local.estate.topology import read_topology
from signalbox_local.plane.topology import Topology
from signalbox_local.rounds import Rounds
from signalbox_local.world import Behaviour

__all__ = ["Estate", "EstateSettings"]

LOOK_EVERY_SECONDS = 0.1
NO_CAPACITY = "We currently do not have sufficient capacity in the Availability Zone you requested."


class Plane(ToldHealth, Protocol):
    """The data plane, as far as the estate goes."""

    def show(self, topology: Topology) -> None: ...


class Estate:
    """Moves groups and targets on; `lock` guards moto's records of both against requests.

    The health of targets goes by the clock, unless a data plane serves them.
    """

    def __init__(
        self,
        publish: Callable[[dict[str, Any]], object],
        account: str,
        region: str,
        settings: EstateSettings | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publish = publish
        self._account = account
        self._region = region
        self._settings = settings = settings or EstateSettings()
        self._plane: Plane | None = None
        self._behaviours: dict[str, Behaviour] = {}
        self._unhealthy_images: frozenset[str] = frozenset()
        self.lock = threading.RLock()
        self.targets = Targets(settings, ClockChecks(settings, now), now)
        self.groups = Groups(settings, self.targets, self._tell, now)
        self._rounds = Rounds("estate", LOOK_EVERY_SECONDS, self.step)

    def serve_by(self, plane: Plane) -> None:
        """Targets of the home region answer real requests, and their health comes from there."""
        with self.lock:
            self._plane = plane
            self.targets.checks = PlaneChecks(plane, self._region, self.targets.checks)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def step(self) -> None:
        """Does all that is due now, in every region of the account."""
        with self.lock:
            for balancing in list(elbv2_backends[self._account].values()):
                self.targets.look(balancing)
            for scaling in list(autoscaling_backends[self._account].values()):
                for group in list(scaling.autoscaling_groups.values()):
                    self.groups.step(group)
            if self._plane:
                self._plane.show(self._topology())

    def set_unhealthy_images(self, images: Iterable[str]) -> None:
        """Targets that run one of these images fail their checks from now on; an empty set heals all."""
        with self.lock:
            self._unhealthy_images = frozenset(images)
            self.targets.checks.set_unhealthy_images(self._failing())

    def set_behaviours(self, behaviours: Mapping[str, Behaviour]) -> None:
        """Instances of these images answer so from now on; those of other images as before."""
        with self.lock:
            self._behaviours.update(behaviours)
            self.targets.checks.set_unhealthy_images(self._failing())

    def set_room(self, instances: int | None) -> None:
        """The region has room for so many instances; None: for any number."""
        with self.lock:
            self.groups.set_room(instances)

    def kill(self, ids: Sequence[str]) -> None:
        """Instances die; nobody is told. Raises ValueError for one that does not run."""
        with self.lock:
            backend = ec2_backends[self._account][self._region]
            dying = [each for instance_id in ids if (each := backend.get_instance_by_id(instance_id))]
            if len(dying) < len(ids) or any(each.state != "running" for each in dying):
                raise ValueError(f"not all of these are running: {', '.join(ids)}")
            for instance in dying:
                instance.terminate()

    def set_launch_failure(self, group: str = EVERY_GROUP, message: str | None = NO_CAPACITY) -> None:
        """Launches of a group, or of every group, fail from now on; None as message ends that."""
        with self.lock:
            self.groups.set_launch_failure(group, message)

    def _failing(self) -> frozenset[str]:
        never = {image for image, behaviour in self._behaviours.items() if behaviour.never_healthy}
        return self._unhealthy_images | never

    def _topology(self) -> Topology:
        failing = {
            image: self._behaviours.get(image, Behaviour()).model_copy(update={"never_healthy": True})
            for image in self._unhealthy_images
        }
        return read_topology(self._account, self._region, self._settings, {**self._behaviours, **failing})

    def _tell(self, group: FakeAutoScalingGroup, event: dict[str, Any]) -> None:
        # Events do not cross regions: only those of the home region have a bus here.
        if group.region == self._region:
            self._publish(event)
