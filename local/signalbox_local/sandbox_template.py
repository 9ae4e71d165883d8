"""The template of the sandboxes: a process that has loaded what functions commonly need, and forks them.

Run as a script, it imports nothing of the local runtime: what it has loaded, every sandbox has loaded. Of the
layers that its functions share it loads everything.
"""

import functools
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.reduction import recvfds
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

PRELOADED = (
    "asyncio",
    "awslambdaric.lambda_config",
    "awslambdaric.lambda_context",
    "awslambdaric.lambda_runtime_marshaller",
    "boto3.dynamodb.types",
    "inspect",
    "msgspec",
    "pydantic.deprecated.config",
    "pydantic.json_schema",
    "pydantic.type_adapter",
    "zoneinfo",
)
"""What takes time to import and leaves no trace. Not so Powertools, which adds itself to the user agent of
every call to AWS, and the rest of `awslambdaric`, which looks for the Runtime API when it is imported."""

READ_EARLY = (
    "AWS_EXECUTION_ENV",
    "AWS_NEW_RETRIES_2026",
    "BOTO_DISABLE_CRT",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
)
"""Variables that the interpreter and the preloaded modules read once, beside `PYTHON…`."""

MODELS = (
    "autoscaling",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "elbv2",
    "events",
    "rds",
    "scheduler",
    "stepfunctions",
    "sts",
)
"""Services of which botocore's description is read once for all sandboxes: most of what a client costs."""

DESCRIPTORS = 3


@dataclass(frozen=True)
class Request:
    """What a child shall become; unless `forked` it starts an interpreter of its own. `clock` is the file
    that tells how far the local clock has been set forward."""

    handler: str
    code: str
    environment: Mapping[str, str]
    forked: bool
    clock: str = ""


def layers_of(request: Request) -> list[str]:
    """The folders on its search path that it shares with other functions: all but its own code."""
    return [folder for folder in _search_path(request.environment) if folder != request.code]


def _search_path(environment: Mapping[str, str]) -> list[str]:
    entries = environment.get("PYTHONPATH", "").split(os.pathsep)
    return [str(Path(entry).absolute()) for entry in entries if entry]


def preload(layers: Sequence[str] = ()) -> None:
    """What is loaded now stays, so that no child need look at it, nor copy it."""
    for name in PRELOADED:
        importlib.import_module(name)
    for module in pkgutil.walk_packages(layers, onerror=lambda name: None):
        with suppress(Exception):  # whoever imports it is told
            importlib.import_module(module.name)
    _read_models()
    gc.collect()
    gc.freeze()


def _read_models() -> None:
    """Everything that botocore looks up to make a client of these services."""
    import msgspec  # noqa: PLC0415 - only a template pays for it
    from botocore import loaders  # noqa: PLC0415
    from botocore.loaders import JSONFileLoader, Loader  # noqa: PLC0415

    loaders.json = SimpleNamespace(loads=lambda text, **_: msgspec.json.decode(text))  # type: ignore[attr-defined]
    read = functools.cache(functools.partial(JSONFileLoader.load_file, JSONFileLoader()))
    JSONFileLoader.load_file = lambda self, file_path: read(file_path)  # type: ignore[method-assign]
    loader = Loader()
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in MODELS:
        loader.load_service_model(service, "service-2")
        loader.load_service_model(service, "endpoint-rule-set-1")


