"""The processes of the sandboxes as the runtime sees them: forked by a template, ended, waited for."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import sendfds
from pathlib import Path

from signalbox_local import sandbox_template
from signalbox_local.sandbox_template import READ_EARLY, Request, layers_of

# `urllib` asks frameworks of macOS for proxies, which may crash in a child that was forked and nothing more.
MAY_FORK = sys.platform != "darwin"


class TemplateDied(OSError):
    """The template ended before it had forked."""


class SandboxProcess:
    """A child of the template. It ends when it is closed, at the latest with this process."""

    def __init__(self, pid: int, stdin: Connection, report: Connection) -> None:
        self.pid = pid
        self._stdin, self._report = stdin, report
        self._waiting, self._closing = threading.Lock(), threading.Lock()
        self._status: int | None = None
        self.gone = False
        """Whether `wait` has seen its end."""

    def wait(self) -> int | None:
        """The exit status, below 0 for a signal; None when the template died before it could tell."""
        with self._waiting:
            if not self.gone:
                with self._report, suppress(EOFError):
                    self._status = self._report.recv()
                self.gone = True
        return self._status

    def close(self) -> None:
        """Kills it and waits for its end. Who has leased its sandbox and who closes the pool may both ask."""
        if not self.gone:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.wait()
        with self._closing:  # A descriptor that is closed twice may be somebody else's by then.
            self._stdin.close()


@dataclass(frozen=True)
class _Template:
    """A running one; `early` is the environment that it was given."""

    process: subprocess.Popen[bytes]
    requests: socket.socket
    early: Mapping[str, str]
    asking: threading.Lock = field(default_factory=threading.Lock)

    def fork(self, request: Request, log: int) -> SandboxProcess:
        """Raises TemplateDied, and OSError when the child says what it lacks."""
        with ExitStack() as opened:
            their_stdin, stdin = Pipe(duplex=False)
            report, their_report = Pipe(duplex=False)
            for end in (stdin, report):
                opened.enter_context(end)
            try:
                with their_stdin, their_report:
                    self._ask([their_stdin.fileno(), log, their_report.fileno()])
                stdin.send(asdict(request))
                told: int | str = report.recv()
            except (EOFError, BrokenPipeError, ConnectionResetError) as error:
                raise TemplateDied("the template of the sandboxes has died") from error
            if isinstance(told, str):
                raise OSError(told)
            opened.pop_all()
            return SandboxProcess(told, stdin, report)

    def _ask(self, descriptors: list[int]) -> None:
        with self.asking:  # On macOS they are acknowledged.
            sendfds(self.requests, descriptors)

    def end(self) -> None:
        """Returns when it is gone, and its children with it."""
        self.requests.close()
        self.process.wait()


class SandboxProcesses:
    """Starts a template when it is first needed, and anew when it has died. Thread safe."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._template: _Template | None = None
        self._closed = False

    def start(
        self, handler: str, code: Path, environment: Mapping[str, str], log: int, clock: str = ""
    ) -> SandboxProcess:
        """Returns when the process is there, before it has imported the handler. Raises OSError."""
        request = Request(handler, str(code), environment, MAY_FORK, clock)
        try:
            return self._start(request, log)
        except TemplateDied:
            return self._start(request, log)

    def close(self) -> None:
        """Ends the template; nothing starts any more."""
        with self._changing:
            self._closed = True
        if self._template:
            self._forget(self._template)

    def _start(self, request: Request, log: int) -> SandboxProcess:
        early = _early(request)
        template = self._running(early)
        forked = request.forked and template.early == early
        try:
            return template.fork(replace(request, forked=forked), log)
        except TemplateDied:
            self._forget(template)
            raise

    def _running(self, early: Mapping[str, str]) -> _Template:
        with self._changing:
            if self._closed:
                raise OSError("the local runtime is stopping")
            if self._template is None:
                self._template = _begin(early)
            return self._template

    def _forget(self, template: _Template) -> None:
        with self._changing:
            if self._template is not template:
                return
            self._template = None
        template.end()


def _begin(early: Mapping[str, str]) -> _Template:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", sandbox_template.__file__, "serve", str(theirs.fileno())],
            env=early,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return _Template(process, ours, early)


def _early(request: Request) -> dict[str, str]:
    """The environment of a template that is as this child: the same variables, the same layers."""
    read = {name: value for name, value in request.environment.items() if is_read_early(name)}
    return {**read, "PYTHONPATH": os.pathsep.join(layers_of(request))}


def is_read_early(name: str) -> bool:
    """Whether the interpreter, or a preloaded module, looks at this variable before a child is forked."""
    return name in READ_EARLY or (name.startswith(("PYTHON", "_PYTHON")) and name != "PYTHONPATH")
