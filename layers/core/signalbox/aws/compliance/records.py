"""What AWS Config has recorded of resources."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.compliance.configuration_items import item_of
from signalbox.compliance.model import Item
from signalbox.kernel.errors import Transient

_UNKNOWN = "ResourceNotDiscoveredException"
_PAGE = 100  # resources that one call lists, and one call reads
_ATTEMPTS = 3


class ConfigRecords:
    """Port `Records`, in Signalbox's own account and Region."""

    def find(self, resource_type: str, resource_id: str) -> Item | None:
        """As it was recorded last."""
        of: Any = {"resourceType": resource_type, "resourceId": resource_id}
        with aws_errors():
            try:
                answer = client("config").get_resource_config_history(**of, limit=1)
            except ClientError as error:
                if code_of(error) == _UNKNOWN:
                    return None
                raise
        found = [item_of(each) for each in answer["configurationItems"]]
        return found[0] if found and not found[0].is_gone else None

    def all(self, resource_type: str) -> Iterator[Item]:
        """Two calls for a hundred. They have no tags."""
        pages = client("config").get_paginator("list_discovered_resources")
        with aws_errors():
            for page in pages.paginate(resourceType=resource_type, PaginationConfig={"PageSize": _PAGE}):
                listed = [each["resourceId"] for each in page["resourceIdentifiers"]]
                if listed:
                    yield from _read(resource_type, listed)


def _read(resource_type: str, ids: Sequence[str]) -> Iterator[Item]:
    """What is gone since it was listed is left out. Raises Transient when Config does not read all."""
    keys: Any = [{"resourceType": resource_type, "resourceId": id_} for id_ in ids]
    for _ in range(_ATTEMPTS):
        answer = client("config").batch_get_resource_config(resourceKeys=keys)
        found = [item_of(each) for each in answer.get("baseConfigurationItems", [])]
        yield from (item for item in found if not item.is_gone)
        keys = answer.get("unprocessedResourceKeys")
        if not keys:
            return
    raise Transient(f"AWS Config did not read {len(keys)} resources of {resource_type}")
