"""One AWS, one stack and one clock in this process: moto, the real machine, the real handlers."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import boto3
from moto import mock_aws
from moto.config.models import config_backends
from moto.stepfunctions.responses import get_backend

from signalbox import wiring
from signalbox.compliance.ports import CompliancePorts
from signalbox.fleets.ports import FleetPorts
from signalbox.rollouts.ports import Ports
from signalbox_local import machines, moto_seams
from signalbox_local.alarms import Alarms
from signalbox_local.bus import Bus
from signalbox_local.clock import Clock
from signalbox_local.config_rules import ConfigRules
from signalbox_local.config_rules.account_recorder import begin_to_record
from signalbox_local.estate import Estate, EstateSettings
from signalbox_local.functions import Host
from signalbox_local.scheduler import Scheduler
from signalbox_local.schedules import Schedules
from signalbox_local.service_roles import ServiceRoles
from signalbox_local.stack import Place, Stack, load
from signalbox_local.targets import send_message
from tests.simulation import substitutes, swifter
from tests.simulation.application_fleets import ApplicationFleets
from tests.simulation.backend import Backend
from tests.simulation.calls import Calls
from tests.simulation.fibers import Thread, hub
from tests.simulation.functions import FunctionsHere, Running
from tests.simulation.kinds_power import slow_kinds
from tests.simulation.power import Power

ROOT = Path(__file__).parents[2]
REGION, ACCOUNT = "eu-west-1", "123456789012"
CONFIG: Any = {
    "core": {"reset_boto3_session": False},
    "iam": {"load_aws_managed_policies": True},
    "stepfunctions": {"execute_state_machine": True},
}
ASYNC_RETRY_SECONDS = 60  # as on Lambda
PACE = EstateSettings(
    boot=8,
    health_speedup=1,
    longest_health_check=10,
    longest_drain=5,
    termination=2,
    launch_retry=20,
    propagation=20,
    balancer=40,
)
T = TypeVar("T")


class MayAll(ServiceRoles):
    """Permissions are the scenarios' affair."""

    def __init__(self) -> None: ...

    def recorded(self, role_arn: str, action: str, resource_arn: str, **parameters: str) -> None:
        return None


