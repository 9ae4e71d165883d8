"""Security groups let nobody in from everywhere, on the ports by which machines are administered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from signalbox.compliance.model import Configuration, Danger, Judgement, Mode, Resource, Write
from signalbox.compliance.rules.rule import Playbook, Rule, compliant, non_compliant

EVERYWHERE = ("0.0.0.0/0", "::/0")
ALL_PORTS = (0, 65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One rule of a group that lets an address range in. `description` is kept for the undo."""

    protocol: str
    first: int
    last: int
    range: str
    description: str

    def has(self, port: int) -> bool:
        """Whether the port is open to it."""
        return self.protocol in {"tcp", "6", "-1"} and self.first <= port <= self.last

    def permission(self) -> dict[str, object]:
        """As EC2 writes it."""
        key, name = ("Ipv6Ranges", "CidrIpv6") if ":" in self.range else ("IpRanges", "CidrIp")
        source = {name: self.range, **({"Description": self.description} if self.description else {})}
        ports = {} if self.protocol == "-1" else {"FromPort": self.first, "ToPort": self.last}
        return {"IpProtocol": self.protocol, **ports, key: [source]}


def openings(configuration: Configuration) -> Iterator[Opening]:
    """What is open to address ranges; groups and prefix lists are nobody's everywhere."""
    for found in _list(configuration.get("Ingress")):
        first, last = found.get("FromPort", ALL_PORTS[0]), found.get("ToPort", ALL_PORTS[1])
        yield Opening(
            protocol=str(found["IpProtocol"]),
            first=int(str(first)),
            last=int(str(last)),
            range=str(found["Cidr"]),
            description=str(found.get("Description", "")),
        )


def _list(found: object) -> Sequence[dict[str, object]]:
    return found if isinstance(found, list | tuple) else ()


def _open(port: int, configuration: Configuration) -> list[Opening]:
    return [each for each in openings(configuration) if each.range in EVERYWHERE and each.has(port)]


def _judge(port: int, configuration: Configuration) -> Judgement:
    found = _open(port, configuration)
    if not found:
        return compliant(f"port {port} is not open to everybody")
    return non_compliant(f"port {port} is open to {', '.join(each.range for each in found)}")


def _obstacle(port: int, configuration: Configuration) -> str:
    wide = [each for each in _open(port, configuration) if (each.first, each.last) != (port, port)]
    if wide:
        ports = "all ports" if wide[0].protocol == "-1" else f"ports {wide[0].first}-{wide[0].last}"
        return f"one rule opens {ports} to {wide[0].range}: narrow it by hand, others may need the rest"
    return ""


def _act(port: int, resource: Resource, configuration: Configuration) -> tuple[Write, ...]:
    return _written("RevokeSecurityGroupIngress", resource, _open(port, configuration))


def _undo(port: int, resource: Resource, before: Configuration) -> tuple[Write, ...]:
    return _written("AuthorizeSecurityGroupIngress", resource, _open(port, before))


def _restored(port: int, configuration: Configuration) -> Configuration:
    """Without what others have opened or closed meanwhile, for other ports; EC2 keeps no order."""
    return {"Open": sorted((each.permission() for each in _open(port, configuration)), key=str)}


def _written(operation: str, resource: Resource, found: Sequence[Opening]) -> tuple[Write, ...]:
    """One call for each: of several in one call a single one that is so already would refuse all."""
    return tuple(
        Write(
            service="ec2",
            operation=operation,
            parameters={"GroupId": resource.id, "IpPermissions": [each.permission()]},
        )
        for each in found
    )


def _closed(port: int, service: str, identifier: str) -> Rule:
    return Rule(
        name=f"{service.lower()}-closed",
        title=f"Security groups do not open {service} (port {port}) to everybody",
        identifier=identifier,
        resource_type="AWS::EC2::SecurityGroup",
        judge=partial(_judge, port),
        playbook=Playbook(
            mode=Mode.APPROVE,
            danger=Danger.REFUSES,
            obstacle=partial(_obstacle, port),
            act=partial(_act, port),
            undo=partial(_undo, port),
            restored=partial(_restored, port),
        ),
    )


SSH = _closed(22, "SSH", "INCOMING_SSH_DISABLED")
RDP = _closed(3389, "RDP", "RESTRICTED_INCOMING_TRAFFIC")
