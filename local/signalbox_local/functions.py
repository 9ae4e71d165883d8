"""Lambda: functions, versions and aliases, invoked in sandboxes that are reused while idle."""

import os
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path

from signalbox_local.async_invocations import AsyncInvocations, AsyncSettings, Event, Send
from signalbox_local.sandbox import Invocation, LambdaServiceError, Launch
from signalbox_local.sandbox_pool import SandboxPool
from signalbox_local.sandbox_processes import SandboxProcesses

LATEST = "$LATEST"


class FunctionNotFound(LambdaServiceError):
    """No such function, version or alias."""

    code = "ResourceNotFoundException"
    status = 404


@dataclass(frozen=True)
class FunctionSpec:
    """A function of the template; `timeout` in seconds, `memory` in MB, `search_path` = layers."""

    name: str
    code: Path
    handler: str
    role_arn: str
    environment: Mapping[str, str] = field(default_factory=dict)
    search_path: tuple[Path, ...] = ()
    timeout: float = 3
    memory: int = 128
    reserved_concurrency: int | None = None


@dataclass(frozen=True)
class Permission:
    """A statement of a function's policy: who may invoke it, and on behalf of which ARN (with wildcards)."""

    function: str
    statement_id: str
    principal: str
    source_arn: str


@dataclass(frozen=True)
class Host:
    """What the functions find around them."""

    region: str
    account: str
    log_folder: Path
    endpoint: str
    """URL of the AWS endpoint."""
    credentials: Callable[[str, str], Mapping[str, str]]
    """(role ARN, session name) → AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN."""
    retry_seconds: float = 1
    """Wait before the first retry of an asynchronous invocation, doubled for the second (Lambda: 60 s)."""
    clock: str = ""
    """The file that tells how far the local clock has been set forward."""


