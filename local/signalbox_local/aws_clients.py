"""boto3 clients of the runtime itself, at its own endpoint: made once, shared by all threads."""

import threading
from collections.abc import Callable
from typing import Any

import boto3
from botocore.config import Config

from signalbox_local.identities import Credentials, KeyPair


class AwsClients:
    """Clients by service and holder; `credentials_of(role ARN)` gives a session of a role."""

    def __init__(self, endpoint: str, region: str, credentials_of: Callable[[str], Credentials]) -> None:
        self._endpoint = endpoint
        self._region = region
        self._credentials_of = credentials_of
        self._clients: dict[tuple[str, str], Any] = {}
        # Making clients is not thread-safe in boto3; using them is.
        self._lock = threading.Lock()

    def of_role(self, service: str, role_arn: str) -> Any:
        """A client with the credentials of a role."""
        with self._lock:
            if (service, role_arn) not in self._clients:
                credentials = self._credentials_of(role_arn)
                self._clients[service, role_arn] = self._make(service, credentials, credentials.session_token)
            return self._clients[service, role_arn]

    def of_user(self, service: str, keys: KeyPair) -> Any:
        """A client with a user's keys."""
        with self._lock:
            if (service, keys.access_key_id) not in self._clients:
                self._clients[service, keys.access_key_id] = self._make(service, keys, None)
            return self._clients[service, keys.access_key_id]

    def _make(self, service: Any, keys: KeyPair | Credentials, token: str | None) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=self._region,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=50),
        )
