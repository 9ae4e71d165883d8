"""What preflight asks AWS about a service, before anything is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signalbox.rollouts.databases import Cluster
from signalbox.rollouts.estate import Alarm, Balancer, Group, Rule, TargetGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a service has between rollouts; what is missing does not exist."""

    groups: Mapping[str, Group]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """Facts by name or ARN; what is missing does not exist.

    `references` are all rules and listeners of the load balancers behind the named target groups that send
    traffic to them; `balancers` maps the ARN of such a load balancer to its DNS name. `images` maps launch
    template id -> version number -> AMI, `data_volumes` the same to the devices of EBS volumes beside the
    first one or that outlive their instance; `attached` maps group -> devices of EBS volumes on its instances
    that are neither the root nor from the launch template; `followers` maps launch template id -> other
    groups that follow its $Latest. `original` is the load balancer that a service lets be copied, `web_acl`
    the firewall before it, `in_front` the ARNs of network load balancers that lead to it. `cluster` is the
    database cluster that it names. `healthy` counts the healthy targets of other target groups that the named
    rules send traffic to; they are asked for only where the service's own groups have no instances.
    """

    region: str
    account: str
    groups: Mapping[str, Group] = field(default_factory=dict)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    target_groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    rules: Mapping[str, Rule] = field(default_factory=dict)
    references: tuple[Rule, ...] = ()
    balancers: Mapping[str, str] = field(default_factory=dict)
    original: Balancer | None = None
    web_acl: str | None = None
    in_front: tuple[str, ...] = ()
    cluster: Cluster | None = None
    healthy: Mapping[str, int] = field(default_factory=dict)
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    images: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    data_volumes: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    attached: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    known_image: bool = True
    followers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
