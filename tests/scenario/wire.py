"""Requests to the API as they are on the wire: any bytes, the answer with its headers."""

from dataclasses import dataclass
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from requests.auth import AuthBase

SECONDS = 30


@dataclass(frozen=True)
class Signature(AuthBase):
    """Signs a prepared request with SigV4, and puts the API key beside it."""

    credentials: Credentials
    region: str
    api_key: str | None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.api_key:
            request.headers["x-api-key"] = self.api_key
        headers = {name: request.headers[name] for name in ("Content-Type",) if name in request.headers}
        signed = AWSRequest(str(request.method), str(request.url), headers, request.body)
        SigV4Auth(self.credentials, "execute-api", self.region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


def signature(runtime: Any, caller: str = "operator") -> Signature:
    """The one of a caller of the local runtime."""
    who = runtime.callers[caller]
    credentials = Credentials(who.access_key_id, who.secret_access_key)
    return Signature(credentials, runtime.region, runtime.api_key)


def send(
    runtime: Any, method: str, path: str, data: bytes | str | None = None, auth: AuthBase | None = None
) -> requests.Response:
    """One request; unsigned without `auth`."""
    return requests.request(
        method,
        runtime.api_url + path,
        data=data,
        auth=auth,
        headers={"Content-Type": "application/json"},
        timeout=SECONDS,
    )
