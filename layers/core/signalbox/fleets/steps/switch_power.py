"""Ask AWS to start or stop what is due, in the largest batches that it takes, as fast as it allows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from signalbox.fleets.decisions.lots import answered, fresh, watched
from signalbox.fleets.decisions.pacing import allowance, spend
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.progress import Progress, State
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.lots import Stage, following
from signalbox.fleets.steps.turn import LONGEST_TURN, PowerCommand, still_ours
from signalbox.fleets.switches import Switch, Switched, Target
from signalbox.kernel.errors import Rejected, Transient

FIRST_LOOK = 30  # seconds after AWS has accepted: little is there earlier
# While there is more to ask for, looks are rare: they cost calls, and only what was put off depends on them.
LOOKS = timedelta(minutes=15)
LOOKS_FOR_DELAYED = timedelta(minutes=5)


def switch_power(command: PowerCommand, ports: FleetPorts) -> Progress:
    """Each lot that is due and still waits. Asking twice for the same changes nothing."""
    stage = Stage.taken(command, ports)
    if stage is None:
        return Progress(next=State.DONE)
    run = stage.run
    over = following(stage, run, ports)
    if over is not None:
        return over
    asking = _Asking(stage, run, ports.clock(), ports, run.again)
    try:
        pause = asking.everything()
    finally:
        if asking.has_asked:
            stage.kept(asking.run, ports)
    looked = run.looked_at or run.stage_at or asking.began
    longest = LOOKS_FOR_DELAYED if any(lot.delays for lot in stage.here) else LOOKS
    must_look = any(watched(lot) for lot in stage.here) and ports.clock() - looked >= longest
    if pause and not must_look:
        return Progress(next=State.SWITCH_POWER, seconds=min(pause, int(longest.total_seconds())))
    return Progress(next=State.VERIFY_POWER, seconds=FIRST_LOOK if asking.has_asked and not pause else 0)


@dataclass(slots=True)
class _Asking:
    """One turn; `run` is the run with the tokens that are left."""

    stage: Stage
    run: Run
    began: datetime
    ports: FleetPorts
    again: bool
    has_asked: bool = False

    def everything(self) -> int:
        """In how many seconds more can be asked for; 0 when nothing waits for its turn."""
        pauses = [pause for lot in self.stage.here if lot.waiting and (pause := self._lot(lot))]
        return max(1, math.ceil(min(pauses))) if pauses else 0

    def _lot(self, lot: Lot) -> float:
        due = (self.run.stage_at or self.began).timestamp() + lot.after - self.ports.clock().timestamp()
        if due > 0:
            return due
        switch = self.ports.switch_of(lot.kind)
        pace, name = switch.pace(self.run.action), f"{lot.where}/{self.run.action}"
        left = self._left(lot)
        while left:
            now = self.ports.clock()
            if (now - self.began).total_seconds() > LONGEST_TURN:
                return 1.0
            allowed = allowance(min(len(left), switch.batch), pace, name, self.run.tokens, now)
            if not allowed.count:
                return allowed.seconds
            batch, left = left[: allowed.count], left[allowed.count :]
            if self.has_asked:
                still_ours(self.run, self.ports)
            self.has_asked = True
            tokens = spend(len(batch), pace, name, self.run.tokens, now)
            self.run = replace(self.run, tokens=tokens, again=False)
            lot, goes_on = self._ask(switch, replace(lot, since=lot.since or now), batch)
            self.stage.change(lot)
            if not goes_on:
                break
        return 0.0

    def _left(self, lot: Lot) -> list[str]:
        """What was put off comes last, and once after each look: it takes the tokens of the others."""
        new = fresh(lot)
        put_off = set(lot.waiting) - set(new) if self.again else ()
        return [*new, *(id_ for id_ in lot.waiting if id_ in put_off)]

    def _ask(self, switch: Switch, lot: Lot, batch: Sequence[str]) -> tuple[Lot, bool]:
        """The lot, and whether AWS can be asked for the rest of it."""
        targets = [Target(id=id_, size=lot.sizes.get(id_, ())) for id_ in batch]
        try:
            return answered(lot, batch, switch.switch(self.run.action, targets, lot.place)), True
        except Transient as error:
            switched = Switched(later=dict.fromkeys(lot.waiting, str(error)))
        except Rejected as error:
            switched = Switched(refused=dict.fromkeys(lot.waiting, str(error)))
        return answered(lot, lot.waiting, switched), False
