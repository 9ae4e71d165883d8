"""The load balancer's own cookies: which group and which target a client stays with."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

GROUP_COOKIE = "AWSALBTG"
TARGET_COOKIE = "AWSALB"
COOKIE_DAYS = 7


@dataclass(frozen=True, slots=True)
class Session:
    """Stays with `place` (an ARN, or an ARN and an instance) until then (epoch seconds)."""

    place: str
    until: float


def cookie_value(session: Session) -> str:
    """Not encrypted, unlike ALB's, and not signed: it decides nothing but where a request goes."""
    return urlsafe_b64encode(f"{session.until:.3f} {session.place}".encode()).decode()


def find_session(value: str | None, now: float) -> Session | None:
    """None when the cookie is missing, not ours, or its time is over."""
    try:
        until, place = urlsafe_b64decode((value or "").encode("ascii")).decode().split(" ", 1)
        session = Session(place, float(until))
    except ValueError:
        return None
    return session if session.until > now else None


def set_cookie(name: str, session: Session, now: float) -> list[str]:
    """Values of Set-Cookie: the cookie, and its twin for requests from other sites."""
    expires = format_datetime(datetime.fromtimestamp(now, UTC) + timedelta(days=COOKIE_DAYS), usegmt=True)
    value = cookie_value(session)
    plain = f"{name}={value}; Expires={expires}; Path=/"
    cross = f"{name}CORS={value}; Expires={expires}; Path=/; SameSite=None; Secure"
    return [plain, cross]
