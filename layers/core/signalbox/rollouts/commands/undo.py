"""Bring back a version that served before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signalbox.kernel.caller import Caller
from signalbox.kernel.durations import parse_duration
from signalbox.kernel.errors import Conflict, Unprocessable, Violation
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.model import Phase
from signalbox.rollouts.ports import Ports, Registered
from signalbox.rollouts.record import Rollout

HISTORY = 50  # rollouts, the newest ones, that are looked through


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Without a version the one that served before the present one."""

    service: str
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """A version that served until `rollout` succeeded, `ago` such rollouts before now: 0 for the last."""

    version: str
    rollout: Rollout
    ago: int


def undo(command: Undo, caller: Caller, ports: Ports) -> Rollout:
    """The rollout that brings it back: an open one that is sent back, since its old instances are alive; or a
    new one, which watches nothing when the version served within the service's rollback window.

    Raises NotFound, Unprocessable when there is nothing to go back to, or something speaks against it and the
    caller gives no reason, Conflict while a rollout is open that cannot be sent back to that version.
    """
    registered = ports.services.get(command.service)
    history, _ = ports.rollouts.list(command.service, HISTORY, None)
    if history and not history[0].phase.is_final:
        return _sent_back(history[0], command, caller, ports)
    former = _former(command, history)
    because = caller.reason or f"undo of {former.rollout.rollout_id}"
    start = StartRollout(
        service=command.service,
        version=former.version,
        undo=True,
        fast=_in_window(former, registered, ports),
        override=caller.reason,
    )
    return start_rollout(start, replace(caller, reason=because), ports)


def _sent_back(found: Rollout, command: Undo, caller: Caller, ports: Ports) -> Rollout:
    if command.version not in (None, found.previous_version):
        raise Conflict(f"{found.rollout_id} is open, from {found.previous_version}: abort it first")
    if found.phase is Phase.STUCK:
        raise Conflict(f"{found.rollout_id} is stuck on its way back: retry it")
    return abort(command.service, found.rollout_id, caller, ports)


def _former(command: Undo, history: Sequence[Rollout]) -> Former:
    """Only what served counts: what a rollout that succeeded replaced; nothing did before the first."""
    succeeded = [one for one in history if one.phase is Phase.SUCCEEDED]
    if succeeded and succeeded[-1].first:
        succeeded.pop()
    served = [one for one in succeeded if one.version != one.previous_version]
    for ago, one in enumerate(served):
        if command.version in (None, one.previous_version):
            return Former(version=one.previous_version, rollout=one, ago=ago)
    raise Unprocessable(_nothing(command, [one.previous_version for one in served]))


def _nothing(command: Undo, known: list[str]) -> Violation:
    if command.version is None:
        return Violation(
            "service", f"no rollout of {command.service} has succeeded: there is nothing to undo"
        )
    before = ", ".join(dict.fromkeys(known)) or "none"
    return Violation("version", f"{command.version} has not served before; these have: {before}")


def _in_window(former: Former, registered: Registered, ports: Ports) -> bool:
    window, ended = registered.spec.rollback_window, former.rollout.ended_at
    assert ended is not None
    return former.ago < window.rollouts and ports.clock() - ended <= parse_duration(window.age)
