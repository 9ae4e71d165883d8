"""A request to the API and its answer: accepted, refused, or by somebody else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from signalbox_cli.connection import Misconfigured
from signalbox_cli.rollout_words import printable

if TYPE_CHECKING:
    from signalbox_cli.client import ApiClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API said: the status, and the body as JSON (None when it is empty)."""

    status: int
    body: Any

    @property
    def is_ok(self) -> bool:
        """Whether it was accepted."""
        return self.status < 400  # noqa: PLR2004


class Refused(Exception):
    """The API said no, in its own words."""

    def __init__(self, method: str, path: str, answer: Answer) -> None:
        super().__init__(f"{method} {path}: {answer.status} {_in_words(answer.body)}")
        self.path = path
        self.status = answer.status
        self.body = answer.body


class NotTheApi(Exception):
    """Somebody answered, and well, but not as Signalbox does."""


class Tampered(Exception):
    """What the API tells is not what was once recorded."""


def ask(api: "ApiClient", method: str, path: str, body: object = None, *, holds: str = "") -> Any:
    """The body of an accepted request; `holds` is a field that it must have. Raises Refused, NotTheApi."""
    return accepted(method, path, api.request(method, path, body), holds=holds)


def accepted(method: str, path: str, answer: Answer, *, holds: str = "") -> Any:
    """Its body. Raises Refused, NotTheApi."""
    if not answer.is_ok:
        raise Refused(method, path, answer)
    if holds and not (isinstance(answer.body, dict) and holds in answer.body):
        raise NotTheApi("something answers at this URL, but it is not the API of Signalbox")
    return answer.body


def segment(name: str) -> str:
    """A name as a part of a path: it leads nowhere else."""
    if name in ("", ".", "..") or "/" in name:
        raise Misconfigured(f"{printable(name)!r} is not a name")
    return quote(name, safe="")


def _in_words(problem: Any) -> str:
    """`application/problem+json` (RFC 9457) as one line; anything else as it is."""
    if not isinstance(problem, dict):
        return str(problem)
    violations = [f"{found['field']}: {found['message']}" for found in problem.get("violations", [])]
    return "; ".join([str(problem.get("detail") or problem.get("title") or problem), *violations])
