"""The embedded AWS as a whole: what `signalbox local up` starts and stops."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from moto.core.config import default_user_config
from werkzeug.wrappers import Response

from signalbox_local import control, moto_seams
from signalbox_local.alarms import Alarms, Pace
from signalbox_local.authorisation import Authoriser
from signalbox_local.aws_clients import AwsClients
from signalbox_local.aws_endpoint import build_app
from signalbox_local.bus import Bus
from signalbox_local.calls import CallLog
from signalbox_local.clock import Clock
from signalbox_local.config_rules import ConfigRules
from signalbox_local.config_rules.account_recorder import begin_to_record
from signalbox_local.config_rules.own_rules import OwnRules
from signalbox_local.config_rules.recorder import Recorder
from signalbox_local.estate import Estate, EstateSettings
from signalbox_local.estate.control import estate_control
from signalbox_local.functions import Functions, Host
from signalbox_local.gateway import Gateway
from signalbox_local.identities import Credentials, Identities, KeyPair
from signalbox_local.loopback import LoopbackServer
from signalbox_local.machines import Machines
from signalbox_local.plane import DataPlane, Report
from signalbox_local.sandbox import LambdaServiceError
from signalbox_local.scheduler import Scheduler
from signalbox_local.schedules import Schedules
from signalbox_local.service_roles import ServiceRoles
from signalbox_local.stack import Place, Stack, load
from signalbox_local.throttling import Throttle, throttling_control
from signalbox_local.traffic import keep_metrics, traffic_control

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CALLERS = ("viewer", "deployer", "approver", "operator")
"""IAM users, each with the managed policy of the template that is named after it (`ViewerPolicy` …)."""
SESSION_LIFETIME = timedelta(days=365)
REPORT_SECONDS = 0.3
"""How soon after a slot has ended its metrics are in CloudWatch."""


@dataclass(frozen=True)
class Settings:
    """How to start; port 0 is any free one, `parameters` are the template's.

    With `traffic`, instances and load balancers are real servers, which report each `metric_seconds`.
    """

    template: Path
    logs: Path
    api_port: int = 4000
    aws_port: int = 4566
    region: str = "eu-west-1"
    account: str = "123456789012"
    parameters: Mapping[str, str] = field(default_factory=dict)
    estate: EstateSettings = field(default_factory=EstateSettings)
    retry_seconds: float = 1
    traffic: bool = True
    metric_seconds: float = 10
    alarm_speedup: float = 1


class Engine(Protocol):
    """What lives beside moto."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Runtime:
    """One embedded AWS; the ports are taken when it is made. Raises PortTaken."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        place = (settings.account, settings.region)
        self._identities = Identities(settings.account)
        self._authoriser = Authoriser()
        self._calls = CallLog()
        self._clock = Clock(settings.logs / "clock")
        self._roles = ServiceRoles(self._authoriser, self._calls)
        self._controls: dict[str, control.Control] = {}
        self._gateway: Gateway | None = None
        self._api_functions: set[str] = set()
        self._throttle = Throttle()
        app = build_app(self._identities, self._authoriser, self._calls, self._controls, self._throttle)
        self._aws = LoopbackServer(app, settings.aws_port, "aws-endpoint")
        self._api = LoopbackServer(self._serve_api, settings.api_port, "api-endpoint")
        self._functions = Functions(self._host(), self._roles.send)
        self._bus = Bus(self._functions, *place, may_invoke=self._rule_may_invoke)
        self._machines = Machines(self._functions, self._bus.publish, self._roles.refusal)
        pace = Pace(settings.alarm_speedup, REPORT_SECONDS if settings.traffic else 0)
        self._alarms = Alarms(self._bus.publish, *place, pace=pace)
        self._estate = Estate(self._bus.publish, *place, settings.estate)
        self._recorder = Recorder(*place)
        own = OwnRules(self._recorder, self._functions, self._clock.now)
        self._config_rules = ConfigRules(self._bus.publish, *place, own)
        self._plane = DataPlane(self._told, settings.metric_seconds) if settings.traffic else None
        self._plane_start = ThreadPoolExecutor(1, "plane-start")
        self._scheduler = Scheduler(self._bus, self._clock, *place)
        self._schedules = Schedules(self._functions, self._roles, self._clock, *place)
        self._clients = AwsClients(self._aws.url, settings.region, self._credentials_of)
        self._seams = moto_seams.Seams()

    def start(self) -> dict[str, Any]:
        """Returns what `.signalbox/local.json` holds. Raises TemplateError."""
        served = self._plane_start.submit(self._start_plane)
        default_user_config["stepfunctions"]["execute_state_machine"] = True
        default_user_config["iam"]["load_aws_managed_policies"] = True
        self._apply_seams()
        self._open_controls()
        self._aws.start()
        admin = self._identities.create_administrator()
        stack = self._make_stack(admin)
        served.result()
        for engine in self._engines():
            engine.start()
        self._api.start()
        return self._state(stack, admin, self._make_callers(stack))

    def stop(self) -> None:
        """Ends everything that `start` began, sandboxes included."""
        self._api.stop()
        for engine in reversed(self._engines()):
            engine.stop()
        if self._gateway:
            self._gateway.stop()
        self._plane_start.shutdown()
        if self._plane:
            self._plane.stop()
        self._functions.close()
        self._aws.stop()
        self._seams.undo()

    def _engines(self) -> tuple[Engine, ...]:
        """The bus first: the others tell it what happens."""
        told = (self._estate, self._alarms, self._config_rules, self._scheduler, self._schedules)
        return (self._bus, *told)

    def warm(self) -> None:
        """Starts a sandbox of each function, the API's first; returns when all are ready."""
        for arn in sorted(self._functions.published(), key=lambda arn: arn not in self._api_functions):
            # Throttled, or the runtime is stopping: whoever invokes it is told.
            with suppress(LambdaServiceError):
                self._functions.warm(arn)

    def _start_plane(self) -> None:
        if self._plane:
            self._plane.start()
            self._estate.serve_by(self._plane)

    def _told(self, report: Report) -> None:
        keep_metrics(report, self._settings.account, self._settings.region)

    def _addresses(self) -> dict[str, str]:
        return self._plane.addresses() if self._plane else {}

    def _apply_seams(self) -> None:
        moto_seams.less_work(self._seams)
        moto_seams.managed_policies(self._seams, self._settings.account)
        moto_seams.dynamodb_requests(self._seams)
        moto_seams.step_functions(self._seams, self._machines, self._clients.of_role)
        moto_seams.lambda_invocations(self._seams, self._functions)
        moto_seams.event_bus(self._seams, self._bus)
        moto_seams.schedules(self._seams)
        moto_seams.rests(self._seams, self._clock)
        moto_seams.metric_data(self._seams)
        moto_seams.alarm_states(self._seams, self._alarms)
        moto_seams.estate_life(self._seams, self._estate)
        moto_seams.fleet_resources(self._seams, self._clock.now)
        moto_seams.recorded_resources(self._seams)
        moto_seams.managed_instances(self._seams)
        moto_seams.config_evaluations(self._seams, self._config_rules)
        moto_seams.configuration_items(self._seams, self._recorder)
        moto_seams.power_events(self._seams, self._bus.publish, self._clock, self._settings.region)
        moto_seams.tag_changes(self._seams, self._bus.publish, self._settings.region)
        moto_seams.dns_changes(self._seams, time.time, self._settings.estate.propagation)
        moto_seams.load_balancers(self._seams, time.time, self._settings.estate.balancer)

    def _open_controls(self) -> None:
        self._controls["calls"] = control.calls_control(self._calls)
        self._controls["events"] = control.events_control(self._events)
        self._controls["clock"] = control.clock_control(self._clock)
        self._controls["estate"] = estate_control(self._estate)
        place = (self._settings.account, self._settings.region)
        self._controls["traffic"] = traffic_control(self._addresses, self._estate.lock, *place)
        self._controls["throttling"] = throttling_control(self._throttle)
        self._controls["health"] = control.health_control({"started_at": datetime.now(UTC).isoformat()})

    def _make_stack(self, admin: KeyPair) -> Stack:
        place = Place(self._settings.region, self._settings.account)
        client = partial(self._clients.of_user, keys=admin)
        begin_to_record(client("config"), place.account)
        stack = load(self._settings.template, place, self._functions, client, self._settings.parameters)
        moto_seams.lambda_changes(self._seams, self._functions)
        if stack.api:
            self._gateway = Gateway(stack.api, self._identities, self._authoriser, self._functions)
            self._api_functions = {route.function for route in stack.api.routes}
        return stack

    def _make_callers(self, stack: Stack) -> dict[str, KeyPair]:
        policies = {name: f"{name.title()}Policy" for name in CALLERS}
        return {
            name: self._identities.create_user(name, [stack.ref(policy)])
            for name, policy in policies.items()
            if policy in stack.resources
        }

    def _state(self, stack: Stack, admin: KeyPair, callers: Mapping[str, KeyPair]) -> dict[str, Any]:
        return {
            "api_url": self._api.url,
            "api_key": stack.api.api_key if stack.api else None,
            "aws_endpoint": self._aws.url,
            "region": self._settings.region,
            "account": self._settings.account,
            "admin": asdict(admin),
            "callers": {name: asdict(keys) for name, keys in callers.items()},
        }

    def _host(self) -> Host:
        return Host(
            region=self._settings.region,
            account=self._settings.account,
            log_folder=self._settings.logs,
            endpoint=self._aws.url,
            credentials=self._environment_of,
            retry_seconds=self._settings.retry_seconds,
            clock=str(self._clock.told),
        )

    def _credentials_of(self, role_arn: str) -> Credentials:
        return self._identities.issue(role_arn, "signalbox-local", SESSION_LIFETIME)

    def _environment_of(self, role_arn: str, session: str) -> dict[str, str]:
        credentials = self._identities.issue(role_arn, session, SESSION_LIFETIME)
        return {
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
        }

    def _rule_may_invoke(self, function_arn: str, rule_arn: str) -> bool:
        return self._functions.permits(function_arn, "events.amazonaws.com", rule_arn)

    def _events(self, since: int) -> list[dict[str, Any]]:
        return [dict(vars(recorded)) for recorded in self._bus.events(since)]

    def _serve_api(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if self._gateway is None:
            return Response("the template has no API", 404)(environ, start_response)
        return self._gateway(environ, start_response)
