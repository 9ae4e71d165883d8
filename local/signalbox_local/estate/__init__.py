"""What moto lacks of the life of Auto Scaling groups and load balancer targets, on one background thread."""

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.elbv2.models import elbv2_backends

from signalbox_local.estate.groups import EVERY_GROUP, Groups
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.estate.targets import Targets
from signalbox_local.rounds import Rounds

__all__ = ["Estate", "EstateSettings"]

LOOK_EVERY_SECONDS = 0.1
NO_CAPACITY = "We currently do not have sufficient capacity in the Availability Zone you requested."


class Estate:
    """Moves groups and targets on; `lock` guards moto's records of both against requests."""

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
        settings = settings or EstateSettings()
        self.lock = threading.RLock()
        self.targets = Targets(settings, now)
        self.groups = Groups(settings, self.targets, self._tell, now)
        self._rounds = Rounds("estate", LOOK_EVERY_SECONDS, self.step)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def step(self) -> None:
        """Does all that is due now, in every region of the account."""
        with self.lock:
            for region in list(elbv2_backends[self._account].values()):
                self.targets.look(list(region.target_groups.values()))
            for backend in list(autoscaling_backends[self._account].values()):
                for group in list(backend.autoscaling_groups.values()):
                    self.groups.step(group)

    def set_unhealthy_images(self, images: Iterable[str]) -> None:
        """Targets that run one of these images fail their checks from now on; an empty set heals all."""
        with self.lock:
            self.targets.set_unhealthy_images(images)

    def set_launch_failure(self, group: str = EVERY_GROUP, message: str | None = NO_CAPACITY) -> None:
        """Launches of a group, or of every group, fail from now on; None as message ends that."""
        with self.lock:
            self.groups.set_launch_failure(group, message)

    def _tell(self, group: FakeAutoScalingGroup, event: dict[str, Any]) -> None:
        # Events do not cross regions: only those of the home region have a bus here.
        if group.region == self._region:
            self._publish(event)
