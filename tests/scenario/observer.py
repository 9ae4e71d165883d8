"""Looks at a service for as long as a story lasts: what holds at all times is asserted here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.world import World

LOOK_EVERY_SECONDS = 0.1


@contextmanager
def never_below(world: World, service: SampleService, floor: int) -> Iterator[None]:
    """Each target group that gets traffic has its part of `floor` healthy targets, until the block ends."""
    found: list[str] = []
    stopping = threading.Event()

    def look() -> None:
        while not stopping.wait(LOOK_EVERY_SECONDS):
            found.extend(_too_few(world, service, floor))

    thread = threading.Thread(target=look, name="observer")
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
    assert found == []


def _too_few(world: World, service: SampleService, floor: int) -> list[str]:
    found = []
    for reference in service.references:
        weights = world.weights(reference)
        total = sum(weights.values())
        if not total:
            found.append(f"{reference} sends nothing anywhere")
        for arn, weight in weights.items():
            healthy, needed = _healthy(world, arn), ceil(floor * weight / (total or 1))
            if healthy < needed:
                found.append(f"{healthy} of {needed} in {arn} at {weight} of {total}")
    return found


def _healthy(world: World, arn: str) -> int:
    try:
        found: list[Any] = world.aws("elbv2").describe_target_health(TargetGroupArn=arn)[
            "TargetHealthDescriptions"
        ]
    except world.aws("elbv2").exceptions.TargetGroupNotFoundException:
        return 0  # it went between the two looks: then it had no weight
    return sum(1 for target in found if target["TargetHealth"]["State"] == "healthy")
