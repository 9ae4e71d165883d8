"""Seams of State Manager, of which moto has nothing: associations that run, and what they run on."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from signalbox_local.moto_seams.seams import Seams

LASTS = timedelta(minutes=2)
"""How long an association runs, on each of its instances."""


@dataclass(frozen=True, kw_only=True)
class _Execution:
    created: datetime
    instances: tuple[str, ...]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def status(self, now: datetime) -> str:
        """Of the execution, and of each of its targets."""
        return "InProgress" if now < self.created + LASTS else "Success"


@dataclass(frozen=True, kw_only=True)
class _Association:
    document: str
    name: str
    targets: list[dict[str, Any]]
    executions: list[_Execution] = field(default_factory=list)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def associations(seams: Seams, now: Callable[[], datetime]) -> None:
    """They run once when they are made, and whenever somebody has them run; no schedule is followed."""
    _made(seams, now)
    _executed(seams, now)


def _made(seams: Seams, now: Callable[[], datetime]) -> None:
    def create_association(self: SimpleSystemManagerResponse) -> ActionResult:
        name, targets = self._get_param("AssociationName"), self._get_param("Targets")
        made = _Association(document=self._get_param("Name"), name=name or "", targets=targets or [])
        _kept(self)[made.id] = made
        if not self._get_param("ApplyOnlyAtCronInterval"):
            _run(self, made, now())
        return ActionResult({"AssociationDescription": _told(made)})

    def start_associations_once(self: SimpleSystemManagerResponse) -> ActionResult:
        for id_ in self._get_param("AssociationIds"):
            _run(self, _found(self, id_), now())
        return ActionResult({})

    def list_associations(self: SimpleSystemManagerResponse) -> ActionResult:
        return ActionResult({"Associations": [_told(each) for each in _kept(self).values()]})

    _replace(seams, create_association, start_associations_once, list_associations)


def _executed(seams: Seams, now: Callable[[], datetime]) -> None:
    def describe_association_executions(self: SimpleSystemManagerResponse) -> ActionResult:
        found = _found(self, self._get_param("AssociationId"))
        since = _filters(self).get("CreatedTime")
        told = [
            {
                "AssociationId": found.id,
                "ExecutionId": each.id,
                "Status": (status := each.status(now())),
                "CreatedTime": each.created,
                "ResourceCountByStatus": f"{{{status}={len(each.instances)}}}",
            }
            for each in reversed(found.executions)
            if since is None or each.created > datetime.fromisoformat(since)
        ]
        return ActionResult({"AssociationExecutions": told})

    def describe_association_execution_targets(self: SimpleSystemManagerResponse) -> ActionResult:
        found = _found(self, self._get_param("AssociationId"))
        execution = next(
            (each for each in found.executions if each.id == self._get_param("ExecutionId")), None
        )
        if execution is None:
            raise JsonRESTError("AssociationExecutionDoesNotExist", "")
        status = execution.status(now())
        told = [
            {"ResourceId": each, "ResourceType": "ManagedInstance", "Status": status}
            for each in execution.instances
            if _filters(self).get("Status") in {None, status}
        ]
        return ActionResult({"AssociationExecutionTargets": told})

    _replace(seams, describe_association_executions, describe_association_execution_targets)


def _replace(seams: Seams, *answers: Callable[[SimpleSystemManagerResponse], ActionResult]) -> None:
    for answer in answers:
        seams.replace(SimpleSystemManagerResponse, answer.__name__, answer)


def _kept(asked: SimpleSystemManagerResponse) -> dict[str, _Association]:
    """By id, as long as moto's backend lives."""
    kept: dict[str, _Association] = vars(asked.ssm_backend).setdefault("associations", {})
    return kept


def _found(asked: SimpleSystemManagerResponse, id_: str) -> _Association:
    try:
        return _kept(asked)[id_]
    except KeyError:
        raise JsonRESTError("AssociationDoesNotExist", "") from None


def _told(association: _Association) -> dict[str, Any]:
    named = {"AssociationName": association.name} if association.name else {}
    return {
        "Name": association.document,
        "AssociationId": association.id,
        "Targets": association.targets,
        **named,
    }


def _filters(asked: SimpleSystemManagerResponse) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in asked._get_param("Filters") or []}


def _run(asked: SimpleSystemManagerResponse, association: _Association, now: datetime) -> None:
    instances = tuple(sorted(set(_instances(asked, association))))
    association.executions.append(_Execution(created=now, instances=instances))


def _instances(asked: SimpleSystemManagerResponse, association: _Association) -> Iterator[str]:
    """Those that are named, and those that have the tags."""
    tags = {each["Key"]: each["Values"] for each in association.targets if each["Key"].startswith("tag:")}
    for each in association.targets:
        if each["Key"] == "InstanceIds":
            yield from each["Values"]
    if tags:
        backend = ec2_backends[asked.current_account][asked.region]
        for reservation in backend.all_reservations(filters=tags):
            yield from (instance.id for instance in reservation.instances)
