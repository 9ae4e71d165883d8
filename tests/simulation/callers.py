"""People whose verbs a run is about: each is asked for again until there is an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.undo import Undo, undo
from signalbox.rollouts.ports import Ports
from tests.simulation.cases import Ending
from tests.simulation.fibers import hub

if TYPE_CHECKING:
    from tests.simulation.part import Part

CALLER = Caller(arn="arn:aws:iam::123456789012:user/on-call", reason="somebody on call")
AT = 15.0  # seconds after the start: the candidate is on its way
THINKS_FOR = 20.0  # seconds between two verbs
AGAIN = 30.0  # seconds until somebody asks again who got no answer
LOOKS_EVERY = 5.0  # seconds


def _answered(ask: Callable[[Ports], object], ports: Ports) -> bool:
    """Also that it cannot be."""
    with suppress(Conflict):
        ask(ports)
    return True


def _insist(part: Part, ask: Callable[[Ports], object]) -> None:
    while not part.universe.ask(partial(_answered, ask)):
        hub.sleep(AGAIN)


def _verb(part: Part, verb: Callable[..., object], **given: Any) -> None:
    rollout_id = part.rollouts()[-1].rollout_id
    _insist(part, lambda ports: verb(part.name, rollout_id, CALLER, ports, **given))


def _started(part: Part) -> None:
    while not part.rollouts():
        hub.sleep(LOOKS_EVERY)
    hub.sleep(AT)


def _aborts(part: Part) -> None:
    part.ordered.append("abort")
    _started(part)
    _verb(part, abort)


def _pauses(part: Part) -> None:
    """And goes on, to the end at once."""
    part.watch.promoted = True
    _started(part)
    for verb in (pause, resume):
        _verb(part, verb)
        hub.sleep(THINKS_FOR)
    _verb(part, promote, full=True)


def _undoes(part: Part) -> None:
    """What has succeeded, or what went back: then there is nothing to undo."""
    part.ordered.append("undo")
    _started(part)
    while not part.rollouts()[-1].phase.is_final:
        hub.sleep(LOOKS_EVERY)
    if part.rollouts()[-1].phase == "succeeded":
        part.watch.promoted = True  # nobody watches what served before
        _insist(part, lambda ports: undo(Undo(service=part.name), CALLER, ports))


CALLERS: Mapping[Ending, Callable[[Part], None]] = {
    Ending.ABORTED: _aborts,
    Ending.PAUSED: _pauses,
    Ending.UNDONE: _undoes,
}


def call(part: Part) -> None:
    """Until the last verb of the ending is answered; the run is not over before."""
    part.asking += 1
    try:
        CALLERS[part.ending](part)
    finally:
        part.asking -= 1
