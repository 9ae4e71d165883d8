"""Seams of CloudWatch: our store of metrics, our statistics and metric math, our evaluation of alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from signalbox_local.alarms import Alarms, answers
from signalbox_local.alarms.expressions import BadExpression
from signalbox_local.alarms.metrics import watched
from signalbox_local.alarms.queries import check_queries
from signalbox_local.alarms.statistics import NotAvailable
from signalbox_local.moto_seams.seams import Seams


def metric_data(seams: Seams) -> None:
    """Metrics live in a store by metric and time."""

    # moto keeps one list of all data, scans it for each period, and knows neither percentiles nor math.
    def get_metric_data(
        self: CloudWatchBackend,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str,
    ) -> list[dict[str, Any]]:
        return answers.get_metric_data(self, queries, start_time, end_time, scan_by)

    seams.replace(CloudWatchBackend, "put_metric_data", answers.put_metric_data)
    seams.replace(CloudWatchBackend, "get_metric_data", get_metric_data)

    # moto begins its periods at the first datum and gives extended statistics no values.
    def statistics(original: Callable[..., Any]) -> Callable[..., Any]:
        def get_metric_statistics(self: CloudWatchResponse) -> Any:
            given = self._get_params()
            if not given.get("Statistics") and not given.get("ExtendedStatistics"):
                return original(self)
            found = answers.get_metric_statistics(self.cloudwatch_backend, given)
            return ActionResult({"Label": given["MetricName"], "Datapoints": found})

        return get_metric_statistics

    seams.wrap(CloudWatchResponse, "get_metric_statistics", statistics)

    # ListMetrics goes through every datum for every other.
    def all_metrics(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: [*answers.all_metrics(self), *original(self)]

    seams.wrap(CloudWatchBackend, "get_all_metrics", all_metrics)


def alarm_states(seams: Seams, alarms: Alarms) -> None:
    """New alarms begin without data, and a state that a client sets is an event; one request at a time.

    Alarms read the store that `metric_data` fills.
    """
    lock = threading.RLock()

    # moto answers DescribeAlarms from the very dictionary that PutMetricAlarm and DeleteAlarms change.
    def one_at_a_time(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: CloudWatchResponse) -> Any:
            with lock:
                return original(self)

        return call_action

    # moto takes any expression, begins with OK and forgets the state when an alarm is put again.
    def enrolled(original: Callable[..., Any]) -> Callable[..., Any]:
        def put_metric_alarm(self: CloudWatchBackend, name: str, **given: Any) -> Any:
            before = self.alarms.get(name)
            alarm = original(self, name=name, **given)
            try:
                _check(alarm)
            except Exception:
                # A refused alarm leaves none, or the one that was there.
                self.alarms.pop(name)
                self.alarms.update({name: before} if before else {})
                raise
            alarms.enrol(alarm, before)
            return alarm

        return put_metric_alarm

    # moto tells nobody of a new state.
    def told(original: Callable[..., None]) -> Callable[..., None]:
        def set_alarm_state(self: CloudWatchBackend, alarm_name: str, *state: Any) -> None:
            alarms.set_by_client(alarm_name, lambda: original(self, alarm_name, *state))

        return set_alarm_state

    seams.wrap(CloudWatchResponse, "call_action", one_at_a_time)
    seams.wrap(CloudWatchBackend, "put_metric_alarm", enrolled)
    seams.wrap(CloudWatchBackend, "set_alarm_state", told)


def _check(alarm: Alarm) -> None:
    if not alarm.metric_data_queries:
        return
    try:
        check_queries(watched(alarm).queries)
    except BadExpression as problem:
        raise ValidationError(f"Error in expression: {problem}") from problem
    except NotAvailable as problem:
        raise NotImplementedError(str(problem)) from problem
