"""A DNS name with weighted records, told as a rule: who gets which share, by target group. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.estate import Rule

ALIAS_TTL = 60  # seconds, of an alias to a load balancer; its record says none
_ZONES = "arn:aws:route53:::hostedzone/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One type of record of a name in a hosted zone; the name is written as Route 53 lists it."""

    zone: str
    name: str
    type: str

    @property
    def reference(self) -> str:
        """What locks, rules and the timeline call it: the zone's ARN, the name, the type."""
        return f"{_ZONES}{self.zone}/{self.name}/{self.type}"


def named(zone: str, name: str, type_: str) -> Name:
    """As a person writes it: any case, with or without the dot at the end."""
    return Name(zone=zone, name=f"{name.lower().rstrip('.')}.", type=type_)


def is_dns(reference: str) -> bool:
    """Whether it is a name, rather than the ARN of a listener or rule."""
    return reference.startswith(_ZONES)


def name_of(reference: str) -> Name:
    """The name that a reference tells."""
    zone, name, type_ = reference.removeprefix(_ZONES).split("/")
    return Name(zone=zone, name=name, type=type_)


def host_of(target: str) -> str:
    """The host that a record leads to; consoles write aliases to load balancers with `dualstack.` before."""
    return target.lower().rstrip(".").removeprefix("dualstack.")


def rule_of(name: Name, records: Iterable[JsonObject], sides: Mapping[str, str]) -> Rule:
    """The weighted records of a name as one rule. `sides` maps set identifier -> target group ARN; a record
    that belongs to neither side goes by its own identifier."""
    by_side = {sides.get(str(one["SetIdentifier"]), f"record {one['SetIdentifier']}"): one for one in records}
    shares = [{"TargetGroupArn": side, "Weight": one["Weight"]} for side, one in by_side.items()]
    action: JsonObject = {"Type": "forward", "ForwardConfig": {"TargetGroups": shares}}
    return Rule(arn=name.reference, actions=(action,), records=by_side)


def side_of(rule: Rule, identifier: str) -> str | None:
    """How the rule calls the side of a record; None when the name has no such record. That of a copy is known
    by its identifier also when what it led to has gone."""
    sides = (side for side, record in rule.records.items() if record["SetIdentifier"] == identifier)
    return next(sides, None)


def leads_by_name(record: JsonObject) -> bool:
    """Whether it is an alias or another name, which can lead elsewhere; an address cannot."""
    return "AliasTarget" in record or record["Type"] == "CNAME"


def leading_to(record: JsonObject, identifier: str, *, host: str, zone: str) -> JsonObject:
    """The same record under another identifier, at weight 0, to the load balancer of that host and zone. Its
    health check stays behind: it looks at the original."""
    kept = {key: value for key, value in record.items() if key not in ("HealthCheckId", "ResourceRecords")}
    alias = record.get("AliasTarget")
    if isinstance(alias, dict):
        prefix = "dualstack." if str(alias["DNSName"]).lower().startswith("dualstack.") else ""
        leads: JsonObject = {"AliasTarget": {**alias, "HostedZoneId": zone, "DNSName": f"{prefix}{host}"}}
    else:
        leads = {"ResourceRecords": [{"Value": host}]}
    return {**kept, **leads, "SetIdentifier": identifier, "Weight": 0}


def ttl(rules: Iterable[Rule]) -> int:
    """Seconds that a resolver remembers an answer, at most; 0 where no name is among the rules."""
    return max((_ttl(record) for rule in rules for record in rule.records.values()), default=0)


def _ttl(record: JsonObject) -> int:
    told = record.get("TTL")
    return told if isinstance(told, int) else ALIAS_TTL


def longest_lag(rules: Iterable[Rule]) -> int:
    """Seconds for which what has lost its weight must go on serving: twice the TTL, since some resolvers
    remember for longer than they should."""
    return 2 * ttl(rules)
