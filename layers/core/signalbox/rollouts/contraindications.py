"""Which strategies do not suit a service, and why: what its owner declares, and what AWS shows. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from signalbox.rollouts.databases import cannot_be_doubled
from signalbox.rollouts.estate import Group
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.plan import compile_steps
from signalbox.rollouts.scene import part
from signalbox.rollouts.service import Facts, ServiceSpec, Strategy
from signalbox.rollouts.strategies.presets import with_floor
from signalbox.rollouts.survey import Survey

# The one that shows a bad version to the fewest users, for the shortest time, comes first.
SAFEST_FIRST = (
    "canary",
    "traffic-splitting",
    "linear",
    "ab-test",
    "immutable",
    "blue-green",
    "rolling-with-additional-batch",
    "rolling",
    "all-at-once",
)
LONG_SESSION = 3_600  # seconds that a cookie keeps a client where it is
WHOLE = 100  # percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Suitability:
    """`against` the strategy of this rollout: empty when it suits; `unsuitable` presets with their reasons;
    `safest` of the presets that are left, None when none is."""

    against: tuple[str, ...] = ()
    unsuitable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    safest: str | None = None

    @property
    def told(self) -> str | None:
        """The verdict on this rollout's strategy in one sentence; None when it suits."""
        if not self.against:
            return None
        left = f"the safest that is left is {self.safest}" if self.safest else "no preset is left"
        return f"this strategy does not suit the service: {'; '.join(self.against)}; {left}"


def suitability(
    spec: ServiceSpec, survey: Survey, stable: Group, steps: tuple[Step, ...], *, undo: bool = False
) -> Suitability:
    """Looks at the steps of this rollout and at those of each preset, under the floor that the owner gave or
    that the preset leaves; `undo` leads to an older version."""
    against = tuple(_reasons(with_floor(spec, stable.desired), survey, stable, steps, undo=undo))
    found = {}
    for name in SAFEST_FIRST:
        other = with_floor(replace(spec, strategy=Strategy(preset=name)), stable.desired)  # type: ignore[arg-type]
        planned = compile_steps(other.strategy, other.guards, stable)
        found[name] = tuple(_reasons(other, survey, stable, planned, undo=undo))
    if spec.strategy.preset:
        found[spec.strategy.preset] = against  # with the parameters that it has here
    return Suitability(
        against=against,
        unsuitable={name: reasons for name, reasons in found.items() if reasons},
        safest=next((name for name, reasons in found.items() if not reasons), None),
    )


def _reasons(
    spec: ServiceSpec, survey: Survey, stable: Group, steps: tuple[Step, ...], *, undo: bool
) -> Iterator[str]:
    facts = spec.facts
    second = any(step.kind is StepKind.SHIFT for step in steps)
    more = any(step.kind is StepKind.PROVISION for step in steps)
    replacing = [step for step in steps if step.kind is StepKind.REPLACE]
    # Above a floor no batch takes the whole group, whatever the step says.
    floor = part(spec.guards.min_healthy_percent or 0, stable.desired)
    whole = bool(replacing) and not floor and all(step.batch == step.percent == WHOLE for step in replacing)
    if undo and facts.schema_state == "contracted":
        yield "facts.schema_state is contracted: only what serves now can work with the schema"
    elif (coupled := _coupled(facts)) and (more or not whole):
        yield f"{coupled}: old and new would run side by side"
    if facts.vendor_unsupported and more:
        yield "facts.vendor_unsupported: a second installation would run beside the first"
    if facts.singleton_leader and more:
        yield "facts.singleton_leader: two leaders would run at once"
    if (volumes := _volumes(facts, survey, stable)) and (second or whole):
        yield f"{volumes}: its data would {'not be in the second group' if second else 'all go at once'}"
    if (shared := _shared(spec, survey)) and second:
        yield f"{shared}: both groups would share it"
    if stable.desired == 1 and replacing and not more and not whole:
        yield f"{stable.name} has one instance: nothing would serve while it is replaced"
    if replacing and not more:
        yield from _no_room(spec, stable, floor)
    if second and spec.platform.slots is None:
        yield from _unscaled(stable)
    session = _session(survey, stable)
    if session > LONG_SESSION and any(
        step.kind is StepKind.SHIFT and step.percent not in (0, WHOLE) for step in steps
    ):
        yield f"cookies keep clients where they are for {session} s: shares would not hold"


def _no_room(spec: ServiceSpec, stable: Group, floor: int) -> Iterator[str]:
    """What takes instances away before others come would wait for ever."""
    if 0 < stable.desired <= floor:
        what = f"none of {stable.desired} instances may go before others come"
        yield f"guards.min_healthy_percent: with a floor of {spec.guards.min_healthy_percent} % {what}"


def _unscaled(stable: Group) -> Iterator[str]:
    """The alarms that people made call a policy by its id: that of a copy they do not know."""
    for policy, alarms in stable.carried.alarms.items():
        calls = f"{', '.join(alarms)} would not call scaling policy {policy} of a copy of {stable.name}"
        yield f"{calls}, which would not grow by it"


def _coupled(facts: Facts) -> str | None:
    if facts.schema_state == "expanded":
        return "facts.upgrade_routine" if facts.upgrade_routine else None
    if facts.schema_state == "contracted":
        return "facts.schema_state is contracted"
    named = ("schema_coupled", "upgrade_routine")
    return next((f"facts.{name}" for name in named if getattr(facts, name)), None)


def _shared(spec: ServiceSpec, survey: Survey) -> str | None:
    """The database that no second side could have for itself; that does not matter once both versions can
    work with one schema."""
    if survey.cluster is None or spec.facts.schema_state == "expanded":
        return None
    return cannot_be_doubled(survey.cluster)


def _volumes(facts: Facts, survey: Survey, stable: Group) -> str | None:
    if facts.stateful_volumes:
        return "facts.stateful_volumes"
    devices = survey.data_volumes.get(stable.template_id, {}).get(stable.resolved_version, ())
    if devices:
        return f"volume {', '.join(devices)} of {stable.name}"
    attached = survey.attached.get(stable.name, ())
    return f"volume {', '.join(attached)}, attached to instances of {stable.name}" if attached else None


def _session(survey: Survey, stable: Group) -> int:
    """Seconds of the longest cookie of the group's target groups and rules."""
    found = [0]
    for arn in stable.target_groups:
        attributes = survey.target_groups[arn].attributes if arn in survey.target_groups else {}
        if attributes.get("stickiness.enabled") == "true":
            kind = attributes.get("stickiness.type", "lb_cookie")
            told = attributes.get(f"stickiness.{kind}.duration_seconds", "")
            found.append(int(told) if told.isdecimal() else 0)
    for rule in survey.rules.values():
        for action in rule.actions:
            forward = action.get("ForwardConfig")
            sticky = forward.get("TargetGroupStickinessConfig", {}) if isinstance(forward, dict) else {}
            if sticky.get("Enabled"):
                found.append(int(sticky.get("DurationSeconds", 0)))
    return max(found)