class Universe:
    """Made once in a process. What happens in it is the same each time, for the same seed."""

    def __init__(self, seed: int = 0) -> None:
        gc.disable()  # fibers that are collected run their last lines; children copy what is touched
        self.seams = moto_seams.Seams()
        self._aws = mock_aws(config=CONFIG)
        self._aws.start()
        os.environ["AWS_DEFAULT_REGION"] = REGION
        substitutes.substitute(self.seams)
        substitutes.seed(self.seams, seed)
        self.client = cache(self._client)
        self.functions = FunctionsHere(self._host(), self._send)
        self.bus = Bus(self.functions, ACCOUNT, REGION)
        self.machines = machines.Machines(self.functions, self.bus.publish)
        self.alarms = Alarms(self.bus.publish, ACCOUNT, REGION)
        self.estate = Estate(self.bus.publish, ACCOUNT, REGION, PACE, now=lambda: hub.now)
        self.scheduler = Scheduler(self.bus, Clock(), ACCOUNT, REGION)
        self.schedules = Schedules(self.functions, MayAll(), Clock(), ACCOUNT, REGION)
        self.power = Power(self.bus.publish)
        self.config_rules = ConfigRules(self.bus.publish, ACCOUNT, REGION)
        self.calls = Calls()
        self.backend = Backend(ACCOUNT, REGION, self.estate, self.power)
        self._replace_parts_of_moto()
        self.stack = self._made_stack()
        self.functions.install(self.seams)
        self.functions.load()
        self.calls.tap(self.seams)
        self._load()
        self._let_live()

    def _load(self) -> None:
        """What moto and botocore read from files on first use, before anybody forks."""
        self.client("ec2").describe_vpcs()
        self.client("autoscaling").describe_auto_scaling_groups()
        self.client("elbv2").describe_load_balancers()
        self.client("cloudwatch").describe_alarms()
        self.client("route53").list_hosted_zones()
        self.client("rds").describe_db_instances()
        self.client("scheduler").list_schedules()
        self.client("ssm").list_commands()
        self.client("appstream").describe_fleets()
        self.client("s3").list_buckets()
        self.client("cloudtrail").describe_trails()
        begin_to_record(self.client("config"), ACCOUNT)

    def _client(self, service: Any) -> Any:
        return boto3.client(service, region_name=REGION)

    def _replace_parts_of_moto(self) -> None:
        moto_seams.less_work(self.seams)
        moto_seams.managed_policies(self.seams, ACCOUNT)
        moto_seams.dynamodb_requests(self.seams)
        moto_seams.step_functions(self.seams, self.machines, lambda service, role: self.client(service))
        moto_seams.lambda_invocations(self.seams, self.functions)
        moto_seams.event_bus(self.seams, self.bus)
        moto_seams.schedules(self.seams)
        moto_seams.metric_data(self.seams)
        moto_seams.alarm_states(self.seams, self.alarms)
        moto_seams.estate_life(self.seams, self.estate)
        moto_seams.fleet_resources(self.seams)
        moto_seams.recorded_resources(self.seams)
        moto_seams.config_evaluations(self.seams, self.config_rules)
        self.power.install(self.seams)
        moto_seams.tag_changes(self.seams, self.bus.publish, REGION)
        slow_kinds(self.seams, self.power)
        ApplicationFleets(self.power, ACCOUNT, REGION).install(self.seams)
        moto_seams.dns_changes(self.seams, lambda: hub.now, PACE.propagation)
        moto_seams.load_balancers(self.seams, lambda: hub.now, PACE.balancer)
        swifter.without_ceremony(self.seams)
        swifter.Memory(self.backend.state).install(self.seams)

    def _made_stack(self) -> Stack:
        place = Place(REGION, ACCOUNT)
        return load(ROOT / "template.yaml", place, self.functions, self.client, {"ConfigRules": "yes"})

    def _let_live(self) -> None:
        self.bus.start()
        self.schedules.deliver()
        for seconds, work in (
            (1.0, self.estate.step),
            (5.0, self.scheduler.look),
            (5.0, self.schedules.look),
            (10.0, self.alarms.look),
        ):
            Thread(target=_each, args=(seconds, work)).start()

    def _host(self) -> Host:
        return Host(
            region=REGION,
            account=ACCOUNT,
            log_folder=Path("unused"),
            endpoint="",
            credentials=lambda role, session: {},
            retry_seconds=ASYNC_RETRY_SECONDS,
        )

    def _send(self, role: str, queue: str, body: str, attributes: Mapping[str, str]) -> None:
        send_message(queue, body, dict(attributes))

    def items(self, prefix: str) -> Iterator[dict[str, Any]]:
        """Of the product's table, by the beginning of the partition key."""
        return self.backend.items(self.stack.ref("Table"), prefix)

    def ask(self, work: Callable[[Ports], T]) -> T | None:
        """What the API does for a caller; None when it refused, or its function failed."""
        return self._asked(lambda: work(wiring.ports()))

    def ask_fleets(self, work: Callable[[FleetPorts], T]) -> T | None:
        """The same, of fleets."""
        return self._asked(lambda: work(wiring.fleet_ports()))

    def ask_compliance(self, work: Callable[[CompliancePorts], T]) -> T | None:
        """The same, of compliance."""
        return self._asked(lambda: work(wiring.compliance_ports()))

    def _asked(self, work: Callable[[], T]) -> T | None:
        answers: list[T] = []
        running = self.functions.begin_as(self.stack.ref("ApiFunction"), lambda: answers.append(work()))
        self.functions.wait_for(running)
        return answers[0] if answers else None

    def keep_config_rule(self, identifier: str = "") -> None:
        """AWS Config has no other; by default none: the sweep looks by those that are there."""
        config = self.client("config")
        for name, rule in list(config_backends[ACCOUNT][REGION].config_rules.items()):
            if rule.source.source_identifier != identifier:
                config.delete_config_rule(ConfigRuleName=name)

    def deliver_again(self, running: Running) -> None:
        """The same event for the same function once more, beside the one that runs; nobody waits for it."""
        if running.payload:
            self.functions.begin(running.sandbox.spec.name, running.payload)

    def stop_executions(self) -> None:
        """StopExecution on each that runs."""
        for execution in self.runs():
            Thread(target=execution.stop, args=(substitutes.present(), "Stopped", "by hand")).start()

    def runs(self) -> list[Any]:
        """The executions that have not ended, of every machine."""
        machines = list(get_backend(ACCOUNT, REGION).state_machines)
        return [each for machine in machines for each in machine.executions if each.status == "RUNNING"]


def _each(seconds: float, work: Callable[[], object]) -> None:
    while True:
        hub.sleep(seconds)
        work()
