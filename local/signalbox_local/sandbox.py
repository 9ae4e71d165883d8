"""One Lambda sandbox: AWS's own runtime client in a process of its own, fed through a local Runtime API."""

import json
import os
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from signalbox_local.runtime_api import Report, Request, RuntimeApi
from signalbox_local.sandbox_processes import SandboxProcess, SandboxProcesses

INIT_SECONDS = 10.0
"""How long the init phase may take before its time counts as the invocation's, as on Lambda."""


class LambdaServiceError(Exception):
    """Lambda itself refuses or fails; `code` and `status` are those of its API."""

    code = "ServiceException"
    status = 500


class LaunchFailed(LambdaServiceError):
    """The child process could not be started."""


@dataclass(frozen=True)
class Invocation:
    """The answer of a function: JSON, and its errorType when the function (not Lambda) failed."""

    payload: bytes
    error: str | None = None


@dataclass(frozen=True)
class Launch:
    """How to start a sandbox; `timeout` in seconds, `log` takes the child's standard output and error,
    `clock` tells how far the local clock has been set forward."""

    name: str
    version: str
    code: Path
    handler: str
    environment: Mapping[str, str]
    timeout: float
    log: Path
    clock: str = ""


class Sandbox:
    """Serves one invocation at a time; unusable once it has timed out or its child has ended."""

    def __init__(self, launch: Launch, processes: SandboxProcesses) -> None:
        self._launch = launch
        self._api = RuntimeApi()
        self._ready = self._spoilt = False
        self._log = launch.log.open("ab", buffering=0)
        self._child = self._start_child(processes)
        threading.Thread(target=self._watch_child, daemon=True).start()

    @property
    def usable(self) -> bool:
        return not self._spoilt and not self._child.gone

    def warm(self) -> bool:
        """Waits until the handler has been imported; false when that failed."""
        return self._await_ready(time.monotonic() + INIT_SECONDS) is None

    def invoke(self, arn: str, payload: bytes, request_id: str) -> Invocation:
        """Runs the handler once; a timed out or crashed child is reported as Lambda does, never raised."""
        began = time.monotonic()
        budget = self._launch.timeout + (0 if self._ready else INIT_SECONDS)
        report = self._await_ready(began + budget)
        if report is None:
            self._write(f"START RequestId: {request_id} Version: {self._launch.version}\n")
            began = time.monotonic()
            deadline_ms = int((time.time() + self._launch.timeout) * 1000)
            self._api.requests.put(Request(request_id, arn, payload, deadline_ms))
            report = self._await_report(began + self._launch.timeout, request_id)
        outcome = self._outcome(report, request_id)
        if report.kind not in ("response", "error"):
            self._spoilt = True
            self._write(f"{outcome.payload.decode()}\n")
        took_ms = (time.monotonic() - began) * 1000
        self._write(f"END RequestId: {request_id}\n")
        self._write(f"REPORT RequestId: {request_id}\tDuration: {took_ms:.2f} ms\n")
        return outcome

    def close(self) -> None:
        """Kills the child and waits for its end."""
        self._child.close()
        self._api.close()
        self._log.close()

    def _start_child(self, processes: SandboxProcesses) -> SandboxProcess:
        launch = self._launch
        environment = {
            **launch.environment,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
        }
        try:
            return processes.start(launch.handler, launch.code, environment, self._log.fileno(), launch.clock)
        except OSError as error:
            self._api.close()
            self._log.close()
            raise LaunchFailed(f"{launch.name} could not be started: {error}") from error

    def _watch_child(self) -> None:
        self._api.reports.put(Report("exit", _told(self._child.wait()).encode()))

    def _await_ready(self, until: float) -> Report | None:
        """None once the child has asked for work; else what came instead."""
        if self._ready:
            return None
        report = self._await_report(until, "")
        self._ready = report.kind == "ready"
        self._spoilt = not self._ready
        return None if self._ready else report

    def _await_report(self, until: float, request_id: str) -> Report:
        """The next report that concerns this request (or the init phase, without one)."""
        while True:
            try:
                report = self._api.reports.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return Report("exit")
            if report.request_id == request_id or report.kind == "exit":
                return report

    def _outcome(self, report: Report, request_id: str) -> Invocation:
        if report.kind == "response":
            return Invocation(report.body)
        if report.kind in ("error", "init_error"):
            return Invocation(report.body, _error_type(report.body))
        if report.body:
            message = f"RequestId: {request_id} Error: Runtime exited with error: {report.body.decode()}"
            return _failure("Runtime.ExitError", message)
        message = f"RequestId: {request_id} Error: Task timed out after {self._launch.timeout:.2f} seconds"
        return _failure("Sandbox.Timedout", message)

    def _write(self, line: str) -> None:
        if not self._log.closed:
            os.write(self._log.fileno(), line.encode())


def _told(status: int | None) -> str:
    if status is None:
        return "exit status unknown"
    return f"exit status {status}" if status >= 0 else f"signal: {-status}"


def _error_type(body: bytes) -> str:
    try:
        return str(json.loads(body).get("errorType") or "Unknown")
    except ValueError:
        return "Unknown"


def _failure(error_type: str, message: str) -> Invocation:
    return Invocation(json.dumps({"errorType": error_type, "errorMessage": message}).encode(), error_type)
