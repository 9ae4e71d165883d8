"""What a rollout asks of AWS as its service grows: on virtual time, with moto in this process.

The floor is the plan: each of its writes states an end state, for as much as AWS takes in one call. A group
is made, resized, emptied or moved to a version by one call whatever its size; Auto Scaling registers its
targets itself; BatchPutScheduledUpdateGroupAction takes all schedules and DeleteAlarms all copies, while
PutMetricAlarm and PutScalingPolicy take one each. Only who gives way in place goes one by one: Auto Scaling
ends a named member, drains it and launches another by TerminateInstanceInAutoScalingGroup, which takes one.
docs/decisions/2026-11-30-members-give-way-one-by-one.md says why none of the calls that take more is used.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from bench.apart import apart
from bench.page import write_section
from signalbox.rollouts.strategies.presets import PRESETS

TITLE = "## As the service grows"
SIZES = (10, 100, 1000)
ESTATE = ("ec2", "auto-scaling", "elastic-load-balancing-v2", "cloudwatch")
ONE_BY_ONE = "TerminateInstanceInAutoScalingGroup"
TOLD = "OnPlatformEvent"
BATCHES: Mapping[str, object] = {"batch": 25, "bake": "30s"}
"""Of presets that simulations play one by one: a quarter at a time, whatever the size."""
STRATEGIES = {"rolling-with-additional-batch": BATCHES}


@dataclass(frozen=True, kw_only=True)
class Load:
    """One good rollout. `writes` to the service beside the `floor`, `single` of them end one member each;
    `reads` of the service; `calls` of all functions, the table, the machine and the bus included, `told` of
    them because AWS told of an instance; `transitions` of the machine."""

    preset: str
    size: int
    floor: int
    writes: int
    single: int
    reads: int
    calls: int
    told: int
    transitions: int


def measure(preset: str, size: int) -> Load:
    """In a process of its own: a universe is one for good."""
    return Load(**apart("bench.rollout_sizes", preset, size))


def lines(loads: Sequence[Load]) -> list[str]:
    """A section of the page."""
    return [
        TITLE,
        "",
        "Written by `make bench-rollouts`. A good rollout of one group on virtual time. *Writes* to the",
        "service beside a *floor*: each end state once, for as much as AWS takes in one call; the aim is",
        "1.2 times. *Single* ones end a member by its name, which AWS takes one by one",
        "([why](decisions/2026-11-30-members-give-way-one-by-one.md)); the others do not grow with the",
        "service. *Reads* of the service. *All* calls of all functions, the table, the machine and the bus",
        "included; *told* of them are made because AWS told of an instance, two each. *Transitions* of the",
        "state machine depend on the steps and on what is waited for, not on the size; but a batch of more",
        "members than a function can end in 15 seconds, one by one, takes another turn.",
        "",
        "| | instances | writes | floor | × floor | single | reads | all | told | transitions |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(load) for load in loads),
        "",
    ]


def _row(load: Load) -> str:
    ratio = load.writes / load.floor
    return (
        f"| {load.preset} | {load.size:,} | {load.writes:,} | {load.floor:,} | {ratio:.2f} "
        f"| {load.single:,} | {load.reads} | {load.calls:,} | {load.told:,} | {load.transitions} |"
    )


def _run(preset: str, size: int) -> Load:
    from moto.stepfunctions.responses import get_backend  # noqa: PLC0415 - after the seed, in the child

    from signalbox.rollouts.commands.plan_rollout import plan_rollout  # noqa: PLC0415
    from tests.simulation.cases import CASES, Ending  # noqa: PLC0415
    from tests.simulation.part import Role  # noqa: PLC0415
    from tests.simulation.play import Play  # noqa: PLC0415
    from tests.simulation.universe import ACCOUNT, REGION, Universe  # noqa: PLC0415

    case = CASES[f"{preset}/group"]
    strategy = STRATEGIES.get(preset, case.strategy)
    grown = replace(case, size=size, floor=size * case.floor // case.size, kept=0, strategy=strategy)
    universe = Universe()
    play = Play(universe, [Role(case=grown, ending=Ending.SUCCEEDS)])
    play.observer.look = lambda why: None  # type: ignore[method-assign]  # campaigns look; it takes longer than all else
    image = play.lead.target.images["v2"]
    plan = universe.ask(lambda ports: plan_rollout(play.lead.name, image, None, ports))
    universe.calls.forget()
    verdict = play.run()
    assert verdict.phase == "succeeded", verdict
    assert plan is not None
    history = [
        event
        for machine in get_backend(ACCOUNT, REGION).state_machines
        for execution in machine.executions
        for event in execution.exec_worker.env.event_manager.get_event_history()
    ]
    made = [call for call in universe.calls.made if call.running.function not in ("Sweep", "Api")]
    ours = [call for call in made if call.service in ESTATE]
    return Load(
        preset=preset,
        size=size,
        floor=len(plan.writes),
        writes=sum(1 for call in ours if call.writes),
        single=sum(1 for call in ours if call.operation == ONE_BY_ONE),
        reads=sum(1 for call in ours if not call.writes),
        calls=len(made),
        told=sum(1 for call in made if call.running.function == TOLD),
        transitions=sum(1 for event in history if event["type"].endswith("StateEntered")),
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(asdict(_run(sys.argv[1], int(sys.argv[2])))) + "\n")
        sys.stdout.flush()
        os._exit(0)  # fibers that wait for ever would be run to their end
    write_section(lines([measure(preset, size) for preset in PRESETS for size in SIZES]))
