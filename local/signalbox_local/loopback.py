"""HTTP on loopback for a WSGI application: a thread per connection, kept alive, stopped for good."""

import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.exceptions import InternalServerError
from werkzeug.serving import ThreadedWSGIServer
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
DRAIN_SECONDS = 2.0
POLL_SECONDS = 0.05
"""How soon `stop` is noticed."""
_NO_BODY = {204, 304}


class PortTaken(Exception):
    """Somebody listens there already."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} on {HOST} is in use")
        self.port = port


class LoopbackServer:
    """Serves from `start` to `stop`. `port` 0 asks for any free one; the real one is known at once."""

    def __init__(self, app: "WSGIApplication", port: int, name: str) -> None:
        listening = _listening(port)
        self.port: int = listening.getsockname()[1]
        self._server = _Server(HOST, self.port, app, _Handler, fd=listening.fileno())
        listening.close()
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name=name, daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and every connection; returns when no thread of the accept loop is left."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()
        self._server.hang_up()


class _Server(ThreadedWSGIServer):
    """Remembers its connections, so that idle ones can be closed."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or a connection that `stop` closed under an answer."""
        log.debug("connection of %s broke off", client_address, exc_info=True)

    def hang_up(self) -> None:
        for connection in list(self._open):
            self.shutdown_request(connection)


class _Handler(MotoRequestHandler):
    """werkzeug's handler closes each connection; this one keeps it, which its applications allow: they read
    the whole body, or answer `Connection: close`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        try:
            chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Exception:  # a fault of ours: the client gets an answer, the operator sees where
            log.exception("%s %s failed", self.command, self.path)
            chunks, status, headers = run_wsgi_app(InternalServerError(), environ, buffered=True)
        body = b"".join(chunks)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if int(code) not in _NO_BODY:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
        if headers.get("Connection") == "close":
            self._drain()

    def _drain(self) -> None:
        """A client still sending would lose the answer if the connection were closed under its hands."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(DRAIN_SECONDS)
        while self.rfile.read(1 << 16):
            pass

    def log(self, type: str, message: str, *args: Any) -> None:
        """Requests are on record elsewhere."""


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except OSError as problem:
        listening.close()
        raise PortTaken(port) from problem
    listening.listen(128)
    return listening
