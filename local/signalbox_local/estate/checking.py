"""Who checks the health of targets: the clock, or the data plane over HTTP."""

from collections.abc import Callable, Iterable
from typing import Protocol

from moto.elbv2.models import FakeTargetGroup

from signalbox_local.estate.health import Checks, Health, checked_health
from signalbox_local.estate.routing import serves_web
from signalbox_local.estate.settings import EstateSettings
from signalbox_local.plane.reports import TargetHealth

NOT_CHECKED_YET = Health("initial", "Elb.RegistrationInProgress")


class HealthChecks(Protocol):
    """What the checks of a registered target of a group in use say."""

    def health(self, group: FakeTargetGroup, target_id: str, since: float) -> Health:
        """`since` is when the target began to be checked, in seconds of the estate's clock."""
        ...

    def set_unhealthy_images(self, images: Iterable[str]) -> None:
        """Targets that run one of these images fail from now on, all others pass."""
        ...


class ClockChecks:
    """Without traffic: targets pass or fail by their image, once enough time has passed."""

    def __init__(self, settings: EstateSettings, now: Callable[[], float]) -> None:
        self._settings = settings
        self._now = now
        self._unhealthy_images: frozenset[str] = frozenset()
        self._image_changed: dict[str, float] = {}

    def set_unhealthy_images(self, images: Iterable[str]) -> None:
        wanted = frozenset(images)
        for image in wanted ^ self._unhealthy_images:
            self._image_changed[image] = self._now()
        self._unhealthy_images = wanted

    def health(self, group: FakeTargetGroup, target_id: str, since: float) -> Health:
        instance = group.ec2_backend.get_instance_by_id(target_id)
        image = instance.image_id if instance else ""
        checks = Checks(
            checked_since=since,
            passing=image not in self._unhealthy_images,
            passing_since=self._image_changed.get(image, 0.0),
            pass_after=self._check_seconds(group, group.healthy_threshold_count),
            fail_after=self._check_seconds(group, group.unhealthy_threshold_count),
        )
        return checked_health(checks, self._now())

    def _check_seconds(self, group: FakeTargetGroup, count: str) -> float:
        real = float(group.health_check_interval_seconds) * int(count)
        return min(real / self._settings.health_speedup, self._settings.longest_health_check)


class ToldHealth(Protocol):
    """The data plane, as far as its checks go."""

    def health(self, target_group: str, target: str) -> TargetHealth | None: ...


class PlaneChecks:
    """With traffic: what the data plane found last, of the target groups that it has. Images fail by their
    behaviour. All others (other Regions, network load balancers, IP addresses) go by the clock."""

    def __init__(self, plane: ToldHealth, region: str, others: HealthChecks) -> None:
        self._plane = plane
        self._region = region
        self._others = others

    def set_unhealthy_images(self, images: Iterable[str]) -> None:
        self._others.set_unhealthy_images(images)

    def health(self, group: FakeTargetGroup, target_id: str, since: float) -> Health:
        if group.region_name != self._region or not serves_web(group):
            return self._others.health(group, target_id, since)
        told = self._plane.health(group.arn, target_id)
        # It is told of a registration, or of a first listener, a moment later than moto.
        if told is None or told.state in {"unused", "draining"}:
            return NOT_CHECKED_YET
        return Health(told.state, told.reason)
