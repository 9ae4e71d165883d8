"""Registrations as callers read them."""

from dataclasses import dataclass

from plan_views import UnsuitableView, unsuitable_views
from signalbox.rollouts.ports import Registered
from signalbox.rollouts.service import Facts, Guards, Platform, RollbackWindow, ServiceSpec, Strategy, Traffic


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A registration, with what preflight said of it then: presets that do not suit, the safest of the
    others, None when none is left, and what is to be warned of."""

    name: str
    owner: str
    platform: Platform
    traffic: Traffic
    strategy: Strategy
    guards: Guards
    concurrency: str
    facts: Facts
    rollback_window: RollbackWindow
    created_at: str
    updated_at: str
    updated_by: str
    unsuitable: tuple[UnsuitableView, ...]
    safest: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceList:
    """A page, newest first; without a cursor it is the last."""

    items: tuple[ServiceView, ...]
    cursor: str | None


def service_view(service: Registered) -> ServiceView:
    """A registration as read."""
    spec: ServiceSpec = service.spec
    return ServiceView(
        name=spec.name,
        owner=spec.owner,
        platform=spec.platform,
        traffic=spec.traffic,
        strategy=spec.strategy,
        guards=spec.guards,
        concurrency=spec.concurrency,
        facts=spec.facts,
        rollback_window=spec.rollback_window,
        created_at=service.created_at,
        updated_at=service.updated_at,
        updated_by=service.updated_by,
        unsuitable=unsuitable_views(service.unsuitable),
        safest=service.safest,
        warnings=service.warnings,
    )
