"""What a fresh process pays for a handler and its clients, beside boto3 with the same clients."""

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
# The clients that each handler uses on its usual way.
HANDLERS = {
    "on_alarm": ("dynamodb", "elbv2", "stepfunctions"),
    "hold": ("dynamodb",),
    "restore": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch"),
    "begin": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch", "events"),
    "provision": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch"),
    "shift_traffic": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch"),
    "replace_batch": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch"),
    "retire": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch"),
    "finish": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch", "events"),
    "on_platform_event": ("dynamodb", "stepfunctions"),
    "sweep": ("dynamodb", "stepfunctions", "sqs"),
    "app": ("dynamodb", "autoscaling", "elbv2", "ec2", "cloudwatch", "stepfunctions"),
}
ALARM_PATH = ("on_alarm", "hold", "restore")
_TIMED = (
    "import resource, time\nbegan = time.perf_counter()\n{body}\n"
    "print((time.perf_counter() - began) * 1000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdStart:
    """Medians: milliseconds and MB of the handler, and of boto3 with the same clients."""

    handler: str
    clients: int
    milliseconds: float
    megabytes: float
    floor_milliseconds: float
    floor_megabytes: float


def measure(handler: str) -> ColdStart:
    """In turn, handler and floor, so that both see the same machine."""
    services = HANDLERS[handler]
    made = "\n".join(f"client({service!r})" for service in services)
    ours = f"import {handler}\nfrom signalbox.aws.clients import client\n{made}"
    theirs = "import boto3\n" + "\n".join(f"boto3.client({service!r})" for service in services)
    pairs = [(_run(ours), _run(theirs)) for _ in range(RUNS)]
    return ColdStart(
        handler=handler,
        clients=len(services),
        milliseconds=statistics.median(pair[0][0] for pair in pairs),
        megabytes=statistics.median(pair[0][1] for pair in pairs),
        floor_milliseconds=statistics.median(pair[1][0] for pair in pairs),
        floor_megabytes=statistics.median(pair[1][1] for pair in pairs),
    )


def _run(body: str) -> tuple[float, float]:
    path = [ROOT / "functions" / "rollouts", ROOT / "functions" / "api", ROOT / "layers" / "core"]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "TABLE_NAME": "bench",
    }
    command = [sys.executable, "-c", _TIMED.format(body=body)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    milliseconds, megabytes = done.stdout.split()
    return float(milliseconds), float(megabytes)
