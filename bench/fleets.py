"""What a rollout asks of AWS as the fleet grows: on virtual time, with moto in this process."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = (10, 100, 1000)
ESTATE = ("ec2", "auto-scaling", "elastic-load-balancing-v2", "cloudwatch")


@dataclass(frozen=True, kw_only=True)
class Load:
    """One good rollout: `writes` to the service beside the `planned` ones, each of which states an end state
    for as much as AWS takes; `calls` of all functions, and `transitions` of the machine."""

    preset: str
    size: int
    planned: int
    writes: int
    calls: int
    transitions: int


def measure(preset: str, size: int) -> Load:
    """In a process of its own: a universe is one for good."""
    command = [sys.executable, "-m", "bench.fleets", preset, str(size)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return Load(**json.loads(ran.stdout.splitlines()[-1]))


def lines(loads: Sequence[Load]) -> list[str]:
    """A section of the page."""
    by_preset: dict[str, list[Load]] = {}
    for load in loads:
        by_preset.setdefault(load.preset, []).append(load)
    sizes = " | ".join(f"{size} instances" for size in SIZES)
    return [
        "## As the fleet grows",
        "",
        "A good rollout of one group on virtual time. *Writes* to the service beside those of the plan, it",
        "states each end state once, for as much as AWS takes (members are terminated one by one); *calls*",
        "of all functions, reads and the table included; *transitions* of the state machine.",
        "",
        f"| writes × plan, calls, transitions | {sizes} |",
        f"| --- |{' --- |' * len(SIZES)}",
        *(f"| {preset} | {' | '.join(map(_cell, found))} |" for preset, found in by_preset.items()),
        "",
    ]


def _cell(load: Load) -> str:
    return (
        f"{load.writes} = {load.writes / load.planned:.2f} × {load.planned}, {load.calls}, {load.transitions}"
    )


def _run(preset: str, size: int) -> Load:
    from moto.stepfunctions.responses import get_backend  # noqa: PLC0415 - after the seed, in the child

    from signalbox.rollouts.commands.plan_rollout import plan_rollout  # noqa: PLC0415
    from tests.simulation.cases import CASES, Ending  # noqa: PLC0415
    from tests.simulation.part import Role  # noqa: PLC0415
    from tests.simulation.play import Play  # noqa: PLC0415
    from tests.simulation.universe import ACCOUNT, REGION, Universe  # noqa: PLC0415

    case = CASES[f"{preset}/group"]
    grown = replace(case, size=size, floor=size * case.floor // case.size, kept=0)
    universe = Universe()
    play = Play(universe, [Role(case=grown, ending=Ending.SUCCEEDS)])
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
    return Load(
        preset=preset,
        size=size,
        planned=len(plan.writes),
        writes=sum(1 for call in made if call.writes and call.service in ESTATE),
        calls=len(made),
        transitions=sum(1 for event in history if event["type"].endswith("StateEntered")),
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(_run(sys.argv[1], int(sys.argv[2])))) + "\n")
    sys.stdout.flush()
    os._exit(0)  # fibers that wait for ever would be run to their end
