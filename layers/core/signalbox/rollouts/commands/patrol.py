"""Look at services that nobody rolls out: traffic that goes where nothing serves is told to people."""

from collections.abc import Iterator, Mapping

from signalbox.kernel.errors import Rejected
from signalbox.rollouts.estate import Group
from signalbox.rollouts.forwarding import weights
from signalbox.rollouts.ports import Ports
from signalbox.rollouts.preflight import pairs
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Standing

PAGE = 100  # services read at once


def forsaken(spec: ServiceSpec, standing: Standing) -> tuple[str, ...]:
    """Each rule or listener that sends traffic to a group of the service without instances. Pure."""
    return tuple(
        f"{spec.name}: {rule.arn} sends traffic to {name}, which has no instances"
        for rule in standing.rules
        for _, name, target_group in pairs(spec)
        if weights(rule.actions).get(target_group) and not _has_instances(standing.groups, name)
    )


def _has_instances(groups: Mapping[str, Group], name: str) -> bool:
    return name in groups and bool(groups[name].present)


def patrol(ports: Ports) -> tuple[str, ...]:
    """What is wrong with the services that no rollout is busy with."""
    busy = {service for service, _ in ports.rollouts.open()}
    resting = [spec for spec in _specs(ports) if spec.name not in busy]
    return tuple(text for spec in resting for text in _wrong(spec, ports))


def _wrong(spec: ServiceSpec, ports: Ports) -> tuple[str, ...]:
    """One service that AWS does not let be seen is told, and does not hide the others."""
    try:
        return forsaken(spec, ports.estates.standing(spec))
    except Rejected as refusal:
        return (f"{spec.name}: cannot be looked at: {refusal}",)


def _specs(ports: Ports) -> Iterator[ServiceSpec]:
    cursor: str | None = None
    while True:
        page, cursor = ports.services.list(PAGE, cursor)
        yield from (registered.spec for registered in page)
        if cursor is None:
            return
