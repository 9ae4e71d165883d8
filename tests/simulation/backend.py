"""What AWS itself knows, read past every API: no call, no permission, no throttling."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import FakeTargetGroup, elbv2_backends
from moto.route53.models import route53_backends
from moto.sqs.models import sqs_backends

from signalbox.rollouts.dns import named
from signalbox_local.estate import Estate
from tests.simulation.power import Power

Weights = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Backend:
    """One account and region. Target groups and rules go by ARN, Auto Scaling groups by name."""

    account: str
    region: str
    estate: Estate
    power: Power

    def items(self, table: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        """Items of a table whose partition key begins so, as attribute -> plain value."""
        rows = dynamodb_backends[self.account][self.region].tables[table].items
        for pk, row in list(rows.items()):
            if str(pk.value).startswith(prefix):
                for item in list(row.values()):
                    yield {name: value.value for name, value in item.attrs.items()}

    def state(self) -> Hashable:
        """Equal as long as nothing has changed that moves by itself: capacity, health, balancers, power."""
        groups = tuple(
            (
                name,
                group.desired_capacity,
                *((s.instance_id, s.lifecycle_state) for s in group.instance_states),
            )
            for name, group in self.groups().items()
        )
        healths = tuple(self._healths(group) for group in self.target_groups().values())
        return groups, healths, tuple(self.balancers().items()), self.power.turns

    def letters(self, queue_url: str) -> int:
        """How many messages lie in a queue, those included that somebody has taken and not yet deleted."""
        queue = sqs_backends[self.account][self.region].queues[queue_url.rpartition("/")[2]]
        return len(queue._messages)

    def balancers(self) -> dict[str, str]:
        """Load balancer by its name -> its state."""
        balancers = elbv2_backends[self.account][self.region].load_balancers.values()
        for balancer in balancers:
            balancer.activate()
        return {balancer.name: str(balancer.state) for balancer in balancers}

    def _healths(self, group: FakeTargetGroup) -> Hashable:
        described = self.estate.targets.describe(group, ())
        return group.arn, tuple((target.instance_id, target.status) for target in described)

    def groups(self) -> dict[str, FakeAutoScalingGroup]:
        """All Auto Scaling groups."""
        return dict(autoscaling_backends[self.account][self.region].autoscaling_groups)

    def target_groups(self) -> dict[str, FakeTargetGroup]:
        """All target groups."""
        return dict(elbv2_backends[self.account][self.region].target_groups)

    def rules(self) -> dict[str, Weights]:
        """Every listener's default and every rule that forwards, and every name: target group -> weight."""
        found = {}
        for balancer in elbv2_backends[self.account][self.region].load_balancers.values():
            for listener in balancer.listeners.values():
                found[listener.arn] = _weights(listener.default_actions)
                found |= {arn: _weights(rule.actions) for arn, rule in listener.rules.items()}
        return {arn: weights for arn, weights in found.items() if weights} | self._names()

    def shapes(self) -> dict[str, str]:
        """Of what has weights, all else that its owner has said: what it matches, in which order, how it
        sticks, how long it is remembered."""
        found = {}
        for balancer in elbv2_backends[self.account][self.region].load_balancers.values():
            for listener in balancer.listeners.values():
                found[listener.arn] = str(_sticking(listener.default_actions))
                for arn, rule in listener.rules.items():
                    found[arn] = str((rule.priority, rule.conditions, _sticking(rule.actions)))
        for zone in route53_backends[self.account]["aws"].zones.values():
            for record in zone.rrsets:
                if record.weight is not None:
                    found[f"{record.name} {record.set_identifier}"] = str(
                        (record.type, record.ttl, record.records, record.alias_target, record.health_check_id)
                    )
        return found

    def _names(self) -> dict[str, Weights]:
        """Each name with weighted records, whose set identifiers are called like target groups."""
        arns = {group.name: arn for arn, group in self.target_groups().items()}
        found: dict[str, dict[str, int]] = {}
        for zone in route53_backends[self.account]["aws"].zones.values():
            for record in zone.rrsets:
                if record.weight is not None:
                    name = named(zone.id.rpartition("/")[2], record.name, str(record.type))
                    found.setdefault(name.reference, {})[arns[str(record.set_identifier)]] = int(
                        record.weight
                    )
        return dict(found)

    def leading_nowhere(self, owned: Collection[str]) -> list[str]:
        """Records with weight whose load balancer is not there or, but for owned ones, not active yet."""
        states = self.balancers()
        balancers = elbv2_backends[self.account][self.region].load_balancers.values()
        ready = {name for name, state in states.items() if state == "active" or name in owned}
        active = {str(balancer.dns_name) for balancer in balancers if balancer.name in ready}
        return [
            f"{record.name} {record.set_identifier}"
            for zone in route53_backends[self.account]["aws"].zones.values()
            for record in zone.rrsets
            if record.weight and not {*_values(record)} & active
        ]

    def loaded(self, references: Sequence[str]) -> set[str]:
        """The target groups that get traffic from these rules or listeners."""
        rules = self.rules()
        return {arn for ref in references for arn, weight in rules.get(ref, {}).items() if weight}

    def images(self, target_group: str) -> tuple[str, ...]:
        """The AMIs of the healthy targets, one entry each."""
        found = self.target_groups().get(target_group)
        if found is None:
            return ()
        healthy = [i for i in found.targets if self.estate.targets.health(found, i).state == "healthy"]
        return tuple(self.image(instance) for instance in healthy)

    def image(self, instance: str) -> str:
        """The AMI that an instance runs."""
        found = ec2_backends[self.account][self.region].get_instance_by_id(instance)
        return str(found.image_id) if found else ""

    def alarms(self) -> dict[str, Any]:
        """All metric alarms by name."""
        return dict(cloudwatch_backends[self.account][self.region].alarms)

    def belongings(self, group: str) -> tuple[str, ...]:
        """What scales a group, and the hooks that its instances pass, by name."""
        backend = autoscaling_backends[self.account][self.region]
        theirs: list[Any] = [*backend.policies.values(), *backend.lifecycle_hooks.values()]
        actions = [a for a in backend.scheduled_actions.values() if a.auto_scaling_group_name == group]
        names = (one.name for one in theirs if one.auto_scaling_group_name == group)
        return tuple(sorted((*names, *(str(action.scheduled_action_name) for action in actions))))

    def template_images(self) -> dict[tuple[str, int], str]:
        """Launch template id and number of a version -> its AMI."""
        templates = ec2_backends[self.account][self.region].launch_templates
        return {(i, v.number): v.image_id for i, template in templates.items() for v in template.versions}

    def template_versions(self) -> dict[str, tuple[int, ...]]:
        """Launch template id -> its version numbers."""
        templates = ec2_backends[self.account][self.region].launch_templates
        return {i: tuple(v.number for v in template.versions) for i, template in templates.items()}


def _values(record: Any) -> list[str]:
    alias = [record.alias_target["DNSName"]] if record.alias_target else []
    return [str(value).rstrip(".").removeprefix("dualstack.") for value in (*record.records, *alias)]


def _sticking(actions: list[Any]) -> list[Any]:
    forwards = [action.data["ForwardConfig"] for action in actions if "ForwardConfig" in action.data]
    return [config["TargetGroupStickinessConfig"] for config in forwards]


def _weights(actions: list[Any]) -> Weights:
    forwards = [action.data["ForwardConfig"] for action in actions if "ForwardConfig" in action.data]
    return {
        entry["TargetGroupArn"]: int(entry["Weight"])
        for config in forwards
        for entry in config["TargetGroups"]
    }
