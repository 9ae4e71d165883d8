"""Seams of Systems Manager: what agents say of their instances, and who has an agent."""

from __future__ import annotations

from collections.abc import Callable

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from signalbox_local.inventories import inventories, keep
from signalbox_local.moto_seams.seams import Seams

Answer = Callable[[SimpleSystemManagerResponse], ActionResult]


def managed_instances(seams: Seams) -> None:
    """An instance is managed once its agent has told its inventory."""

    # moto has none of these calls.
    def put_inventory(self: SimpleSystemManagerResponse) -> ActionResult:
        instance, items = self._get_param("InstanceId"), self._get_param("Items")
        keep(self.current_account, self.region, instance, items)
        return ActionResult({})

    def list_inventory_entries(self: SimpleSystemManagerResponse) -> ActionResult:
        type_, instance = self._get_param("TypeName"), self._get_param("InstanceId")
        found = inventories(self.current_account, self.region).get(instance, {})
        entries = list(found.get(type_, []))
        return ActionResult({"TypeName": type_, "InstanceId": instance, "Entries": entries})

    def describe_instance_information(self: SimpleSystemManagerResponse) -> ActionResult:
        wanted = {id_ for each in self._get_param("Filters") or [] for id_ in each["Values"]}
        known = [id_ for id_ in inventories(self.current_account, self.region) if not wanted or id_ in wanted]
        told = [{"InstanceId": id_, "PingStatus": "Online"} for id_ in known]
        return ActionResult({"InstanceInformationList": told})

    answers: tuple[Answer, ...] = (put_inventory, list_inventory_entries, describe_instance_information)
    for answer in answers:
        seams.replace(SimpleSystemManagerResponse, answer.__name__, answer)
