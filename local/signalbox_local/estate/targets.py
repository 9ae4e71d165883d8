"""The life of load balancer targets: registration, health checks, draining."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from moto.elbv2.exceptions import ELBClientError, TargetGroupNotFoundError, TargetNotRunning
from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup, elbv2_backends

from signalbox_local.estate.checking import HealthChecks
from signalbox_local.estate.health import Health
from signalbox_local.estate.routing import forwarded_to_in, is_forwarded_to
from signalbox_local.estate.settings import EstateSettings


class Targets:
    """Keeps beside moto's target groups when each target came and until when it drains."""

    def __init__(self, settings: EstateSettings, checks: HealthChecks, now: Callable[[], float]) -> None:
        self._settings = settings
        self.checks = checks
        self._now = now
        self._registered: dict[tuple[str, str], float] = {}
        self._used_since: dict[str, float] = {}
        self._draining: dict[str, dict[str, tuple[dict[str, Any], float]]] = {}

    def register(self, group: FakeTargetGroup, targets: Sequence[Mapping[str, Any]]) -> None:
        """RegisterTargets: refuses unknown and stopped instances; a known target keeps its health."""
        for target in targets:
            _check_instance(group, target["Id"])
        for target in targets:
            if target["Id"] not in group.targets:
                self._registered[group.arn, target["Id"]] = self._now()
                self._draining.get(group.arn, {}).pop(target["Id"], None)
            port = target.get("Port", group.port)
            group.targets[target["Id"]] = {"Id": target["Id"], "Port": port}

    def deregister(self, group: FakeTargetGroup, ids: Iterable[str]) -> None:
        """DeregisterTargets: a target that could have traffic drains first; an unknown one is no error."""
        for target_id in ids:
            target = group.targets.pop(target_id, None)
            if target and self.is_used(group):
                until = self._now() + self.drain_seconds(group)
                self._draining.setdefault(group.arn, {})[target_id] = (target, until)

    def deregister_all(self, group: FakeTargetGroup, targets: Iterable[Mapping[str, Any]]) -> None:
        """The same, by the targets that a request names."""
        self.deregister(group, [target["Id"] for target in targets])

    def drain_seconds(self, group: FakeTargetGroup) -> float:
        """The deregistration delay of a group, shortened for local use."""
        return self._settings.drain_seconds(group.attributes)

    def is_used(self, group: FakeTargetGroup) -> bool:
        """Whether any listener or rule forwards to the group; takes note since when."""
        return self._note(group, is_forwarded_to(backend_of(group), group.arn))

    def _note(self, group: FakeTargetGroup, used: bool) -> bool:
        if used:
            self._used_since.setdefault(group.arn, self._now())
        else:
            self._used_since.pop(group.arn, None)
        return used

    def look(self, backend: ELBv2Backend) -> None:
        """Notes which groups of a Region are in use and forgets targets that have drained."""
        used = forwarded_to_in(backend)
        for group in list(backend.target_groups.values()):
            self._note(group, group.arn in used)
            self._forget_drained(group)

    def _forget_drained(self, group: FakeTargetGroup) -> None:
        draining = self._draining.get(group.arn, {})
        for target_id in [key for key, (_, until) in draining.items() if until <= self._now()]:
            del draining[target_id]

    def describe(self, group: FakeTargetGroup, targets: Sequence[dict[str, Any]]) -> list[FakeHealthStatus]:
        """DescribeTargetHealth: of the targets named, or of all that are registered or draining."""
        used = self.is_used(group)
        self._forget_drained(group)
        draining = [target for target, _ in self._draining.get(group.arn, {}).values()]
        asked = list(targets) or [*group.targets.values(), *draining]
        return [self._status(group, target, used) for target in asked]

    def health(self, group: FakeTargetGroup, target_id: str) -> Health:
        """The health of one target now."""
        return self._health(group, target_id, self.is_used(group))

    def _health(self, group: FakeTargetGroup, target_id: str, used: bool) -> Health:
        if target_id in self._draining.get(group.arn, {}):
            return Health("draining", "Target.DeregistrationInProgress")
        if target_id not in group.targets:
            return Health("unused", "Target.NotRegistered")
        if not used:
            return Health("unused", "Target.NotInUse")
        return self._checked(group, target_id)

    def _checked(self, group: FakeTargetGroup, target_id: str) -> Health:
        instance = group.ec2_backend.get_instance_by_id(target_id)
        if instance and instance.state in {"stopping", "stopped"}:
            return Health("unused", "Target.InvalidState")
        registered = self._registered.get((group.arn, target_id), 0.0)
        return self.checks.health(group, target_id, max(registered, self._used_since[group.arn]))

    def _status(self, group: FakeTargetGroup, target: dict[str, Any], used: bool) -> FakeHealthStatus:
        known = group.targets.get(target["Id"], target)
        health = self._health(group, target["Id"], used)
        port = known.get("Port", group.port)
        return FakeHealthStatus(
            target["Id"], port, group.health_check_port, health.state, health.reason, health.description
        )


def backend_of(group: FakeTargetGroup) -> ELBv2Backend:
    """The backend that a target group lives in."""
    return elbv2_backends[group.account_id][group.region_name]


def find_group(backend: ELBv2Backend, arn: str) -> FakeTargetGroup:
    """Raises TargetGroupNotFound as AWS does."""
    if arn not in backend.target_groups:
        raise TargetGroupNotFoundError
    group: FakeTargetGroup = backend.target_groups[arn]
    return group


def _check_instance(group: FakeTargetGroup, target_id: str) -> None:
    if group.target_type != "instance":
        return
    instance = group.ec2_backend.get_instance_by_id(target_id)
    if instance is None:
        raise ELBClientError("InvalidTarget", f"Instance ID '{target_id}' is not valid")
    if instance.state != "running":
        raise TargetNotRunning(target_id)
