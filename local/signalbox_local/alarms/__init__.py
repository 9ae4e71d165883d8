"""CloudWatch's part: evaluates the alarms that moto keeps and tells of each change of state."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from signalbox_local.alarms.evaluation import Verdict, evaluate
from signalbox_local.alarms.events import AlarmState, reason_data, state_change
from signalbox_local.alarms.expressions import BadExpression
from signalbox_local.alarms.metrics import condition_of, read_series, watched
from signalbox_local.alarms.statistics import NotAvailable
from signalbox_local.alarms.store import store_of
from signalbox_local.rounds import Rounds

LOOK_EVERY_SECONDS = 0.25
# High-resolution alarms (periods of 10, 20 and 30 s) are evaluated each 10 s, all others each minute.
SHORT_ROUND, LONG_ROUND = 10, 60


@dataclass(frozen=True)
class Pace:
    """A minute of an alarm is judged over 60 / `speedup` seconds. An evaluation waits for `settling` seconds
    after its boundary, in which the last datapoints arrive."""

    speedup: float = 1.0
    settling: float = 0.0


class Alarms:
    """Evaluates each alarm at the boundary of its round; `publish` takes the event."""

    def __init__(
        self,
        publish: Callable[[dict[str, Any]], object],
        account: str,
        region: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pace: Pace | None = None,
    ) -> None:
        self._publish = publish
        self._account = account
        self._region = region
        self._now = now
        pace = pace or Pace()
        self._speedup = pace.speedup
        self._settling = timedelta(seconds=pace.settling)
        self._lock = threading.RLock()
        self._evaluated: dict[str, datetime] = {}
        self._rounds = Rounds("alarms", LOOK_EVERY_SECONDS, self.look)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def look(self) -> None:
        """Evaluates the alarms that have passed a boundary since they were last looked at."""
        now = self._now() - self._settling
        with self._lock:
            alarms = list(self._backend.alarms.values())
            self._evaluated = {
                alarm.name: self._evaluated.get(alarm.name, self._boundary(alarm, now)) for alarm in alarms
            }
            for alarm in alarms:
                if (boundary := self._boundary(alarm, now)) > self._evaluated[alarm.name]:
                    self._evaluated[alarm.name] = boundary
                    self.evaluate(alarm, boundary)

    def evaluate(self, alarm: Alarm, boundary: datetime) -> None:
        """Judges the periods that ended at `boundary`, and tells when the state changes."""
        with self._lock:
            verdict, data = self._judge(alarm, boundary)
            if verdict and verdict.state != alarm.state_value:
                self.change(alarm, partial(alarm.update_state, verdict.reason, data, verdict.state))

    def change(self, alarm: Alarm, write: Callable[[], object]) -> None:
        """Lets `write` set the alarm's state in moto and publishes the change, if it is one."""
        with self._lock:
            before = _state(alarm)
            write()
            after = _state(alarm)
            if before.value != after.value:
                self._publish(state_change(alarm, before, after))

    def set_by_client(self, name: str, write: Callable[[], object]) -> None:
        """SetAlarmState, whose checks are in `write`: the state stands until the next evaluation."""
        alarm = self._backend.alarms.get(name)
        if alarm is None:
            write()
        else:
            self.change(alarm, write)

    def enrol(self, alarm: Alarm, before: Alarm | None) -> None:
        """A new alarm has no data yet; a changed one keeps its state, as on AWS."""
        with self._lock:
            alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
            if before:
                alarm.state_reason, alarm.state_reason_data = before.state_reason, before.state_reason_data
                alarm.state_updated_timestamp = before.state_updated_timestamp

    def _judge(self, alarm: Alarm, boundary: datetime) -> tuple[Verdict | None, str]:
        try:
            what, condition = watched(alarm), condition_of(alarm)
            store = store_of(self._backend)
            series = read_series(what, store, boundary, condition.looks_back, self._speedup)
        except (NotAvailable, BadExpression) as reason:
            return Verdict("INSUFFICIENT_DATA", str(reason)), ""
        verdict = evaluate(condition, series, alarm.state_value)  # type: ignore[arg-type]
        points = verdict.points if verdict else ()
        return verdict, reason_data(what, condition.threshold, points, self._now())

    def _boundary(self, alarm: Alarm, now: datetime) -> datetime:
        length = (SHORT_ROUND if _period(alarm) < LONG_ROUND else LONG_ROUND) / self._speedup
        return datetime.fromtimestamp(round(now.timestamp() // length * length, 6), UTC)

    @property
    def _backend(self) -> CloudWatchBackend:
        return cloudwatch_backends[self._account][self._region]


def _state(alarm: Alarm) -> AlarmState:
    data = alarm.state_reason_data if alarm.state_reason_data not in {None, "{}"} else ""
    return AlarmState(alarm.state_value, alarm.state_reason, data, alarm.state_updated_timestamp)


def _period(alarm: Alarm) -> int:
    try:
        return watched(alarm).period
    except (NotAvailable, BadExpression):
        return LONG_ROUND
