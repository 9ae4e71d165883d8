"""What the film of the fleet is played on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.asking import ask
from signalbox_cli.rollout_words import Json
from signalbox_local.demo_fleet.diary import Diary
from signalbox_local.demo_fleet.pace import FLEET, Pace
from signalbox_local.demo_fleet.record import Changes, changes_in, now_by
from signalbox_local.demo_fleet.resources import Thing, power_of
from signalbox_local.embedded import EmbeddedAws
from signalbox_local.rehearsal.checks import Check

DAY = timedelta(days=1)
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (DAY * number for number in range(5))


@dataclass(kw_only=True)
class Stage:
    """`monday` is the midnight that the week begins with; `before` says how AWS was then. `marks` are the
    moments that the picture names."""

    diary: Diary
    aws: EmbeddedAws
    pace: Pace
    spec: Mapping[str, Any]
    zone: tzinfo
    monday: datetime
    before: Mapping[Thing, bool]
    first_call: int
    marks: list[tuple[datetime, str]] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    known: dict[str, Json] = field(default_factory=dict)

    @property
    def end(self) -> datetime:
        """The midnight that the week ends with."""
        return self.monday + DAY * 7

    def at(self, day: timedelta, hour: int) -> datetime:
        """That hour of the week on the wall."""
        return self.monday + day + timedelta(hours=hour)

    def ask(self, method: str, below: str = "", body: object = None, caller: str = "operator") -> Any:
        """Of the fleet, by the API. Raises Refused."""
        return ask(self.aws.api(caller), method, f"{FLEET}{below}", body)

    def run_after(self, moment: datetime, is_it: Callable[[Json], bool]) -> Json:
        """Such a run that began then or later, when it has ended. Raises Unexpected."""
        return self.pace.until_run(lambda run: from_rfc3339(run["created_at"]) >= moment and is_it(run))

    def runs(self) -> Sequence[Json]:
        """Of the week, the oldest first, each with its resources; what has ended is read once."""
        listed = self.ask("GET", "/runs?limit=100", caller="viewer")["items"]
        ids = [run["run_id"] for run in reversed(listed) if from_rfc3339(run["created_at"]) < self.end]
        for id_ in ids:
            if id_ not in self.known:
                self.known[id_] = self.ask("GET", f"/runs/{id_}", caller="viewer")
        return [self.known[id_] for id_ in ids]

    def changes(self) -> Changes:
        """What each resource was until now, by the record."""
        return changes_in(self.runs(), self.before, self.monday)

    def check(self, sentence: str, found: object, *, holds: bool) -> None:
        """For the end."""
        self.checks.append(Check(sentence, holds, found))

    def compare(self, sentence: str) -> None:
        """The record with what AWS itself says."""
        told, real = now_by(self.changes()), power_of(self.aws.client)
        differ = sorted(id_ for (kind, id_), runs in real.items() if told.get((kind, id_)) != runs)
        alike = not differ and len(told) == len(real)
        self.check(f"{sentence}; AWS says what the record says", f"differs: {differ}", holds=alike)
