"""Looks at a service for as long as a story lasts: what holds at all times is asserted here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any

from signalbox_local.sample_service import SampleService
from tests.scenario.world import World

LOOK_EVERY_SECONDS = 0.25


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
    return [text for reference in service.references for text in _short_of(world, reference, floor)]


def _short_of(world: World, reference: str, floor: int) -> list[str]:
    """What lacks behind one rule; nothing when its weights changed between two looks at it."""
    weights = world.weights(reference)
    total = sum(weights.values())
    healthy = {arn: _healthy(world, arn) for arn, weight in weights.items() if weight}
    if world.weights(reference) != weights:
        return []
    needed = {arn: ceil(floor * weights[arn] / total) for arn in healthy}
    nowhere = [] if healthy else [f"{reference} sends nothing anywhere"]
    return nowhere + [
        f"{healthy[a]} of {needed[a]} healthy in {a}" for a in healthy if healthy[a] < needed[a]
    ]


def _healthy(world: World, arn: str) -> int:
    elbv2 = world.aws("elbv2")
    try:
        found: list[Any] = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    except elbv2.exceptions.TargetGroupNotFoundException:
        return 0
    return sum(1 for target in found if target["TargetHealth"]["State"] == "healthy")
