"""The sandboxes of one function version: reused while idle, more when invoked concurrently."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from signalbox_local.sandbox import LambdaServiceError, Launch, Sandbox
from signalbox_local.sandbox_processes import SandboxProcesses

MAX_SANDBOXES = 10
"""More invocations of a version than this wait for a free sandbox (Lambda would start another)."""


class TooManyRequests(LambdaServiceError):
    """The function's reserved concurrency is used up."""

    code = "TooManyRequestsException"
    status = 429


class SandboxPool:
    """The sandboxes of one version."""

    def __init__(
        self, launch: Launch, reserved: Callable[[], int | None], processes: SandboxProcesses
    ) -> None:
        self._launch, self._reserved, self._processes = launch, reserved, processes
        self._idle: list[Sandbox] = []
        self._all: set[Sandbox] = set()
        self._starting = 0
        self._changed = threading.Condition()
        self._closed = False

    @contextmanager
    def lease(self) -> Iterator[Sandbox]:
        """A sandbox for one invocation: the one last used when one is idle, else a new one."""
        sandbox = self._take() or self._start()
        try:
            yield sandbox
        finally:
            self._put_back(sandbox)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            sandboxes = list(self._all)
        for sandbox in sandboxes:
            sandbox.close()

    def _take(self) -> Sandbox | None:
        with self._changed:
            self._changed.wait_for(self._may_go_on)
            sandbox = self._idle.pop() if self._idle else None
            if sandbox is None:
                self._starting += 1
                return None
            if sandbox.usable:
                return sandbox
            self._all.discard(sandbox)
        sandbox.close()
        return self._take()

    def _may_go_on(self) -> bool:
        busy = len(self._all) - len(self._idle) + self._starting
        if self._closed:
            raise LambdaServiceError("the local runtime is stopping")
        reserved = self._reserved()
        if reserved is not None and busy >= reserved:
            raise TooManyRequests("Rate Exceeded.")
        return bool(self._idle) or busy < MAX_SANDBOXES

    def _start(self) -> Sandbox:
        """The one that `_take` has counted as starting."""
        sandbox = None
        try:
            sandbox = Sandbox(self._launch, self._processes)
        finally:
            closed = self._count(sandbox)
        if closed:
            sandbox.close()
        return sandbox

    def _count(self, started: Sandbox | None) -> bool:
        """Whether the pool was closed while it started."""
        with self._changed:
            self._starting -= 1
            if started:
                self._all.add(started)
            self._changed.notify()
            return self._closed

    def _put_back(self, sandbox: Sandbox) -> None:
        with self._changed:
            keep = sandbox.usable and not self._closed
            if keep:
                self._idle.append(sandbox)
            else:
                self._all.discard(sandbox)
            self._changed.notify()
        if not keep:
            sandbox.close()
