"""Seams of EventBridge Scheduler: what AWS refuses, and what an update changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.responses import EventBridgeSchedulerResponse

from signalbox_local.moto_seams.seams import Seams
from signalbox_local.schedules import check


def schedules(seams: Seams) -> None:
    """Schedules are read as strictly as on AWS, and written whole."""

    # moto takes any expression, zone and target, and fails on a group that is not there.
    def checked(original: Callable[..., str]) -> Callable[..., str]:
        def write(self: EventBridgeSchedulerResponse) -> str:
            self.scheduler_backend.get_schedule_group(self._get_param("GroupName"))
            try:
                check(self._get_param)
            except ValueError as problem:
                raise ValidationException(message=str(problem)) from None
            return original(self)

        return write

    # moto's update forgets what comes after completion, and enables nothing.
    def whole(original: Callable[..., str]) -> Callable[..., str]:
        def update_schedule(self: EventBridgeSchedulerResponse) -> str:
            answer = original(self)
            name = self.uri.split("?")[0].split("/")[-1]
            schedule: Any = self.scheduler_backend.get_schedule(self._get_param("GroupName"), name)
            schedule.action_after_completion = self._get_param("ActionAfterCompletion")
            schedule.state = self._get_param("State") or "ENABLED"
            return answer

        return update_schedule

    seams.wrap(EventBridgeSchedulerResponse, "update_schedule", whole)
    for name in ("create_schedule", "update_schedule"):
        seams.wrap(EventBridgeSchedulerResponse, name, checked)
