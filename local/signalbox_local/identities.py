"""Who calls: users, roles and their keys as moto's IAM and STS hold them, and the credentials handed out."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, sts_backends

from signalbox_local.iam_records import account_of, backend_of, find_role
from signalbox_local.signatures import Claim, Fault, ReceivedRequest, Unauthenticated, verify

ADMINISTRATOR_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
UNKNOWN_KEY = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A user's long-lived key."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a session of a role; `expires_at` is UTC."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """A verified caller; `user_id` as `GetCallerIdentity` has it, for a session `role id:session name`."""

    arn: str
    account: str
    user_id: str
    access_key_id: str


def utc_now() -> datetime:
    return datetime.now(UTC)


class Identities:
    """Issues keys and tells whose a signed request is. Signatures age by `now`, the wall clock."""

    def __init__(self, account: str, now: Callable[[], datetime] = utc_now) -> None:
        self._account = account
        self._now = now
        self._sessions: dict[str, AssumedRole] = {}

    def create_administrator(self, name: str = "administrator") -> KeyPair:
        """A user who may do all."""
        pair = self.create_user(name)
        policy = json.dumps(ADMINISTRATOR_POLICY)
        backend_of(self._account).put_user_policy(name, "AdministratorAccess", policy)
        return pair

    def create_user(self, name: str, managed_policy_arns: Iterable[str] = ()) -> KeyPair:
        """A user with just these managed policies (which exist already) and one access key."""
        backend = backend_of(self._account)
        backend.create_user(region_name="us-east-1", user_name=name)
        for arn in managed_policy_arns:
            backend.attach_user_policy(arn, name)
        key = backend.create_access_key(name)
        return KeyPair(key.access_key_id, key.secret_access_key)

    def issue(
        self, role_arn: str, session_name: str, lifetime: timedelta = timedelta(hours=12)
    ) -> Credentials:
        """A role's credentials, as Lambda or Step Functions get them; KeyError without that role."""
        if find_role(role_arn) is None:
            raise KeyError(f"no such role: {role_arn}")
        session = sts_backends[account_of(role_arn)]["aws"].assume_role(
            "us-east-1", session_name, role_arn, "", int(lifetime.total_seconds()), ""
        )
        self._sessions[session.access_key_id] = session
        return Credentials(
            session.access_key_id,
            session.secret_access_key,
            session.session_token,
            session.expiration.replace(tzinfo=UTC),
        )

    def authenticate(self, request: ReceivedRequest, claim: Claim) -> Caller:
        """The caller who signed it as it claims; raises Unauthenticated with AWS's words when not."""
        caller, secret = self._holder(claim.access_key_id, request.headers.get("X-Amz-Security-Token"))
        verify(request, claim, secret, self._now())
        return caller

    def _holder(self, access_key_id: str, token: str | None) -> tuple[Caller, str]:
        account = _account_holding(access_key_id)
        if session := self._session(account, access_key_id):
            self._check_session(session, token)
            return Caller(session.arn, account, session.user_id, access_key_id), session.secret_access_key
        key = backend_of(account).access_keys[access_key_id]
        user = backend_of(account).users.get(key.user_name or "")
        if user is None or key.status != "Active" or token:
            raise Unauthenticated(Fault.UNKNOWN_KEY, UNKNOWN_KEY)
        return Caller(user.arn, account, user.id, access_key_id), key.secret_access_key

    def _session(self, account: str, access_key_id: str) -> AssumedRole | None:
        if access_key_id not in self._sessions:
            assumed = reversed(list(sts_backends[account]["aws"].assumed_roles))
            found = next((session for session in assumed if session.access_key_id == access_key_id), None)
            if found is None:
                return None
            self._sessions[access_key_id] = found
        return self._sessions[access_key_id]

    def _check_session(self, session: AssumedRole, token: str | None) -> None:
        if token != session.session_token:
            raise Unauthenticated(Fault.UNKNOWN_KEY, UNKNOWN_KEY)
        if session.expiration.replace(tzinfo=UTC) < self._now():
            raise Unauthenticated(Fault.EXPIRED_TOKEN, EXPIRED_TOKEN)


def _account_holding(access_key_id: str) -> str:
    for account, partitions in list(iam_backends.items()):
        if access_key_id in partitions["aws"].access_keys:
            return account
    raise Unauthenticated(Fault.UNKNOWN_KEY, UNKNOWN_KEY)
