"""What fleets start and stop, beside instances and groups: each request names its resources by their ids."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_READS = ("Describe", "List", "Get")


def databases(asked: Asked) -> Iterable[Permission]:
    """RDS, and whatever shares its API; reading with a filter names nothing."""
    instance, cluster = asked.text("DBInstanceIdentifier"), asked.text("DBClusterIdentifier")
    named = [asked.arn(f"db:{instance}")] if instance else []
    named += [asked.arn(f"cluster:{cluster}")] if cluster else []
    return asked.needs(*named) if named else asked.on_named_arns()


def services(asked: Asked) -> Iterable[Permission]:
    """ECS: a service is authorised under the name of its cluster."""
    cluster = (asked.text("cluster") or "default").rpartition("/")[2]
    names = [name.rpartition("/")[2] for name in asked.texts("service", "services", "serviceName")]
    return asked.needs(*(asked.arn(f"service/{cluster}/{name}") for name in names))


def streaming_fleets(asked: Asked) -> Iterable[Permission]:
    """AppStream."""
    return asked.needs(*(asked.arn(f"fleet/{name}") for name in asked.texts("Name", "Names")))


def desktops(asked: Asked) -> Iterable[Permission]:
    """WorkSpaces; reading is on all of them."""
    if asked.operation.startswith(_READS):
        return asked.needs()
    requests = [*asked.structures("StartWorkspaceRequests"), *asked.structures("StopWorkspaceRequests")]
    return asked.needs(*(asked.arn(f"workspace/{each['WorkspaceId']}") for each in requests))
