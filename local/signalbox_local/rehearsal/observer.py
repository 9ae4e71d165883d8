"""Looks at a service from outside for as long as a rehearsal lasts: boto3 only, no code under test."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from signalbox_local.owner import Aws
from signalbox_local.rehearsal.footprint import Standing
from signalbox_local.rehearsal.looks import Look
from signalbox_local.rehearsal.splits import split

LOOK_EVERY = 0.4
ALIVE = ["pending", "running"]


class Observer:
    """`looks` grows while it runs; a look during which weights changed counts for nothing."""

    def __init__(self, aws: Aws, service: Standing) -> None:
        self._aws = aws
        self._service = service
        self._stopping = threading.Event()
        self.looks: list[Look] = []
        self.missed: list[str] = []

    def run(self) -> None:
        """Until it is told to stop."""
        while not self._stopping.wait(LOOK_EVERY):
            try:
                look = self.look()
            except (ClientError, BotoCoreError) as problem:
                self.missed.append(str(problem))  # the figures say how often it could not see
                continue
            if look:
                self.looks.append(look)

    def stop(self) -> None:
        """After the present look."""
        self._stopping.set()

    def look(self) -> Look | None:
        """As it is now; None when it changed meanwhile."""
        at, before = time.time(), self._weights()
        served = {arn for split in before.values() for arn in split} | set(self._service.target_groups)
        targets = {arn: self._targets(arn) for arn in sorted(served) if arn.startswith("arn:")}
        images = self._images()
        if self._weights() != before:
            return None
        return Look(at=at, weights=before, targets=targets, images=images)

    def _weights(self) -> dict[str, dict[str, int]]:
        return {arn: split(self._aws, arn) for arn in self._service.references}

    def _targets(self, arn: str) -> dict[str, str]:
        try:
            found: list[Any] = self._aws("elbv2").describe_target_health(TargetGroupArn=arn)[
                "TargetHealthDescriptions"
            ]
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "TargetGroupNotFound":
                raise
            return {}
        return {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in found}

    def _images(self) -> dict[str, str]:
        alive = [{"Name": "instance-state-name", "Values": ALIVE}]
        pages = self._aws("ec2").get_paginator("describe_instances").paginate(Filters=alive)
        return {
            instance["InstanceId"]: instance["ImageId"]
            for page in pages
            for entry in page["Reservations"]
            for instance in entry["Instances"]
        }


@contextmanager
def observing(aws: Aws, service: Standing) -> Iterator[Observer]:
    """From here to the end of the block."""
    observer = Observer(aws, service)
    thread = threading.Thread(target=observer.run, name="observer", daemon=True)
    thread.start()
    try:
        yield observer
    finally:
        observer.stop()
        thread.join()
