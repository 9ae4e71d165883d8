"""Lambda in one process: the real handlers, each invocation a fiber with its function's own settings."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from greenlet import getcurrent

from signalbox import log, wiring
from signalbox.aws import gauges
from signalbox.aws.clients import READ_TIMEOUT
from signalbox.kernel.errors import Conflict, Invalid, NotFound, Rejected, Transient, Unprocessable
from signalbox_local.functions import Functions, FunctionSpec, Host
from signalbox_local.moto_seams import Seams
from signalbox_local.sandbox import Invocation
from tests.simulation.fibers import Event, Fiber, hub
from tests.simulation.substitutes import present

T = TypeVar("T")
OWN = (Transient, Conflict, Rejected, NotFound, Invalid, Unprocessable)
TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"


class Killed(BaseException):
    """The process of a function has gone: no code of it sees this."""


@dataclass(slots=True, eq=False)
class Running:
    """One invocation; `settled` once its answer is known."""

    number: int
    function: str
    sandbox: Sandbox
    payload: bytes
    answer: Invocation | None = None
    ended: Event = field(default_factory=Event)
    fiber: Fiber | None = None


class Sandbox:
    """What a function keeps between two invocations: its code and its adapters."""

    def __init__(self, spec: FunctionSpec, environment: Mapping[str, str]) -> None:
        self.spec = spec
        self.settings = wiring.Settings.from_env(environment)
        self.read_timeout = float(environment.get("READ_TIMEOUT_SECONDS", READ_TIMEOUT))
        self.kept: dict[str, Any] = {}
        self.failures: list[Exception] = []

    def forget(self) -> None:
        """Its process has gone: the next one keeps nothing yet but the code."""
        self.kept = {name: kept for name, kept in self.kept.items() if name == "handler"}

    def handler(self) -> Callable[[Any, Any], Any]:
        """The function that template.yaml names."""
        if "handler" not in self.kept:
            module, _, name = self.spec.handler.partition(".")
            self.kept["handler"] = getattr(_loaded(self.spec, module), name)
        handler: Callable[[Any, Any], Any] = self.kept["handler"]
        return handler


def _loaded(spec: FunctionSpec, name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"simulated_{spec.name}", spec.code / f"{name}.py")
    assert found is not None and found.loader is not None, spec
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


class FunctionsHere(Functions):
    """The functions of the template; `reserved_concurrency` is not looked at."""

    def __init__(self, host: Host, send: Any) -> None:
        super().__init__(host, send)
        self.log: list[str] = []
        self.tokens: list[str] = []
        self._sandboxes: dict[str, Sandbox] = {}
        self._numbers = itertools.count(1)

    def install(self, seams: Seams) -> None:
        """The composition root answers with what belongs to the invocation that asks."""
        for name in ("settings", "ports", "alarm_ports", "fleet_ports", "compliance_ports", "dead_letters"):
            seams.replace(wiring, name, self._of_the_one_that_asks(name, getattr(wiring, name).__wrapped__))
        seams.replace(wiring, "settings", lambda: _running().sandbox.settings)
        seams.replace(wiring, "now", present)
        for module in (log, gauges):
            seams.replace(module, "print", self.log.append)

    def _of_the_one_that_asks(self, name: str, make: Callable[[], T]) -> Callable[[], T]:
        def ask() -> T:
            kept = _running().sandbox.kept
            if name not in kept:
                kept[name] = make()
            made: T = kept[name]
            return made

        return ask

    def load(self) -> None:
        """Every function that a rule or a machine calls, now: later the files may have changed."""
        for arn in self.published():
            spec, version, _ = self.resolve(arn)
            sandbox = self._sandbox(spec, version)
            if spec.code.name in ("rollouts", "fleets", "compliance"):
                sandbox.handler()

    def invoke(self, name_or_arn: str, payload: bytes) -> Invocation:
        """Waits for the answer, at most as long as the function may take."""
        return self.wait_for(self.begin(name_or_arn, payload))

    def begin(self, name_or_arn: str, payload: bytes) -> Running:
        """Somebody else waits for the answer, or nobody does."""
        spec, version, _ = self.resolve(name_or_arn)
        sandbox = self._sandbox(spec, version)
        event = json.loads(payload or b"{}")
        if "task_token" in event:
            self.tokens.append(event["task_token"])
        return self._run(sandbox, payload, lambda: sandbox.handler()(event, None))

    def begin_as(self, name_or_arn: str, work: Callable[[], object]) -> Running:
        """Other work than the function's own, in its place: what the API does for a caller."""
        spec, version, _ = self.resolve(name_or_arn)
        return self._run(self._sandbox(spec, version), b"", work)

    def wait_for(self, running: Running) -> Invocation:
        """Lambda ends what takes too long."""
        if not running.ended.wait(running.sandbox.spec.timeout):
            self.kill(running, TIMED_OUT)
        assert running.answer is not None
        return running.answer

    def disown(self, running: Running) -> None:
        """Whoever waits is told that it died; it goes on, and nobody hears its answer."""
        if running.answer is None:
            running.answer = failure(EXITED, f"{running.function} was lost sight of")
            running.ended.set()

    def kill(self, running: Running, error: str = EXITED) -> None:
        """Nothing of the invocation goes on."""
        if running.answer is None:
            running.answer = failure(error, f"{running.function} ended early")
            running.ended.set()
        running.sandbox.forget()
        if running.fiber is not None:
            hub.call_later(0, lambda fiber=running.fiber: fiber.throw(Killed))  # type: ignore[misc]

    def blunders(self) -> list[str]:
        """What functions raised that is no error of the product's own: a mistake in its code."""
        failures = [f for sandbox in self._sandboxes.values() for f in sandbox.failures]
        return sorted({repr(error) for error in failures if not isinstance(error, OWN)})

    def _sandbox(self, spec: FunctionSpec, version: str) -> Sandbox:
        if spec.name not in self._sandboxes:
            self._sandboxes[spec.name] = Sandbox(spec, self._environment(spec, version))
        return self._sandboxes[spec.name]

    def _run(self, sandbox: Sandbox, payload: bytes, work: Callable[[], object]) -> Running:
        name = sandbox.spec.name.rpartition("-")[2].removesuffix("Function")
        running = Running(next(self._numbers), name, sandbox, payload)
        running.fiber = hub.spawn(lambda: _worked(running, work), works_for=running)
        return running


def _worked(running: Running, work: Callable[[], object]) -> None:
    try:
        answer = Invocation(json.dumps(work(), default=str).encode())
    except Killed:
        running.sandbox.forget()
        answer = failure(EXITED, f"{running.function} ended early")
    except Exception as error:  # Lambda tells whoever invoked it the name and the text
        running.sandbox.failures.append(error)
        answer = failure(type(error).__name__, str(error))
    if running.answer is None:
        running.answer = answer
        running.ended.set()


def failure(error: str, message: str) -> Invocation:
    """As Lambda shapes it."""
    return Invocation(json.dumps({"errorType": error, "errorMessage": message}).encode(), error)


def _running() -> Running:
    running = getattr(getcurrent(), "works_for", None)
    assert isinstance(running, Running), "the product runs in functions only"
    return running
