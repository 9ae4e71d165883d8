"""moto's services: which one a request is for, and its answer."""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from flask import Flask
from moto.core.request import Request
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from signalbox_local.signatures import Claim

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_BY_MORE_THAN_SERVICE = frozenset({"s3", "ses", "sagemaker", "bedrock", "mediastore"})


class Backend:
    """One of moto's applications, asked without its web framework, which takes a fifth of the time of a
    request and adds nothing: who calls and what becomes of errors is decided elsewhere."""

    def __init__(self, app: Flask, service: str) -> None:
        self.service = service
        """moto's name of it."""
        self._routes = app.url_map
        self._views: dict[str, Callable[..., Any]] = app.view_functions

    def answer(self, request: Request) -> Response:
        """Raises whatever moto fails with."""
        asked = _Asked(_rewound(request))
        try:
            endpoint, _ = self._routes.bind_to_environ(asked.environ).match()
            view: Any = self._views[endpoint]
            found = view.callback(asked, asked.raw_url, dict(asked.headers))
        except ClientError as problem:
            return _Answer(problem.response["Error"]["Message"], 400)
        except HTTPException as problem:
            return _Answer.force_type(problem.get_response(asked.environ))
        status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
        return _Answer(body, status, headers)


class _Asked(Request):
    from_wsgi_server = True


class _Answer(Response):
    default_mimetype = "text/html"


def _rewound(request: Request) -> "WSGIEnvironment":
    body = request.get_data()
    environ = {**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("werkzeug.request", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


class Backends:
    """moto's applications by service. Its own search takes 0.7 ms a request, so the answer is kept where it
    depends on nothing else in the request."""

    def __init__(self) -> None:
        self._dispatcher = DomainDispatcherApplication(create_backend_app)
        self._known: dict[tuple[str, str], Backend | None] = {}
        self._lock = threading.Lock()

    def find(self, request: Request, claim: Claim) -> Backend | None:
        """None when moto has no such service."""
        key = (claim.service, request.headers.get("X-Amz-Target", "").partition(".")[0])
        if key in self._known and claim.service not in _BY_MORE_THAN_SERVICE:
            return self._known[key]
        with self._lock:
            self._known[key] = self._search(request)
            return self._known[key]

    def _search(self, request: Request) -> Backend | None:
        try:
            app: Any = self._dispatcher.get_application(request.environ)
        except AttributeError:  # moto looks for None when no service has that name
            return None
        return Backend(app, app.service)
