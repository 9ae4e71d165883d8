"""Whether weighted records of a name lead to a service's sides, and how late clients follow them. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from signalbox.kernel.durations import format_duration, parse_duration
from signalbox.kernel.errors import Violation
from signalbox.kernel.events import JsonObject
from signalbox.rollouts.balancers import copy_violations
from signalbox.rollouts.dns import host_of, longest_lag, name_of
from signalbox.rollouts.estate import Rule, TargetGroup
from signalbox.rollouts.layout import copies_begin, sides
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Survey


def name_violations(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    """Each side has its weighted record, which leads to the load balancer of its own target group."""
    for reference in spec.traffic.references:
        name, rule = name_of(reference), survey.rules.get(reference)
        if rule is None:
            text = f"{name.name} has no weighted {name.type} record in hosted zone {name.zone}"
            yield Violation("traffic.record_name", text)
            continue
        yield from _records(spec, survey, rule)
    deadline = parse_duration(spec.guards.deadline).total_seconds()
    lag = longest_lag(survey.rules.values())
    if lag >= deadline:
        message = f"clients follow within {lag} s, twice the TTL, but a step may take only {deadline:.0f} s"
        yield Violation("traffic.record_name", message)
    if spec.traffic.load_balancer == "copy":
        yield from copy_violations(spec, survey)


def _records(spec: ServiceSpec, survey: Survey, rule: Rule) -> Iterator[Violation]:
    name, ours = name_of(rule.arn), sides(spec)
    others = [
        identifier
        for side, one in rule.records.items()
        if side not in ours.values()
        and not (identifier := str(one["SetIdentifier"])).startswith(copies_begin(spec))
    ]
    if others:
        message = f"{', '.join(others)} also answers for {name.name}: two records may share the name"
        yield Violation("traffic.record_name", message)
    for index, (identifier, target_group) in enumerate(ours.items()):
        slot = f"platform.slots.{index}" if spec.platform.slots else "traffic"
        field, record = f"{slot}.set_identifier", rule.records.get(target_group)
        if record is None:
            text = f"{name.name} has no weighted {name.type} record with set identifier {identifier}"
            yield Violation(field, text)
        elif target_group in survey.target_groups:
            yield from _led_to(field, record, survey.target_groups[target_group], survey)


def _led_to(field: str, record: JsonObject, target_group: TargetGroup, survey: Survey) -> Iterator[Violation]:
    """An address tells nothing of what is behind it: only an alias or another name is compared."""
    balancers = [survey.balancers[arn] for arn in target_group.load_balancers if arn in survey.balancers]
    if not balancers:
        text = f"target group {target_group.arn} is in no listener: its record would lead to nobody"
        yield Violation(field, text)
        return
    alias, values = record.get("AliasTarget"), record.get("ResourceRecords")
    told = [alias["DNSName"]] if isinstance(alias, dict) else []
    told += [one["Value"] for one in values] if isinstance(values, list) and record["Type"] == "CNAME" else []
    for target in told:
        if host_of(target) not in map(host_of, balancers):
            whose = "slot" if field.startswith("platform") else "group"
            behind = f"the {whose}'s target group is behind {' or '.join(balancers)}"
            text = f"the record leads to {target}, {behind}"
            yield Violation(field, text)


def lag_warnings(rules: Sequence[Rule]) -> list[str]:
    """Who is routed by name follows later: a way back is not instant."""
    lag = longest_lag(rules)
    if not lag:
        return []
    told = format_duration(timedelta(seconds=lag))
    return [
        f"traffic.record_name: clients follow new weights, on the way back too, within {told} (twice the TTL)"
        " after Route 53 has them everywhere"
    ]
