"""Lambda's Runtime API for one sandbox: hands out invocations, takes their results."""

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class Request:
    """One invocation, as the runtime client is told of it."""

    request_id: str
    arn: str
    payload: bytes
    deadline_ms: int


@dataclass(frozen=True)
class Report:
    """What the child told, or what became of it."""

    kind: Literal["ready", "response", "error", "init_error", "exit"]
    body: bytes = b""
    request_id: str = ""


class RuntimeApi(ThreadingHTTPServer):
    """Put into `requests` what the child shall do; `reports` says what became of it."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: queue.Queue[Request | None] = queue.Queue()
        self.reports: queue.Queue[Report] = queue.Queue()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Returns at once: the serving thread looks for its end twice a second only."""
        self.requests.put(None)
        threading.Thread(target=self._shut, daemon=True).start()

    def _shut(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed child leaves broken connections behind: nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    # Without both, delayed acknowledgements cost 40 ms a call.
    disable_nagle_algorithm = True
    wbufsize: ClassVar[int] = -1

    def do_GET(self) -> None:
        """`invocation/next`: blocks until there is something to do."""
        self.server.reports.put(Report("ready"))
        request = self.server.requests.get()
        if request is None:
            self.close_connection = True
            return
        self._send(
            200,
            request.payload,
            {
                "Content-Type": "application/json",
                "Lambda-Runtime-Aws-Request-Id": request.request_id,
                "Lambda-Runtime-Deadline-Ms": str(request.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": request.arn,
                "Lambda-Runtime-Trace-Id": _trace_id(request.request_id),
            },
        )

    def do_POST(self) -> None:
        """`init/error`, `invocation/{id}/response` or `invocation/{id}/error`."""
        *_, owner, verb = self.path.split("/")
        body = self._body()
        if owner == "init":
            self.server.reports.put(Report("init_error", body))
        else:
            self.server.reports.put(Report("response" if verb == "response" else "error", body, owner))
        self._send(202, b"{}", {})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The Runtime API is silent: the function's own lines are what its log is for."""


def _trace_id(request_id: str) -> str:
    return f"Root=1-{int(time.time()):08x}-{request_id.replace('-', '')[:24]};Sampled=0"
