"""One one-shot schedule of EventBridge Scheduler for each fleet: nothing runs until then."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import TargetTypeDef

RETRIES = 20  # within
FLEET_DUE = "signalbox.timetable"  # the source of what a schedule says
LATEST = 3_600  # seconds; then the hourly sweep has caught up


class SchedulerTimetable:
    """Port `Timetable`. A schedule fires within the minute after its `at`, which is in whole seconds, UTC. It
    stays when it has fired: if it deleted itself, it could take the moment with it that it is armed for
    meanwhile."""

    def __init__(self, group: str, function_arn: str, role_arn: str, dead_letters_arn: str) -> None:
        self._group = group
        self._function_arn = function_arn
        self._role_arn = role_arn
        self._dead_letters_arn = dead_letters_arn

    def arm(self, fleet: str, at: datetime | None) -> None:
        """Create the schedule, or give the one that is there another moment; without one it goes."""
        with aws_errors():
            if at is None:
                self._disarm(fleet)
                return
            try:
                self._write("update_schedule", fleet, at)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                self._create(fleet, at)

    def _create(self, fleet: str, at: datetime) -> None:
        try:
            self._write("create_schedule", fleet, at)
        except ClientError as error:
            if code_of(error) != "ConflictException":
                raise
            self._write("update_schedule", fleet, at)  # somebody else was faster

    def _write(self, operation: str, fleet: str, at: datetime) -> None:
        whole = at + timedelta(microseconds=-at.microsecond % 1_000_000)  # never before the moment
        getattr(client("scheduler"), operation)(
            Name=fleet,
            GroupName=self._group,
            ScheduleExpression=f"at({whole:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="NONE",
            Target=self._target(fleet),
        )

    def _target(self, fleet: str) -> "TargetTypeDef":
        return {
            "Arn": self._function_arn,
            "RoleArn": self._role_arn,
            "Input": json.dumps({"source": FLEET_DUE, "fleet": fleet}),
            "RetryPolicy": {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": LATEST},
            "DeadLetterConfig": {"Arn": self._dead_letters_arn},
        }

    def _disarm(self, fleet: str) -> None:
        try:
            client("scheduler").delete_schedule(Name=fleet, GroupName=self._group)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