class Functions:
    """All functions of the stack; names may be names, partial or whole ARNs, with a version or an alias."""

    def __init__(self, host: Host, send: Send | None = None) -> None:
        self._host = host
        self._versions: dict[str, dict[str, FunctionSpec]] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._pools: dict[tuple[str, str], SandboxPool] = {}
        self._processes = SandboxProcesses()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._async = AsyncInvocations(self.invoke, host.retry_seconds, send)
        self._permissions: list[Permission] = []
        self._reserved: dict[str, int | None] = {}

    def configure_async(self, name: str, qualifier: str, settings: AsyncSettings) -> None:
        """For invocations of this alias or version; an empty qualifier means all others."""
        self._async.configure(self.arn(name, qualifier), settings)

    def permit(self, permission: Permission) -> None:
        """Adds to the policy of a function, version or alias; `permission.function` is its name or ARN."""
        arn = permission.function if permission.function.startswith("arn:") else self.arn(permission.function)
        self._permissions.append(replace(permission, function=arn))

    def permits(self, function_arn: str, principal: str, source_arn: str) -> bool:
        """Whether the function's policy lets a service invoke it for this source."""
        return any(
            (known.function, known.principal) == (function_arn, principal)
            and fnmatchcase(source_arn, known.source_arn)
            for known in self._permissions
        )

    def revoke(self, name_or_arn: str, statement_id: str) -> None:
        """Takes a statement out of the policy of a function, version or alias. Raises FunctionNotFound."""
        _, _, arn = self.resolve(name_or_arn)
        kept = [
            known
            for known in self._permissions
            if (known.function, known.statement_id) != (arn, statement_id)
        ]
        if len(kept) == len(self._permissions):
            raise FunctionNotFound(f"Statement {statement_id} is not found in resource policy.")
        self._permissions = kept

    def reserve(self, name_or_arn: str, concurrency: int | None) -> None:
        """Sets the reserved concurrency of a function; None reserves nothing, 0 refuses every invocation."""
        spec, _, _ = self.resolve(name_or_arn)
        self._reserved[spec.name] = concurrency

    def register(self, spec: FunctionSpec) -> str:
        """Creates or replaces $LATEST; returns the function's ARN."""
        self._versions.setdefault(spec.name, {})[LATEST] = spec
        self._reserved[spec.name] = spec.reserved_concurrency
        return self.arn(spec.name)

    def publish(self, name: str) -> str:
        """Freezes $LATEST as the next version; returns its ARN."""
        versions = self._versions[name]
        number = str(len(versions))
        versions[number] = versions[LATEST]
        return self.arn(name, number)

    def alias(self, name: str, alias: str, version: str) -> str:
        """Lets `alias` mean `version`; returns the alias's ARN."""
        self._aliases[name, alias] = version
        return self.arn(name, alias)

    def arn(self, name: str, qualifier: str = "") -> str:
        whole = f"arn:aws:lambda:{self._host.region}:{self._host.account}:function:{name}"
        return f"{whole}:{qualifier}" if qualifier else whole

    def published(self) -> list[str]:
        """What callers invoke: the ARNs of all aliases, and of functions without one."""
        aliased = {name for name, _ in self._aliases}
        plain = [self.arn(name) for name in self._versions if name not in aliased]
        return sorted([self.arn(name, alias) for name, alias in self._aliases] + plain)

    def log_file(self, name: str) -> Path:
        """Standard output and error of all sandboxes of a function."""
        return self._host.log_folder / f"{name}.log"

    def resolve(self, name_or_arn: str) -> tuple[FunctionSpec, str, str]:
        """The function, its version and the ARN as invoked. Raises FunctionNotFound."""
        name, _, qualifier = name_or_arn.rsplit("function:", 1)[-1].partition(":")
        version = self._aliases.get((name, qualifier), qualifier or LATEST)
        arn = self.arn(name, qualifier)
        try:
            return self._versions[name][version], version, arn
        except KeyError:
            raise FunctionNotFound(f"Function not found: {arn}") from None

    def invoke(self, name_or_arn: str, payload: bytes) -> Invocation:
        """Runs the function and waits for its answer. Raises LambdaServiceError when Lambda refuses."""
        spec, version, arn = self.resolve(name_or_arn)
        with self._pool(spec, version).lease() as sandbox:
            return sandbox.invoke(arn, payload or b"{}", str(uuid.uuid4()))

    def invoke_async(self, name_or_arn: str, payload: bytes) -> None:
        """Accepts the event; failures are retried, then the event goes to the function's failure queues."""
        spec, version, arn = self.resolve(name_or_arn)
        self._async.accept(Event(spec.role_arn, arn, self.arn(spec.name), version, payload))

    def warm(self, name_or_arn: str) -> None:
        """Starts a sandbox, so that the first invocation finds it ready."""
        spec, version, _ = self.resolve(name_or_arn)
        with self._pool(spec, version).lease() as sandbox:
            sandbox.warm()

    def close(self) -> None:
        """Ends every sandbox; later invocations are refused."""
        self._stopping.set()
        self._async.stop()
        with self._lock:
            pools = list(self._pools.values())
        if pools:
            with ThreadPoolExecutor(len(pools)) as executor:
                list(executor.map(SandboxPool.close, pools))
        self._processes.close()

    def _pool(self, spec: FunctionSpec, version: str) -> SandboxPool:
        with self._lock:
            if self._stopping.is_set():
                raise LambdaServiceError("the local runtime is stopping")
            key = (spec.name, version)
            if key not in self._pools:
                reserved = partial(self._reserved.get, spec.name)
                self._pools[key] = SandboxPool(self._launch(spec, version), reserved, self._processes)
            return self._pools[key]

    def _launch(self, spec: FunctionSpec, version: str) -> Launch:
        self._host.log_folder.mkdir(parents=True, exist_ok=True)
        return Launch(
            name=spec.name,
            version=version,
            code=spec.code,
            handler=spec.handler,
            timeout=spec.timeout,
            environment=self._environment(spec, version),
            log=self.log_file(spec.name),
            clock=self._host.clock,
        )

    def _environment(self, spec: FunctionSpec, version: str) -> dict[str, str]:
        """What a function sees on Lambda, plus where AWS is."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(map(str, (spec.code, *spec.search_path))),
            "LAMBDA_TASK_ROOT": str(spec.code),
            "_HANDLER": spec.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": spec.name,
            "AWS_LAMBDA_FUNCTION_VERSION": version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{spec.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"local/[{version}]",
            "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
            "AWS_REGION": self._host.region,
            "AWS_DEFAULT_REGION": self._host.region,
            "AWS_ENDPOINT_URL": self._host.endpoint,
            **self._host.credentials(spec.role_arn, spec.name),
            **spec.environment,
        }
