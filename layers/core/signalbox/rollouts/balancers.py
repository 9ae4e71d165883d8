"""Whether the load balancer of a service can be copied, and what a copy would lack. Pure."""

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from signalbox.kernel.errors import Violation
from signalbox.kernel.events import JsonObject
from signalbox.rollouts import forwarding
from signalbox.rollouts.dns import leads_by_name, name_of
from signalbox.rollouts.estate import Layout, Listener, ListenerRule, Placement
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.survey import Survey

FIELD = "traffic.load_balancer"
COPY = "copy"
SECRET = "authenticate-oidc"


def copy_violations(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    """Everything that a copy could not take over, by name."""
    yield from _records(spec, survey)
    original, target_group = survey.original, spec.traffic.target_group_arn or ""
    if original is None:
        return  # its target group is in no listener, which has been said
    if original.kind != "application":
        yield Violation(
            FIELD, f"{original.name} is a {original.kind} load balancer: only application ones are copied"
        )
    if survey.web_acl is not None:
        yield Violation(
            FIELD, f"{survey.web_acl} protects {original.name}, and would not protect a copy of it"
        )
    for arn in survey.in_front:
        text = f"{arn} sends its traffic to {original.name}, past the name: it would find nobody there"
        yield Violation(FIELD, f"{text} while the group is renewed")
    for listener in original.listeners:
        yield from _actions(f"listener {listener.port}", listener.actions, target_group)
        for rule in copied_rules(listener, spec.traffic.references):
            yield from _actions(
                f"rule {rule.priority} of listener {listener.port}", rule.actions, target_group
            )


def _records(spec: ServiceSpec, survey: Survey) -> Iterator[Violation]:
    for reference in spec.traffic.references:
        rule, name = survey.rules.get(reference), name_of(reference)
        record = rule.records.get(spec.traffic.target_group_arn or "") if rule else None
        if record is None:
            continue
        if not leads_by_name(record):
            text = (
                f"the {name.type} record of {name.name} is an address: make it an alias of the load balancer"
            )
            yield Violation("traffic.record_name", text)
        if not record["Weight"]:
            text = f"the {name.type} record of {name.name} has weight 0: give it all the weight first"
            yield Violation("traffic.set_identifier", text)


def _actions(where: str, actions: Sequence[JsonObject], target_group: str) -> Iterator[Violation]:
    others = [arn for arn, weight in forwarding.weights(actions).items() if weight and arn != target_group]
    if others:
        text = f"{where} also forwards to {', '.join(others)}, which no second load balancer can serve"
        yield Violation(FIELD, text)
    if any(action.get("Type") == SECRET for action in actions):
        yield Violation(
            FIELD, f"{where} signs in by OIDC: AWS does not tell the secret that a copy would need"
        )


def copied_rules(listener: Listener, references: Sequence[str]) -> list[ListenerRule]:
    """Without those that only other hosts can meet: nobody comes to the copy by those."""
    hosts = {name_of(reference).name.rstrip(".") for reference in references}
    return [rule for rule in listener.rules if any(_may_meet(rule, host) for host in hosts)]


def _may_meet(rule: ListenerRule, host: str) -> bool:
    """Whether requests for that host can meet the conditions; of an expression nobody can tell."""
    conditions = rule.copied.get("Conditions")
    assert isinstance(conditions, list)
    named = [one for one in conditions if one["Field"] == "host-header"]
    return all(_is_for(condition, host) for condition in named)


def _is_for(condition: JsonObject, host: str) -> bool:
    config = condition.get("HostHeaderConfig")
    told = config if isinstance(config, dict) else condition
    patterns = told.get("Values") or ()
    assert isinstance(patterns, list | tuple)
    return bool(told.get("RegexValues")) or any(fnmatchcase(host, str(one).lower()) for one in patterns)


def copy_warnings(spec: ServiceSpec, layout: Layout) -> list[str]:
    """What is asked for and does not happen; who comes past the name."""
    if spec.traffic.load_balancer != COPY:
        return []
    if layout.placement is not Placement.COPY:
        return [f"{FIELD}: this strategy moves no traffic to a second group: nothing is copied"]
    return [
        f"{FIELD}: only who comes by {spec.traffic.record_name} is led to the copy; who comes past that name,"
        " through an accelerator or a distribution, finds nobody while the original is renewed"
    ]
