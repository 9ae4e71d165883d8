"""A fleet that stops, beside boto3 and Cloud Custodian: what each asks of AWS and of its own machine."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.fleet_cloud import ACCOUNT, REGION
from bench.page import write_section

ROOT = Path(__file__).resolve().parent.parent
TITLE = "## Fleets"
STOPPERS = ("floor", "signalbox", "custodian")
PACED = ("floor", "signalbox", "boto3", "custodian")
TOLD = {
    "floor": "floor: boto3, 1,000 a call, in time with its tokens",
    "boto3": "boto3, 1,000 a call, its own retries",
    "custodian": "c7n 0.9.53, offhour and stop",
    "signalbox": "Signalbox",
}
SIZES = (1_000, 10_000)
THROTTLED_SIZES = (3_000, 10_000)
RUNS = 3
MOST_CALLS, MOST_MEGABYTES, MOST_TIME = 60, 128, 1.2


@dataclass(frozen=True, kw_only=True)
class Stop:
    """`seconds` are virtual, until the last stop that EC2 took; processor seconds are medians."""

    calls: dict[str, int]
    throttled: int
    stopped: int
    seconds: float
    cpu: float
    megabytes: float
    status: object

    @property
    def ec2(self) -> int:
        """Calls of EC2."""
        return sum(number for name, number in self.calls.items() if name.startswith("ec2:"))

    @property
    def all(self) -> int:
        """Calls of all services."""
        return sum(self.calls.values())


class Cloud:
    """A moto in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.port = int(self._answer())

    def ask(self, line: str) -> int:
        """How many do not run."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return int(self._answer())

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def cloud(sizes: Sequence[int]) -> Iterator[Cloud]:
    """With a fleet of each size."""
    command = [sys.executable, "-m", "bench.fleet_cloud", *map(str, sizes)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        tempfile.TemporaryFile() as noise,
        subprocess.Popen(command, cwd=ROOT, stderr=noise, **pipes) as process,
    ):
        try:
            yield Cloud(process)
        finally:
            process.terminate()


def measure(there: Cloud, name: str, size: int, runs: int, *, throttled: bool = False) -> Stop:
    """So many times, each with a fleet that runs; all but the processor's time is of the last."""
    found = [_once(there, name, size, throttled=throttled) for _ in range(runs)]
    stopped = there.ask("stopped")
    return Stop(
        **{**found[-1], "cpu": statistics.median(each["cpu"] for each in found)},
        stopped=stopped,
    )


def _once(there: Cloud, name: str, size: int, *, throttled: bool) -> dict[str, Any]:
    there.ask("start")
    environment = _environment(there.port, size)
    if name == "signalbox":
        _ran("prepare", environment, [])
    return _ran(name, environment, ["throttled"] if throttled else [])


def _ran(name: str, environment: dict[str, str], options: Sequence[str]) -> dict[str, Any]:
    interpreter = ".venv-peers/bin/python" if name == "custodian" else sys.executable
    with tempfile.TemporaryDirectory() as folder:
        command = [interpreter, "bench/stoppers.py", name, folder, *options]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _environment(port: int, size: int) -> dict[str, str]:
    """Of a function; each has a table of its own."""
    own = f"bench-{os.urandom(4).hex()}"
    arn = f"{REGION}:{ACCOUNT}"
    return {
        "PATH": os.environ["PATH"],
        "PYTHONHASHSEED": "0",
        "FLEET": f"fleet-{size}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "ACCOUNT_ID": ACCOUNT,
        "TABLE_NAME": own,
        "BUS_NAME": own,
        "SCHEDULE_GROUP": own,
        "POWER_MACHINE_ARN": f"arn:aws:states:{arn}:stateMachine:{own}",
        "ON_TRANSITION_FUNCTION": f"arn:aws:lambda:{arn}:function:{own}:live",
        "SCHEDULER_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/{own}",
        "DEAD_LETTERS_ARN": f"arn:aws:sqs:{arn}:{own}",
    }


def lines(runs: int) -> list[str]:
    """The section: everything is measured here, processor time so many times."""
    with cloud(sorted({*SIZES, *THROTTLED_SIZES})) as there:
        costs = {size: {name: measure(there, name, size, runs) for name in STOPPERS} for size in SIZES}
        paced = {
            size: {name: measure(there, name, size, 1, throttled=True) for name in PACED}
            for size in THROTTLED_SIZES
        }
    return [*_costs(costs, runs), *_paced(paced)]


def _costs(costs: dict[int, dict[str, Stop]], runs: int) -> list[str]:
    told = [
        TITLE,
        "",
        f"Written by `make bench-fleets` on {datetime.now(UTC).date().isoformat()}. Running instances with",
        "a tag are stopped, on moto in a process of its own. *Calls* are HTTP attempts; Signalbox's are all",
        "that its functions make, from when the schedule wakes them to the report: record, timeline,",
        "timetable, machine, events, and the look at whether all have stopped; not what `OnPowerEvent` reads",
        "when EC2 tells of an instance, two calls of DynamoDB each. *CPU* (median of",
        f"{runs}) and *MB* are the client's, one process each. The bars: EC2 at most 2 calls more than",
        f"the floor, {MOST_CALLS} calls for 10,000, {MOST_MEGABYTES} MB, {MOST_TIME} times the floor's CPU.",
        "",
        "| | instances | EC2 calls | all calls | CPU s | × floor | MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size, found in costs.items():
        base = found["floor"].cpu
        told += [
            f"| {TOLD[name]} | {size:,} | {stop.ec2} | {stop.all} | {stop.cpu:.2f} | {stop.cpu / base:.2f} "
            f"| {stop.megabytes:.0f} |"
            for name, stop in found.items()
        ]
    ours = costs[max(costs)]["signalbox"].calls
    services: dict[str, int] = {}
    for name, number in ours.items():
        services[name.partition(":")[0]] = services.get(name.partition(":")[0], 0) + number
    by = ", ".join(f"{service} {number}" for service, number in sorted(services.items(), key=lambda s: -s[1]))
    return [*told, "", f"Of Signalbox's calls for {max(costs):,}: {by}.", ""]


def _paced(paced: dict[int, dict[str, Stop]]) -> list[str]:
    told = [
        "The same under the token buckets that EC2 documents, in virtual time: `StopInstances` has 1,000",
        "tokens for instances, 20 more a second, and 50 for calls, 5 more a second. A refused request costs",
        "its token, a call of DynamoDB takes 10 ms, any other 50 ms. *Seconds* to the last stop that EC2",
        "took. The bars: 1.1 times the floor, none left running, 1 % of the attempts throttled.",
        "",
        "| | instances | stopped | seconds | × floor | attempts | throttled |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for size, found in paced.items():
        base = found["floor"].seconds
        for name, stop in found.items():
            ratio = f"{stop.seconds / base:.2f}" if stop.stopped == size else "–"
            told.append(
                f"| {TOLD[name]} | {size:,} | {stop.stopped:,} | {stop.seconds:.0f} | {ratio} | {stop.all} "
                f"| {stop.throttled} ({100 * stop.throttled / stop.all:.0f} %) |"
            )
    return [*told, ""]


if __name__ == "__main__":
    write_section(lines(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS))
