"""Signature Version 4 of a received request, recomputed by botocore with the key's real secret."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from hashlib import sha256

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

SKEW = timedelta(minutes=5)
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
WRONG_PAYLOAD = "The provided 'x-amz-content-sha256' header does not match what was computed."
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{8})/(?P<region>[^/,]+)/(?P<service>[^/,]+)/aws4_request"
    r"\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)


class Fault(Enum):
    """Why a request has no caller."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    UNKNOWN_KEY = "unknown key"
    WRONG_SIGNATURE = "wrong signature"
    EXPIRED_SIGNATURE = "expired signature"
    EXPIRED_TOKEN = "expired token"


class Unauthenticated(Exception):
    """A request that AWS would not even ask IAM about; the text is AWS's own."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request as it came over the wire: `url` keeps the client's own escapes, `body` is undecoded."""

    method: str
    url: str
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, request: Request) -> "ReceivedRequest":
        """Reads the body; what reads it next finds it cached in `request`."""
        raw = request.environ.get("RAW_URI") or request.full_path.rstrip("?")
        target = raw if raw.startswith("/") else re.sub(r"^https?://[^/]+", "", raw)
        url = f"http://{request.host}{target}"
        return cls(request.method, url, Headers(request.headers), request.get_data())


@dataclass(frozen=True, slots=True)
class Claim:
    """What the `Authorization` header says of itself; `signed_at` is the client's time, `stamp` its text."""

    access_key_id: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    stamp: str
    signed_at: datetime


def claim_of(request: ReceivedRequest) -> Claim:
    """Raises Unauthenticated when there is no signature or it cannot be read."""
    header = request.headers.get("Authorization")
    if not header:
        raise Unauthenticated(Fault.UNSIGNED, "Request is missing Authentication Token")
    stamp = request.headers.get("X-Amz-Date", "")
    found = _AUTHORIZATION.fullmatch(header.strip())
    if found is None or not re.fullmatch(r"\d{8}T\d{6}Z", stamp) or not stamp.startswith(found["day"]):
        words = "Authorization header requires 'Credential', 'Signature', 'SignedHeaders' and 'X-Amz-Date'."
        raise Unauthenticated(Fault.MALFORMED, f"{words} Authorization={header.split(' ', 1)[0]}")
    return Claim(
        access_key_id=found["key"],
        region=found["region"],
        service=found["service"],
        signed_headers=tuple(found["headers"].split(";")),
        signature=found["signature"],
        stamp=stamp,
        signed_at=datetime.fromisoformat(stamp),
    )


def verify(request: ReceivedRequest, claim: Claim, secret: str, now: datetime) -> None:
    """Raises Unauthenticated unless `secret` makes this signature, at most five minutes from `now`."""
    _check_time(claim, now)
    expected = _signature(request, claim, secret)
    if "host" not in claim.signed_headers or not hmac.compare_digest(expected, claim.signature):
        raise Unauthenticated(Fault.WRONG_SIGNATURE, WRONG_SIGNATURE)
    _check_payload(request)


def _check_time(claim: Claim, now: datetime) -> None:
    if abs(now - claim.signed_at) <= SKEW:
        return
    late = claim.signed_at < now
    limit = now - SKEW if late else now + SKEW
    words = ("Signature expired", "earlier", "-") if late else ("Signature not yet current", "later", "+")
    raise Unauthenticated(
        Fault.EXPIRED_SIGNATURE,
        f"{words[0]}: {claim.stamp} is now {words[1]} than {_stamp(limit)} ({_stamp(now)} {words[2]} 5 min.)",
    )


def _check_payload(request: ReceivedRequest) -> None:
    """The hash that was signed must be the body's; unsigned and streaming payloads are taken as they are."""
    claimed = request.headers.get("X-Amz-Content-SHA256", "")
    if re.fullmatch(r"[0-9a-f]{64}", claimed) and claimed != sha256(request.body).hexdigest():
        raise Unauthenticated(Fault.WRONG_SIGNATURE, WRONG_PAYLOAD)


def _signature(request: ReceivedRequest, claim: Claim, secret: str) -> str:
    auth_class = _S3Recomputed if claim.service == "s3" else _Recomputed
    auth = auth_class(Credentials(claim.access_key_id, secret), claim.service, claim.region)
    headers = {name: ",".join(request.headers.getlist(name)) for name in claim.signed_headers}
    aws = AWSRequest(method=request.method, url=request.url, headers=headers, data=request.body)
    aws.context["timestamp"] = claim.stamp
    return auth.signature(auth.string_to_sign(aws, auth.canonical_request(aws)), aws)


class _AsSigned:
    """botocore leaves out headers that it would not sign itself; here the client has chosen."""

    def headers_to_sign(self, request: AWSRequest) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name, value in request.headers.items():
            chosen[name.lower()] = value
        return chosen


class _Recomputed(_AsSigned, SigV4Auth):
    pass


class _S3Recomputed(_AsSigned, S3SigV4Auth):
    pass


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
