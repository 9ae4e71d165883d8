"""The composition root: settings from the environment, and the adapters chosen."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from signalbox.aws.clients import client
from signalbox.aws.executions import StepFunctionsExecutions
from signalbox.aws.latch_store import DynamoLatches
from signalbox.aws.table import Table
from signalbox.aws.writer import AwsWriter
from signalbox.rollouts.commands.on_alarm import AlarmPorts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from signalbox.compliance.ports import CompliancePorts
    from signalbox.fleets.ports import FleetPorts
    from signalbox.rollouts.ports import DeadLetters, Ports

NAMESPACE = "Signalbox"  # of the metrics, as in template.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What template.yaml gives a function."""

    table: str
    bus: str
    machine_arn: str
    sweep_rule: str
    region: str
    account: str
    dead_letters_url: str
    on_alarm_function: str
    on_platform_event_function: str
    sweep_function: str
    power_machine_arn: str
    schedule_group: str
    on_transition_arn: str
    on_power_event_function: str
    scheduler_role_arn: str
    dead_letters_arn: str
    remediation_machine_arn: str
    remediation_ceiling: str
    config_rules: str
    required_tags: str
    on_finding_function: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read once, here."""
        return cls(
            table=env["TABLE_NAME"],
            bus=env.get("BUS_NAME", ""),
            machine_arn=env.get("ROLLOUT_MACHINE_ARN", ""),
            sweep_rule=env.get("SWEEP_RULE_NAME", ""),
            region=env["AWS_REGION"],
            account=env.get("ACCOUNT_ID", ""),
            dead_letters_url=env.get("DEAD_LETTER_QUEUE_URL", ""),
            on_alarm_function=env.get("ON_ALARM_FUNCTION", ""),
            on_platform_event_function=env.get("ON_PLATFORM_EVENT_FUNCTION", ""),
            sweep_function=env.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            power_machine_arn=env.get("POWER_MACHINE_ARN", ""),
            schedule_group=env.get("SCHEDULE_GROUP", ""),
            on_transition_arn=env.get("ON_TRANSITION_FUNCTION") or _itself(env),
            on_power_event_function=env.get("ON_POWER_EVENT_FUNCTION", ""),
            scheduler_role_arn=env.get("SCHEDULER_ROLE_ARN", ""),
            dead_letters_arn=env.get("DEAD_LETTERS_ARN", ""),
            remediation_machine_arn=env.get("REMEDIATION_MACHINE_ARN", ""),
            remediation_ceiling=env.get("REMEDIATION_CEILING", "notify"),
            config_rules=env.get("CONFIG_RULES", "{}"),
            required_tags=env.get("REQUIRED_TAGS", ""),
            on_finding_function=env.get("ON_FINDING_FUNCTION", ""),
        )


def _itself(env: Mapping[str, str]) -> str:
    """The ARN of the function's own alias, which the template cannot give it: that would be a cycle."""
    partition = env.get("POWER_MACHINE_ARN", "arn:aws").split(":")[1]
    name, account = env.get("AWS_LAMBDA_FUNCTION_NAME", ""), env.get("ACCOUNT_ID", "")
    return f"arn:{partition}:lambda:{env['AWS_REGION']}:{account}:function:{name}:live"


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@cache
def settings() -> Settings:
    """The function's settings."""
    return Settings.from_env(os.environ)


@cache
def ports() -> "Ports":
    """All ports, on AWS. What the alarm path does not need is imported here, not above."""
    from signalbox.aws.bus import EventBridgeBus  # noqa: PLC0415
    from signalbox.aws.estates import AwsEstates  # noqa: PLC0415
    from signalbox.aws.gauges import EmbeddedMetrics  # noqa: PLC0415
    from signalbox.aws.metrics import CloudWatchMetrics  # noqa: PLC0415
    from signalbox.aws.rollout_store import DynamoRollouts  # noqa: PLC0415
    from signalbox.aws.service_store import DynamoServices  # noqa: PLC0415
    from signalbox.aws.sweeping import SweepRule  # noqa: PLC0415
    from signalbox.rollouts.ports import Ports  # noqa: PLC0415

    given = settings()
    table = Table(given.table)
    return Ports(
        estates=AwsEstates(given.region, given.account),
        metrics=CloudWatchMetrics(),
        writer=AwsWriter(),
        services=DynamoServices(table),
        rollouts=DynamoRollouts(table),
        latches=DynamoLatches(table),
        executions=StepFunctionsExecutions(given.machine_arn),
        bus=EventBridgeBus(given.bus),
        sweeping=SweepRule(given.sweep_rule),
        gauges=EmbeddedMetrics(NAMESPACE),
        clock=now,
        entropy=os.urandom,
        region=given.region,
        account=given.account,
    )


@cache
def alarm_ports() -> AlarmPorts:
    """The few that throw a rollout back."""
    return AlarmPorts(
        latches=DynamoLatches(Table(settings().table)),
        writer=AwsWriter(),
        executions=StepFunctionsExecutions(),
        clock=now,
    )


