"""One turn of asking AWS: what is due, in the largest batches that it takes, as fast as it allows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from signalbox.fleets.decisions.lots import answered, by_id, fresh
from signalbox.fleets.decisions.pacing import allowance, spend
from signalbox.fleets.decisions.types import alternates_of, changed, lacking, left_alone, to_change, to_note
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Lot, Run
from signalbox.fleets.steps.lots import Stage
from signalbox.fleets.steps.turn import LONGEST_TURN, still_ours
from signalbox.fleets.switches import Pace, Switch, Switched, Target
from signalbox.kernel.again import persistent
from signalbox.kernel.errors import Rejected, Transient

MOST_NOTED = (
    2000  # instances with another type than their own: a quarter of what the standing's item may have
)


@dataclass(slots=True)
class Asking:
    """`run` is the run with the tokens that are left; `again`: what was put off is asked for as well."""

    stage: Stage
    run: Run
    began: datetime
    ports: FleetPorts
    again: bool
    has_asked: bool = False

    def everything(self) -> int:
        """In how many seconds more can be asked for; 0 when nothing waits for its turn."""
        action = self.run.action
        numbers = [lot.number for lot in self.stage.here if lot.waiting or to_change(lot, action)]
        pauses = [pause for number in numbers if (pause := self._lot(number))]
        return max(1, math.ceil(min(pauses))) if pauses else 0

    def _lot(self, number: int) -> float:
        after = self.stage.lots[number].after
        due = (self.run.stage_at or self.began).timestamp() + after - self.ports.clock().timestamp()
        if due > 0:
            return due
        pauses = [pause for pause in (self._change_types(number), self._switch(number)) if pause]
        return min(pauses, default=0.0)

    def _switch(self, number: int) -> float:
        lot = self.stage.lots[number]
        switch = self.ports.switch_of(lot.kind)
        unready = set(to_change(lot, self.run.action))
        left = [id_ for id_ in self._left(lot) if id_ not in unready]
        pace = switch.pace(self.run.action)

        def ask(batch: Sequence[str]) -> bool:
            return self._ask(switch, number, batch)

        return self._paced(left, switch.batch, pace, f"{lot.where}/{self.run.action}", ask)

    def _paced(
        self, left: Sequence[str], most: int, pace: Pace, name: str, ask: Callable[[Sequence[str]], bool]
    ) -> float:
        """Batch by batch, until `ask` says that it is no use; in how many seconds the rest can follow."""
        while left:
            now = self.ports.clock()
            if (now - self.began).total_seconds() > LONGEST_TURN:
                return 1.0
            allowed = allowance(min(len(left), most), pace, name, self.run.tokens, now)
            if not allowed.count:
                return allowed.seconds
            batch, left = left[: allowed.count], left[allowed.count :]
            if self.has_asked:
                still_ours(self.run, self.ports)
            self.has_asked = True
            tokens = spend(len(batch), pace, name, self.run.tokens, now)
            self.run = replace(self.run, tokens=tokens, again=False)
            if not ask(batch):
                break
        return 0.0

    def _left(self, lot: Lot) -> list[str]:
        """What was put off comes last, and once after each look: it takes the tokens of the others."""
        new = fresh(lot)
        put_off = set(lot.waiting) - set(new) if self.again else ()
        return [*new, *(id_ for id_ in lot.waiting if id_ in put_off)]

    def _ask(self, switch: Switch, number: int, batch: Sequence[str]) -> bool:
        """Whether AWS can be asked for the rest of the lot."""
        lot = self.stage.lots[number]
        lot = replace(lot, since=lot.since or self.ports.clock())
        targets = [Target(id=id_, size=lot.sizes.get(id_, ())) for id_ in batch]
        done, goes_on = _answer(
            lambda: switch.switch(self.run.action, targets, lot.place), batch, otherwise=lot.waiting
        )
        lot = answered(lot, batch if goes_on else lot.waiting, done)
        self.stage.change(lacking(lot, done.lacking, alternates_of(self.run.spec)))
        return goes_on

    def _change_types(self, number: int) -> float:
        """What lacks capacity takes another type, what has stopped its own. It is stored before anything is
        started: whoever comes next must not take it for what it was."""
        lot, pace = self.stage.lots[number], self.ports.types.pace
        put_off = () if self.again else by_id(lot.delays)
        ids = [id_ for id_ in to_change(lot, self.run.action) if id_ not in put_off]

        def change(batch: Sequence[str]) -> bool:
            goes_on = self._change(number, batch)
            self.run = self.stage.kept(self.run, self.ports)
            return goes_on

        return self._paced(ids, len(ids), pace, f"{lot.where}/types", change)

    def _change(self, number: int, batch: Sequence[str]) -> bool:
        lot = self.stage.lots[number]
        noted = self._noted(lot, batch)
        lot = left_alone(lot, set(batch) - set(noted))
        types = {id_: lot.types[id_].next for id_ in noted}
        done, goes_on = _answer(lambda: self.ports.types.change(types, lot.place), noted, otherwise=noted)
        self.stage.change(changed(lot, noted, done, self.run.action, alternates_of(self.run.spec)))
        return goes_on

    @persistent
    def _noted(self, lot: Lot, batch: Sequence[str]) -> Sequence[str]:
        """Those of the batch of which it is remembered what their own type is."""
        standing = still_ours(self.run, self.ports)
        room = MOST_NOTED - len(standing.types)
        known = [id_ for id_ in batch if lot.key_of(id_) in standing.types]
        new = [id_ for id_ in batch if lot.key_of(id_) not in standing.types][: max(0, room)]
        noted = [*known, *new]
        types = {**standing.types, **to_note(lot, noted)}
        if types != standing.types:
            after = replace(standing, types=types, revision=standing.revision + 1)
            self.ports.fleets.save(self.run.fleet, after, ())
        return noted


def _answer(
    ask: Callable[[], Switched], batch: Sequence[str], *, otherwise: Sequence[str]
) -> tuple[Switched, bool]:
    """What AWS answers, and whether it can be asked for more; `otherwise` are those that a failure is told
    of."""
    if not batch:
        return Switched(), True
    try:
        return ask(), True
    except Transient as error:
        return Switched(later=dict.fromkeys(otherwise, str(error))), False
    except Rejected as error:
        return Switched(refused=dict.fromkeys(otherwise, str(error))), False