class Template:
    """Forks a child for each three descriptors that it is sent: the child's standard input, log and report.

    The report tells the child's id, or what went wrong; then its exit status. The template ends with its
    socket, and takes its children along.
    """

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._reports: dict[int, Connection] = {}
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        # The handler does nothing: that there is one lets the signal wake the loop.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker)

    def serve(self) -> Request:
        """Returns in the children only."""
        while True:
            ready, _, _ = select.select([self._requests.fileno(), self._woken], [], [])
            if self._woken in ready:
                os.read(self._woken, 4096)
                self._bury()
            if self._requests.fileno() in ready and (request := self._fork()):
                return request

    def _fork(self) -> Request | None:
        try:
            stdin, log, report = recvfds(self._requests, DESCRIPTORS)
        except EOFError:
            self._end()
        telling = Connection(report, readable=False)
        try:
            child = os.fork()
        except OSError as error:
            _tell(telling, str(error))
        else:
            if not child:
                self._leave()
                return _settle(stdin, log, telling)
            self._reports[child] = telling
        os.close(stdin)
        os.close(log)
        return None

    def _leave(self) -> None:
        """Nothing of the template's stays with a child."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for mine in (self._requests.detach(), self._woken, self._waker):
            os.close(mine)
        for other in self._reports.values():
            other.close()

    def _bury(self) -> None:
        """Tells how children ended that have."""
        while self._reports:
            child, status = os.waitpid(-1, os.WNOHANG)
            if not child:
                return
            with self._reports.pop(child) as report:
                _tell(report, os.waitstatus_to_exitcode(status))

    def _end(self) -> NoReturn:
        for child in self._reports:
            os.kill(child, signal.SIGKILL)
        for child in self._reports:
            os.waitpid(child, 0)
        sys.exit()


def _tell(report: Connection, told: int | str) -> None:
    with suppress(BrokenPipeError):  # Who asked for the child no longer listens.
        report.send(told)


def _settle(stdin: int, log: int, report: Connection) -> Request:
    """Makes a process of its own of what was forked."""
    try:
        os.setsid()
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.close(log)
        os.dup2(stdin, 0)
        with Connection(stdin, writable=False) as told:
            request = Request(**told.recv())
        os.chdir(request.code)
    except (OSError, EOFError) as error:
        _tell(report, str(error))
        os._exit(1)
    _tell(report, os.getpid())
    # Open until this process ends: that is how its end is seen when the template is no more.
    os.set_inheritable(os.dup(report.fileno()), True)
    return request


def become(request: Request) -> None:
    """Does with environment and search path what an interpreter does when it starts."""
    given = request.environment
    if not request.forked or _loaded_already(request.code):
        os.execve(
            sys.executable, [sys.executable, "-P", __file__, "run", request.handler, request.clock], given
        )
    os.environ.clear()
    os.environ.update(given)
    time.tzset()
    importlib.invalidate_caches()
    sys.path[:] = dict.fromkeys([*_search_path(given), *sys.path])


def _loaded_already(code: str) -> bool:
    """Whether the function brings along a module under whose name another is loaded."""
    loaded = {name.partition(".")[0] for name in sys.modules}
    return any(module.name in loaded for module in pkgutil.iter_modules([code]))


def run(handler: str, clock: str) -> None:
    """AWS's own runtime client, until standard input ends: the system closes it however the runtime dies."""

    def end_with_runtime() -> None:
        os.read(0, 1)
        os._exit(1)

    from awslambdaric.__main__ import main  # noqa: PLC0415

    threading.Thread(target=end_with_runtime, daemon=True).start()
    sys.path.insert(0, "")
    if clock:
        _follow(Path(clock))
    sys.argv = ["-c", handler]
    main(sys.argv)


def _follow(clock: Path) -> None:
    """Fleets live by the clock of the schedules that wake them; rollouts live by alarms, in real time."""
    with suppress(ImportError):  # a function that is none of Signalbox's
        wiring: Any = importlib.import_module("signalbox.wiring")

        def ahead() -> datetime:
            now: datetime = wiring.now()
            return now + timedelta(seconds=float(clock.read_text())) if clock.exists() else now

        ports = wiring.fleet_ports
        wiring.fleet_ports = functools.cache(lambda: replace(ports(), clock=ahead))


def start(mode: str, argument: str, clock: str = "") -> None:
    """`serve` this descriptor, or `run` this handler."""
    if mode == "serve":
        preload(_search_path(os.environ))
        request = Template(socket.socket(fileno=int(argument))).serve()
        become(request)
        argument, clock = request.handler, request.clock
    run(argument, clock)


if __name__ == "__main__":
    start(*sys.argv[1:])