@cache
def fleet_ports() -> "FleetPorts":
    """All ports of fleets, on AWS: rollouts load none of it."""
    from signalbox.aws.fleets.bus import FleetBus  # noqa: PLC0415
    from signalbox.aws.fleets.calendars import SsmCalendars  # noqa: PLC0415
    from signalbox.aws.fleets.executions import PowerExecutions  # noqa: PLC0415
    from signalbox.aws.fleets.fleet_store import DynamoFleets  # noqa: PLC0415
    from signalbox.aws.fleets.membership import ResourceGroups  # noqa: PLC0415
    from signalbox.aws.fleets.patching import SsmPatching  # noqa: PLC0415
    from signalbox.aws.fleets.restarts import RdsRestarts  # noqa: PLC0415
    from signalbox.aws.fleets.run_store import DynamoRuns  # noqa: PLC0415
    from signalbox.aws.fleets.switches import switch_of  # noqa: PLC0415
    from signalbox.aws.fleets.timetable import SchedulerTimetable  # noqa: PLC0415
    from signalbox.aws.fleets.types import Ec2Types  # noqa: PLC0415
    from signalbox.fleets.model import Place  # noqa: PLC0415
    from signalbox.fleets.ports import FleetPorts  # noqa: PLC0415

    given = settings()
    table = Table(given.table)
    home = Place(region=given.region, account=given.account)
    return FleetPorts(
        fleets=DynamoFleets(table),
        runs=DynamoRuns(table),
        timetable=SchedulerTimetable(
            given.schedule_group, given.on_transition_arn, given.scheduler_role_arn, given.dead_letters_arn
        ),
        executions=PowerExecutions(given.power_machine_arn),
        bus=FleetBus(given.bus),
        calendars=SsmCalendars(),
        switch_of=switch_of,
        groups=ResourceGroups(),
        types=Ec2Types(home),
        patching=SsmPatching(),
        restarts=RdsRestarts(),
        clock=now,
        entropy=os.urandom,
        home=home,
    )


@cache
def compliance_ports() -> "CompliancePorts":
    """All ports of compliance, on AWS."""
    from signalbox.aws.compliance.baseline_store import DynamoBaselines  # noqa: PLC0415
    from signalbox.aws.compliance.bus import FindingBus  # noqa: PLC0415
    from signalbox.aws.compliance.estate import AwsEstate  # noqa: PLC0415
    from signalbox.aws.compliance.evaluations import ConfigEvaluations  # noqa: PLC0415
    from signalbox.aws.compliance.exception_store import DynamoExceptions  # noqa: PLC0415
    from signalbox.aws.compliance.executions import RemediationExecutions  # noqa: PLC0415
    from signalbox.aws.compliance.finding_store import DynamoFindings  # noqa: PLC0415
    from signalbox.aws.compliance.records import ConfigRecords  # noqa: PLC0415
    from signalbox.aws.compliance.wave_store import DynamoWaves  # noqa: PLC0415
    from signalbox.compliance.model import Mode  # noqa: PLC0415
    from signalbox.compliance.ports import CompliancePorts  # noqa: PLC0415
    from signalbox.compliance.rules.registry import RULES  # noqa: PLC0415

    given = settings()
    table = Table(given.table)
    baselines, records = DynamoBaselines(table), ConfigRecords()
    return CompliancePorts(
        findings=DynamoFindings(table),
        exceptions=DynamoExceptions(table),
        baselines=baselines,
        records=records,
        waves=DynamoWaves(table),
        estate=AwsEstate([key for key in given.required_tags.split(",") if key], baselines, records),
        evaluations=ConfigEvaluations(given.account, given.region),
        executions=RemediationExecutions(given.remediation_machine_arn),
        bus=FindingBus(given.bus),
        clock=now,
        rules=RULES,
        config_rules=json.loads(given.config_rules),
        ceiling=Mode(given.remediation_ceiling),
        account=given.account,
        region=given.region,
    )


@cache
def dead_letters() -> "DeadLetters":
    """The queue of what could not be delivered."""
    from signalbox.aws.compliance import bus as findings  # noqa: PLC0415
    from signalbox.aws.dead_letters import SqsDeadLetters  # noqa: PLC0415
    from signalbox.aws.fleets import bus as fleets  # noqa: PLC0415
    from signalbox.aws.fleets.timetable import FLEET_DUE  # noqa: PLC0415

    given = settings()
    functions = {
        "aws.cloudwatch": given.on_alarm_function,
        "aws.autoscaling": given.on_platform_event_function,
        "aws.states": given.sweep_function,
        "aws.ec2": given.on_power_event_function,
        "aws.rds": given.on_power_event_function,
        "aws.tag": given.on_power_event_function,
        "aws.config": given.on_finding_function,
        findings.SOURCE: given.on_finding_function,
        FLEET_DUE: given.on_transition_arn,
        fleets.SOURCE: given.on_transition_arn,
    }
    return SqsDeadLetters(given.dead_letters_url, functions, findings.PAGES)


def dynamodb() -> "DynamoDBClient":
    """The client that the stores use, for a library that keeps records of its own in the table."""
    return client("dynamodb")
