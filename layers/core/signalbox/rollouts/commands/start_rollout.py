"""Begin to bring a service to a version."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, Rejected, Transient, Unprocessable, Violation
from signalbox.kernel.events import Event
from signalbox.kernel.ids import new_rollout_id
from signalbox.kernel.timeline import Head, continue_chain
from signalbox.rollouts.commands.plan_rollout import with_strategy
from signalbox.rollouts.commands.put_service import refuse_if_strict
from signalbox.rollouts.draft import Draft, draft
from signalbox.rollouts.guards import without_red
from signalbox.rollouts.layout import group_arn, locked_resources
from signalbox.rollouts.ports import Ports, Registered
from signalbox.rollouts.preflight import pairs, passing_violations
from signalbox.rollouts.record import Requester, Rollout, held_by
from signalbox.rollouts.service import ServiceSpec, Strategy
from signalbox.rollouts.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRollout:
    """`sequence` orders the callers' requests: one that is lower than the last accepted comes too late.
    `fast` leaves out of the strategy what watches; an `undo` is not held up by guards that are red or of no
    use already. `override` is why a strategy is run that does not suit; `size` the instances of a first
    rollout."""

    service: str
    version: str
    strategy: Strategy | None = None
    sequence: int | None = None
    fast: bool = False
    undo: bool = False
    override: str = ""
    size: int | None = None


def start_rollout(command: StartRollout, caller: Caller, ports: Ports) -> Rollout:
    """The pending rollout. Raises NotFound, Invalid, Unprocessable, and Conflict naming who holds a lock.

    A refused call stores nothing; should the machine not start, the reconciler starts it.
    """
    registered = ports.services.get(command.service)
    _refuse_if_late(command, registered)
    spec = with_strategy(registered.spec, command.strategy)
    survey = ports.estates.survey(spec, command.version)
    spec, unheeded = without_red(spec, survey.alarms.values()) if command.undo else (spec, [])
    now = ports.clock()
    rollout_id = new_rollout_id(now, ports.entropy)
    try:
        drafted = draft(
            spec, survey, command.version, rollout_id, fast=command.fast, undo=command.undo, size=command.size
        )
        if drafted.steps:
            _refuse(command, drafted, survey)
    except Unprocessable:
        _refuse_if_held(spec, ports)
        raise
    rollout = _pending(drafted, unheeded, command, caller, ports)
    against = drafted.suitability.against if drafted.steps else ()
    ports.sweeping.enable()  # first: should this function die half-way, the next sweep goes on from there
    _store(rollout, command, against, ports)
    with suppress(Transient, Rejected):  # the rollout stands: what was not started, the reconciler starts
        ports.executions.start(rollout.service, rollout_id, rollout.generation)
    return rollout


def _refuse_if_late(command: StartRollout, registered: Registered) -> None:
    asked, accepted = command.sequence, registered.sequence
    if asked is not None and accepted is not None and asked < accepted:
        raise Conflict(f"sequence {asked} comes after {accepted} was accepted")


def _refuse_if_held(spec: ServiceSpec, ports: Ports) -> None:
    """What an open rollout is about to do is no fault of who asks: that one is in the way."""
    for _, group, _ in pairs(spec):
        resource = group_arn(group, ports.region, ports.account)
        owner = ports.rollouts.owner(resource)
        if owner is not None:
            raise Conflict(held_by(resource, owner))


def _refuse(command: StartRollout, drafted: Draft, survey: Survey) -> None:
    """What stands against a rollout that has something to do."""
    if not command.undo:
        refuse_if_strict(drafted.spec, drafted)
    _refuse_if_unsuitable(command, drafted)
    now = passing_violations(drafted.spec, survey)
    if now:
        raise Unprocessable(*now)
    if drafted.estate.stable.desired < 1 and not drafted.first:
        raise Unprocessable(
            Violation("platform", f"{drafted.layout.stable_group} has no instances: scale it up first")
        )


def _refuse_if_unsuitable(command: StartRollout, drafted: Draft) -> None:
    if not drafted.suitability.told or command.override:
        return
    field, remedy = "strategy", "say in `override` why this one is run all the same"
    if command.undo:
        field, remedy = "reason", f"say in `reason` why {command.version} is brought back by it all the same"
    elif drafted.suitability.safest:
        remedy = f"choose that one, or {remedy}"
    raise Unprocessable(Violation(field, f"{drafted.suitability.told}; {remedy}"))


def _pending(
    drafted: Draft, unheeded: Sequence[str], command: StartRollout, caller: Caller, ports: Ports
) -> Rollout:
    return Rollout(
        rollout_id=drafted.rollout_id,
        service=drafted.spec.name,
        spec=drafted.spec,
        version=command.version,
        previous_version=drafted.previous_version,
        layout=drafted.layout,
        steps=drafted.steps,
        fast=command.fast,
        undo=command.undo,
        first=drafted.first,
        warnings=(*drafted.warnings, *unheeded),
        requested_by=Requester(caller=caller.arn, reason=caller.reason),
        created_at=ports.clock(),
    )


def _store(rollout: Rollout, command: StartRollout, against: tuple[str, ...], ports: Ports) -> None:
    requested = Event(
        type="Rollout Requested",
        at=rollout.created_at,
        actor=rollout.requested_by.caller,
        reason=rollout.requested_by.reason,
        data={
            "version": rollout.version,
            "previous_version": rollout.previous_version,
            **({"fast": True} if rollout.fast else {}),
        },
    )
    overridden = Event(
        type="Contraindications Overridden",
        at=rollout.created_at,
        actor=rollout.requested_by.caller,
        reason=command.override,
        data={"against": list(against)},
        public=False,
    )
    head, entries = continue_chain(Head(), [requested, *([overridden] if against else [])])
    locks = locked_resources(rollout.layout, ports.region, ports.account)
    ports.rollouts.create(replace(rollout, head=head), entries, locks, command.sequence)
