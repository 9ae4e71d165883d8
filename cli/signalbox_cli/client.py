"""A thin client of the API: every request signed with SigV4, the API key beside it."""

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from signalbox_cli.asking import Answer
from signalbox_cli.connection import LOOPBACK

__all__ = ["Answer", "ApiClient"]
TIMEOUT = 30  # seconds; API Gateway gives up after 29


class ApiClient:
    """Speaks to one API as one caller."""

    def __init__(self, url: str, region: str, credentials: Credentials, api_key: str | None) -> None:
        self._url = url.rstrip("/")
        self._region = region
        self._credentials = credentials
        self._api_key = api_key
        verify: Any = os.environ.get("AWS_CA_BUNDLE") or True
        self._http = URLLib3Session(verify=verify, proxies=_proxies(url), timeout=TIMEOUT)

    def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One signed request."""
        given = {
            "Content-Type": "application/json",
            **({"x-api-key": self._api_key} if self._api_key else {}),
        }
        data = None if body is None else json.dumps(body)
        request = AWSRequest(method, self._url + path, {**given, **(headers or {})}, data)
        SigV4Auth(self._credentials, "execute-api", self._region).add_auth(request)
        response = self._http.send(request.prepare())
        text = response.content.decode(errors="replace")
        return Answer(status=response.status_code, body=_parsed(text))


def _proxies(url: str) -> dict[str, str]:
    """As the environment says, but never for this machine itself."""
    host = urlsplit(url).hostname or ""
    return {} if host in LOOPBACK or proxy_bypass(host) else getproxies()


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
