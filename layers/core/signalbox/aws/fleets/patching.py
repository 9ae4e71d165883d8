"""Sees which instances Systems Manager is patching."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.places import client_in
from signalbox.fleets.model import Place
from signalbox.kernel.clock import rfc3339

_PAGES: Any = {"PageSize": 50}
_IN_PROGRESS = "InProgress"
# AWS's own documents that patch, whoever has them run: a person, Patch Now, a maintenance window, an
# association, a patch policy.
_DOCUMENTS = frozenset({
    "AWS-ApplyPatchBaseline",
    "AWS-InstallWindowsUpdates",
    "AWS-RunPatchBaseline",
    "AWS-RunPatchBaselineAssociation",
    "AWS-RunPatchBaselineWithHooks",
})  # fmt: skip
# An association that has a `Duration` runs for a day at most; one that has none, over many instances, longer.
_RECENT = timedelta(days=2)
_ENDED = frozenset({"Success", "Failed", "TimedOut", "Cancelled", "Skipped"})
_GONE = frozenset({"AssociationDoesNotExist", "AssociationExecutionDoesNotExist"})


class SsmPatching:
    """Port `Patching`. ListCommandInvocations gives the commands in progress in the whole Region. AWS nowhere
    says that those of State Manager are among them: of each association whose document patches, what has
    begun to run within two days is read, and of what runs, the instances on which it is in progress. Fifty a
    page each."""

    def patched(self, place: Place, now: datetime) -> Mapping[str, str]:
        with aws_errors():
            return dict(chain(_by_commands(place), _by_associations(place, now - _RECENT)))


def _by_commands(place: Place) -> Iterator[tuple[str, str]]:
    running: Any = [{"key": "Status", "value": _IN_PROGRESS}]
    paginator = client_in(place, "ssm").get_paginator("list_command_invocations")
    for page in paginator.paginate(Filters=running, PaginationConfig=_PAGES):
        for each in page["CommandInvocations"]:
            document = each.get("DocumentName", "")
            if _patches(document):
                yield each.get("InstanceId", ""), f"{document}, command {each.get('CommandId', '')}"


def _by_associations(place: Place, since: datetime) -> Iterator[tuple[str, str]]:
    paginator = client_in(place, "ssm").get_paginator("list_associations")
    for page in paginator.paginate(PaginationConfig=_PAGES):
        for each in page["Associations"]:
            document, id_ = each.get("Name", ""), each.get("AssociationId", "")
            if _patches(document):
                told = f"{document}, association {each.get('AssociationName') or id_}"
                yield from ((instance, told) for instance in _instances_of(id_, place, since))


def _patches(document: str) -> bool:
    """By its name, or its ARN."""
    return document.rpartition("/")[2] in _DOCUMENTS


def _instances_of(association: str, place: Place, since: datetime) -> Iterator[str]:
    """On which it is in progress: none, when somebody has deleted it meanwhile."""
    recent: Any = [{"Key": "CreatedTime", "Value": rfc3339(since), "Type": "GREATER_THAN"}]
    paginator = client_in(place, "ssm").get_paginator("describe_association_executions")
    try:
        for page in paginator.paginate(AssociationId=association, Filters=recent, PaginationConfig=_PAGES):
            for each in page["AssociationExecutions"]:
                if _runs(each):
                    yield from _targets_of(association, each.get("ExecutionId", ""), place)
    except ClientError as error:
        if code_of(error) not in _GONE:
            raise


def _runs(execution: Mapping[str, Any]) -> bool:
    """One that has failed somewhere may still run elsewhere."""
    counts = execution.get("ResourceCountByStatus", "")  # as in `{Failed=1, InProgress=2}`
    return execution.get("Status") not in _ENDED or _IN_PROGRESS in counts


def _targets_of(association: str, execution: str, place: Place) -> Iterator[str]:
    running: Any = [{"Key": "Status", "Value": _IN_PROGRESS}]
    paginator = client_in(place, "ssm").get_paginator("describe_association_execution_targets")
    for page in paginator.paginate(
        AssociationId=association, ExecutionId=execution, Filters=running, PaginationConfig=_PAGES
    ):
        yield from (each.get("ResourceId", "") for each in page["AssociationExecutionTargets"])
