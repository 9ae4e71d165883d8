"""How users come to a replica: by rules of load balancers, or by a name that leads to one for each side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signalbox.rollouts.dns import named
from signalbox_local.owner import (
    Aws,
    forwarding,
    make_balancer,
    make_listener,
    make_records,
    make_zone,
)
from signalbox_local.rehearsal.blueprint import Blueprint
from signalbox_local.rehearsal.ways import FIRST_PORT, WayIn, Ways
from signalbox_local.world import World

RECORD_TYPE = "CNAME"  # of every name here: an alias has a TTL that nobody can choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """`references` divide the traffic; `balancers` are the ARNs of those before each target group; `arns`
    says what here stands for what of the file."""

    references: tuple[str, ...]
    ways_in: tuple[WayIn, ...]
    balancers: tuple[str, ...]
    arns: Mapping[str, str]


def by_rules(
    aws: Aws, plan: Blueprint, world: World, target_groups: Sequence[str], subnets: Sequence[str]
) -> Entrance:
    """The listeners and rules that the service names, before all its target groups."""
    action = forwarding(target_groups, sticky=world.traffic.sticky == "groups")
    made = Ways(aws, action, subnets).make(plan.references)
    return Entrance(
        references=tuple(one.arn for one in made),
        ways_in=tuple(one.way_in for one in made),
        balancers=(made[0].balancer_arn,) * len(target_groups),
        arns={one.stands_for: one.arn for one in made},
    )


def by_name(
    aws: Aws, plan: Blueprint, world: World, target_groups: Sequence[str], subnets: Sequence[str]
) -> Entrance:
    """A weighted record for each side, and a load balancer to which it leads; the first has all weight."""
    zone = make_zone(aws, f"{plan.host.partition('.')[2]}.")
    balancers, hosts = [], {}
    for pair, target_group in zip(plan.pairs, target_groups, strict=True):
        made = make_balancer(aws, pair.target_group, subnets)
        arn = str(made["LoadBalancerArn"])
        sticky = world.traffic.sticky == "groups"
        make_listener(aws, arn, forwarding([target_group], sticky=sticky), FIRST_PORT)
        balancers.append(arn)
        hosts[pair.side] = str(made["DNSName"])
    make_records(aws, zone, f"{plan.host}.", hosts, world.traffic.ttl_seconds)
    return Entrance(
        references=(named(zone, plan.host, RECORD_TYPE).reference,),
        ways_in=(WayIn(balancer=hosts[plan.pairs[0].side], port=FIRST_PORT, host=plan.host),),
        balancers=tuple(balancers),
        arns={plan.zone: zone},
    )
