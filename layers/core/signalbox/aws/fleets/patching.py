"""Sees which instances Systems Manager is patching."""

from collections.abc import Mapping
from typing import Any

from signalbox.aws.errors import aws_errors
from signalbox.aws.places import client_in
from signalbox.fleets.model import Place

_PAGE = 50
# AWS's own documents that patch, whoever sends them: a person, Patch Now, a maintenance window.
_DOCUMENTS = frozenset({
    "AWS-ApplyPatchBaseline",
    "AWS-InstallWindowsUpdates",
    "AWS-RunPatchBaseline",
    "AWS-RunPatchBaselineAssociation",
    "AWS-RunPatchBaselineWithHooks",
})  # fmt: skip


class SsmPatching:
    """Port `Patching`: ListCommandInvocations gives what is in progress in the whole Region, 50 a page. It
    does not tell of associations of State Manager."""

    def patched(self, place: Place) -> Mapping[str, str]:
        running: Any = [{"key": "Status", "value": "InProgress"}]
        paginator = client_in(place, "ssm").get_paginator("list_command_invocations")
        found: dict[str, str] = {}
        with aws_errors():
            for page in paginator.paginate(Filters=running, PaginationConfig={"PageSize": _PAGE}):
                for each in page["CommandInvocations"]:
                    document = each.get("DocumentName", "")
                    if document.rpartition("/")[2] in _DOCUMENTS:
                        found[each.get("InstanceId", "")] = f"{document}, command {each.get('CommandId', '')}"
        return found
