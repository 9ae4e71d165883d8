"""An EC2 with fleets, for clients in processes of their own: `python -m bench.fleet_cloud SIZE...`. Each
fleet has a tag `fleet-SIZE` = `yes`; smaller ones are parts of larger ones. Prints its port; then answers
each line of its input with how many instances stand still, after `start` has made all run."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.models.instances import Instance, InstanceBackend
from moto.server import ThreadedMotoServer

from signalbox_local.moto_seams import Seams, fleet_resources, less_work

ACCOUNT, REGION = "123456789012", "eu-west-1"
TOGETHER = 10  # instances in a reservation


def main(sizes: Sequence[int]) -> None:
    """Until the input ends."""
    seams = Seams()
    less_work(seams)
    fleet_resources(seams)
    _newest_first(seams)
    _pages_written_once(seams)
    instances = _instances(sizes)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    _say(server.get_host_and_port()[1])
    for line in sys.stdin:
        if line.strip() == "start":
            for instance in instances:
                instance._state.name, instance._state.code = "running", 16
        _say(sum(1 for instance in instances if instance.state == "stopped"))
    server.stop()


def _say(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _instances(sizes: Sequence[int]) -> list[Instance]:
    backend = ec2_backends[ACCOUNT][REGION]
    image = next(iter(backend.amis))
    backend.amis = {image: backend.amis[image]}  # moto looks through all for each instance
    kind = {"instance_type": "m5.large", "is_instance_type_default": False, "region_name": REGION}
    made = []
    for start in range(0, max(sizes), TOGETHER):
        tags = {"Name": "worker", **{f"fleet-{size}": "yes" for size in sizes if start < size}}
        made.append(backend.run_instances(image, TOGETHER, "", [], tags={"instance": tags}, **kind))
    return [instance for reservation in made for instance in reservation.instances]


def _newest_first(seams: Seams) -> None:
    # moto goes through all instances to find the one that it has just made.
    def get(self: InstanceBackend, wanted: str) -> Instance:
        reservations = reversed(list(self.reservations.values()))
        return next(each for found in reservations for each in found.instances if each.id == wanted)

    seams.replace(InstanceBackend, "get_instance", get)


def _pages_written_once(seams: Seams) -> None:
    # A page of instances that all run is the same for each client: moto takes seconds to write it.
    written: dict[tuple[str, ...], Any] = {}

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute(self: ActionResult, context: Any) -> Any:
            if context.operation_model.name != "DescribeInstances" or not isinstance(self.result, dict):
                return original(self, context)
            found = self.result["Reservations"]
            if not all(each.state == "running" for reservation in found for each in reservation.instances):
                return original(self, context)
            page = (*(reservation.id for reservation in found), str(self.result["NextToken"]))
            if page not in written:
                written[page] = original(self, context)
            status, headers, body = written[page]
            return status, dict(headers), body

        return execute

    seams.wrap(ActionResult, "execute_result", wrapped)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
