"""Every replacement of moto's private parts, in one place, one comment a seam."""

from signalbox_local.moto_seams.cloudwatch import alarm_states, metric_data
from signalbox_local.moto_seams.config import config_evaluations, configuration_items, recorded_resources
from signalbox_local.moto_seams.effort import less_work
from signalbox_local.moto_seams.estate import estate_life
from signalbox_local.moto_seams.events import event_bus
from signalbox_local.moto_seams.fleets import fleet_resources
from signalbox_local.moto_seams.lambda_functions import lambda_changes, lambda_invocations
from signalbox_local.moto_seams.load_balancers import load_balancers
from signalbox_local.moto_seams.power import power_events
from signalbox_local.moto_seams.records import dynamodb_requests, managed_policies
from signalbox_local.moto_seams.rests import rests
from signalbox_local.moto_seams.route53 import dns_changes
from signalbox_local.moto_seams.scheduler import schedules
from signalbox_local.moto_seams.seams import MOTO_VERSION, Seams
from signalbox_local.moto_seams.step_functions import step_functions
from signalbox_local.moto_seams.systems_manager import managed_instances
from signalbox_local.moto_seams.tag_changes import tag_changes

__all__ = [
    "MOTO_VERSION",
    "Seams",
    "alarm_states",
    "config_evaluations",
    "configuration_items",
    "dns_changes",
    "dynamodb_requests",
    "estate_life",
    "event_bus",
    "fleet_resources",
    "lambda_changes",
    "lambda_invocations",
    "load_balancers",
    "less_work",
    "managed_instances",
    "managed_policies",
    "power_events",
    "recorded_resources",
    "rests",
    "schedules",
    "metric_data",
    "step_functions",
    "tag_changes",
]
