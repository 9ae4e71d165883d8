"""A thin client of the API: every request signed with SigV4, the API key beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

TIMEOUT = 30  # seconds; API Gateway gives up after 29


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API said: the status, and the body as JSON (None when it is empty)."""

    status: int
    body: Any

    @property
    def is_ok(self) -> bool:
        """Whether it was accepted."""
        return self.status < 400  # noqa: PLR2004


class ApiClient:
    """Speaks to one API as one caller."""

    def __init__(self, url: str, region: str, credentials: Credentials, api_key: str | None) -> None:
        self._url = url.rstrip("/")
        self._region = region
        self._credentials = credentials
        self._api_key = api_key
        self._http = URLLib3Session(timeout=TIMEOUT)

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
        text = response.content.decode()
        return Answer(status=response.status_code, body=_parsed(text))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
