"""Seams of Route 53: a change has an id of its own, and takes its time to reach all servers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.route53.responses import Route53

from signalbox_local.moto_seams.seams import Seams

_MILLISECONDS = 1000


def dns_changes(seams: Seams, now: Callable[[], float], seconds: float) -> None:
    """So many seconds after it was asked for, a change is in sync. Its id tells when that was."""

    # moto gives every change the same id, and has it everywhere at once.
    def change(original: Callable[..., Any]) -> Callable[..., Any]:
        def change_resource_record_sets(self: Route53) -> Any:
            original(self)
            return _info(f"/change/C{int(now() * _MILLISECONDS)}", "PENDING")

        return change_resource_record_sets

    def get_change(self: Route53) -> Any:
        change = str(self._get_param("Id"))
        asked_at = int(change.rpartition("/")[2].removeprefix("C")) / _MILLISECONDS
        return _info(change, "INSYNC" if now() - asked_at >= seconds else "PENDING")

    seams.wrap(Route53, "change_resource_record_sets", change)
    seams.replace(Route53, "get_change", get_change)


def _info(change: str, status: str) -> ActionResult:
    return ActionResult({"ChangeInfo": {"Id": change, "Status": status, "SubmittedAt": utcnow()}})
