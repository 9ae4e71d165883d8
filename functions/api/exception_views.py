"""Exceptions as callers read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from signalbox.compliance.record import Excepted
from signalbox.kernel.clock import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """One version."""

    version: int
    reason: str
    owner: str
    until: str
    rule: str | None
    resource: str | None
    tags: Mapping[str, str] | None
    account: str | None
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionVersionView(_Said):
    """Who said since when what is left as it is, why, who answers for it, and until when. `deleted`: nothing
    is any more, and `reason` is why."""

    at: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionView(_Said):
    """The latest version. `versions` are told of a single exception only: all, newest first."""

    id: str
    in_force: bool
    created_at: str
    updated_at: str
    updated_by: str
    versions: tuple[ExceptionVersionView, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionList:
    """By id."""

    items: tuple[ExceptionView, ...]
    cursor: str | None = None


def exception_view(
    exception: Excepted, now: str, versions: Sequence[Excepted] | None = None
) -> ExceptionView:
    """Whether it is in force at that moment, too; with its versions when they are given."""
    return ExceptionView(
        id=exception.id,
        **_said(exception),
        in_force=now < rfc3339(exception.until),
        created_at=rfc3339(exception.created_at),
        updated_at=rfc3339(exception.updated_at),
        updated_by=exception.updated_by,
        versions=None if versions is None else tuple(_version_view(each) for each in versions),
    )


def _version_view(of: Excepted) -> ExceptionVersionView:
    return ExceptionVersionView(**_said(of), at=rfc3339(of.updated_at), by=of.updated_by)


def _said(of: Excepted) -> dict[str, Any]:
    spec = of.spec
    return {
        "version": of.version,
        "reason": spec.reason,
        "owner": spec.owner,
        "until": rfc3339(of.until),
        "rule": spec.rule,
        "resource": spec.resource,
        "tags": spec.tags,
        "account": spec.account,
        "deleted": of.is_deleted,
    }
