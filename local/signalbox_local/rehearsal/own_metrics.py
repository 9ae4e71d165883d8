"""What an application counts by itself, put to CloudWatch as its instances would do it: for experiments."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from signalbox.rollouts.experiments import Query, Side, queries
from signalbox.rollouts.service import Experiment
from signalbox_local.owner import Aws, balancer_dimension, targets_dimension
from signalbox_local.rehearsal.load.orders import Request
from signalbox_local.rehearsal.load.sending import Load

PUT_EVERY = 1.0  # seconds
OF_AWS = "AWS/"  # how the names of metrics begin that applications do not put


@dataclass(frozen=True, slots=True, kw_only=True)
class Clientele:
    """How users behave: `converts` says by AMI id how many percent of the good answers are successes, and
    `stable` is one of them. Each request stands for `speed` of them: at real speed so many would come."""

    converts: Mapping[str, float]
    stable: str
    speed: float
    seed: int


Counts = Mapping[tuple[str, str], tuple[int, int]]
"""By target group (name) and AMI id: trials and successes."""


def counted(requests: Sequence[Request], users: Clientele, chance: Random) -> Counts:
    """Whom no instance answers is counted by none."""
    answered = [one for one in requests if one.image in users.converts]
    trials = Counter((one.target_group, one.image) for one in answered)
    well = Counter((one.target_group, one.image) for one in answered if not one.failed)
    weight = round(users.speed)
    return {
        of: (
            number * weight,
            sum(chance.random() * 100 < users.converts[of[1]] for _ in range(well[of] * weight)),
        )
        for of, number in trials.items()
    }


class Till:
    """Puts the counts of one experiment; what could not be put is put the next time."""

    def __init__(self, aws: Aws, experiment: Experiment, users: Clientele, load: Load) -> None:
        self._aws = aws
        self._experiment = experiment
        self._users = users
        self._load = load
        self._chance = Random(f"conversions {users.seed}")  # noqa: S311 - chance of a simulation
        self._seen = len(load.requests)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Until it is told to stop."""
        while not self._stopping.wait(PUT_EVERY):
            try:
                self.put()
            except (ClientError, BotoCoreError):
                continue  # a target group has just gone, or AWS throttles: the counts stay for the next time

    def stop(self) -> None:
        """After the present counts."""
        self._stopping.set()

    def put(self) -> None:
        """All since the last time, in one call for each namespace."""
        requests = self._load.requests[self._seen :]
        data: dict[str, list[dict[str, Any]]] = {}
        for (target_group, image), counts in counted(requests, self._users, self._chance).items():
            for query, count in zip(
                queries(self._experiment, self._side(target_group, image)), counts, strict=True
            ):
                if not query.namespace.startswith(OF_AWS):
                    data.setdefault(query.namespace, []).append(_datum(query, count))
        for namespace, listed in data.items():
            self._aws("cloudwatch").put_metric_data(Namespace=namespace, MetricData=listed)
        self._seen += len(requests)

    def _side(self, target_group: str, image: str) -> Side:
        found = self._aws("elbv2").describe_target_groups(Names=[target_group])["TargetGroups"][0]
        arn = found["TargetGroupArn"]
        groups = self._aws("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        return Side(
            variant="stable" if image == self._users.stable else "candidate",
            target_group=targets_dimension(arn),
            auto_scaling_group=next(
                (one["AutoScalingGroupName"] for one in groups if arn in one["TargetGroupARNs"]), ""
            ),
            load_balancer=next((balancer_dimension(one) for one in found["LoadBalancerArns"]), ""),
        )


def _datum(query: Query, count: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in query.dimensions.items()]
    return {"MetricName": query.name, "Dimensions": dimensions, "Value": float(count)}


@contextmanager
def counting(aws: Aws, experiments: Sequence[Experiment], users: Clientele, load: Load) -> Iterator[None]:
    """From here to the end of the block, where there is something to count."""
    tills = [Till(aws, one, users, load) for one in experiments if one.rate is not None]
    threads = [threading.Thread(target=till.run, name="till", daemon=True) for till in tills]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for till in tills:
            till.stop()
        for thread in threads:
            thread.join()
