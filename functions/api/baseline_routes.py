"""Routes of baselines: how resources of a type are meant to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from bodies import Reason
from caller import caller_of
from routing import new_router
from signalbox.compliance.commands.record_baseline import (
    end_baseline,
    get_baseline,
    is_compared,
    record_baseline,
)
from signalbox.compliance.record import Baseline
from signalbox.compliance.spec import BaselineSpec
from signalbox.kernel.clock import rfc3339
from signalbox.wiring import compliance_ports
from statuses import answers

router = new_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """Who said what since when, and why. `ended`: from then on nothing was expected any more."""

    version: int
    expected: Mapping[str, object]
    like: str | None
    reason: str
    at: str
    by: str
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineView(VersionView):
    """The latest version. `compared`: AWS Config has this stack's rules, so that somebody compares.
    `versions` are told of a single baseline only: the latest hundred, newest first."""

    resource_type: str
    compared: bool
    versions: tuple[VersionView, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineList:
    """All, by type."""

    items: tuple[BaselineView, ...]
    cursor: str | None = None


@router.put(
    "/baselines/<resource_type>",
    summary="Record how resources of a type are meant to be",
    tags=["compliance"],
    responses=answers(
        BaselineView,
        HTTPStatus.CREATED,
        HTTPStatus.OK,
        refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    ),
)
def put(resource_type: str, body: Annotated[BaselineSpec, Body()]) -> tuple[BaselineView, int]:
    """Of values that are given, or of a resource that has them. The same again is no new version."""
    baseline, is_new = record_baseline(resource_type, body, caller_of(router), compliance_ports())
    return _view(baseline), HTTPStatus.CREATED if is_new else HTTPStatus.OK


@router.get(
    "/baselines",
    summary="List baselines",
    tags=["compliance"],
    responses=answers(BaselineList, HTTPStatus.OK),
)
def index() -> BaselineList:
    """Those that have ended as well."""
    return BaselineList(items=tuple(_view(each) for each in compliance_ports().baselines.all()))


@router.get(
    "/baselines/<resource_type>",
    summary="Read a baseline with its versions",
    tags=["compliance"],
    responses=answers(BaselineView, HTTPStatus.OK, refused=(HTTPStatus.NOT_FOUND,)),
)
def show(resource_type: str) -> BaselineView:
    """Who said what since when, and why."""
    ports = compliance_ports()
    versions = ports.baselines.versions(resource_type)
    return _view(
        get_baseline(resource_type, ports), tuple(VersionView(**_version(each)) for each in versions)
    )


@router.delete(
    "/baselines/<resource_type>",
    summary="End a baseline",
    tags=["compliance"],
    responses=answers(None, HTTPStatus.NO_CONTENT, refused=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)),
)
def delete(resource_type: str, reason: Annotated[Reason, Query()] = "") -> tuple[None, int]:
    """What was found by it is closed once AWS Config has looked again; its versions stay."""
    end_baseline(resource_type, caller_of(router, reason), compliance_ports())
    return None, HTTPStatus.NO_CONTENT


def _view(baseline: Baseline, versions: tuple[VersionView, ...] | None = None) -> BaselineView:
    return BaselineView(
        **_version(baseline),
        resource_type=baseline.resource_type,
        compared=is_compared(compliance_ports()),
        versions=versions,
    )


def _version(of: Baseline) -> dict[str, Any]:
    return {
        "version": of.version,
        "expected": of.expected,
        "like": of.like,
        "reason": of.reason,
        "at": rfc3339(of.at),
        "by": of.by,
        "ended": of.is_ended,
    }
