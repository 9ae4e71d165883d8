"""Databases, containers and desktops that fleets start and stop; reading most of them names nothing."""

from collections.abc import Iterable

from signalbox_local.authorisation import Permission
from signalbox_local.permissions.asked import Asked

_PARTS_OF_DATABASES = {
    "snapshot": ("DBSnapshotIdentifier", "SourceDBSnapshotIdentifier", "TargetDBSnapshotIdentifier"),
    "og": ("OptionGroupName",),
    "pg": ("DBParameterGroupName",),
    "subgrp": ("DBSubnetGroupName",),
}
_MAKES_DATABASES = {
    "CopyDBSnapshot": "snapshot:",
    "CreateDBSnapshot": "snapshot:",
    "RestoreDBInstanceFromDBSnapshot": "db:",
}


def databases(asked: Asked) -> Iterable[Permission]:
    """RDS: an instance, or a cluster of any engine, their snapshots, and what they are restored with; tags at
    the making need a permission of their own, on what is made."""
    instances, clusters = asked.texts("DBInstanceIdentifier"), asked.texts("DBClusterIdentifier")
    named = [*(f"db:{name}" for name in instances), *(f"cluster:{name}" for name in clusters)]
    for kind, parameters in _PARTS_OF_DATABASES.items():
        named += [f"{kind}:{name}" for name in asked.texts(*parameters)]
    if asked.operation == "DescribeDBSnapshots" or not named:  # those of an instance are not named by it
        return asked.on_named_arns()
    tagging = asked.structures("Tags") and asked.operation in _MAKES_DATABASES
    made = [each for each in named if each.startswith(_MAKES_DATABASES.get(asked.operation, "-"))]
    tags = asked.needs(*(asked.arn(each) for each in made[-1:]), action="AddTagsToResource")
    return (*asked.needs(*(asked.arn(each) for each in named)), *(tags if tagging else ()))


def services(asked: Asked) -> Iterable[Permission]:
    """ECS: services of a cluster, which are named by ARN or by name."""
    names, cluster = asked.texts("service", "services"), asked.text("cluster") or "default"
    if not names:
        return asked.on_named_arns()
    own = cluster.rpartition("/")[2]
    return asked.needs(
        *(name if name.startswith("arn:") else asked.arn(f"service/{own}/{name}") for name in names)
    )


def desktops(asked: Asked) -> Iterable[Permission]:
    """WorkSpaces: each that is to start or stop."""
    lists = (name for name in asked.parameters if name.endswith("WorkspaceRequests"))
    requests = [each for name in lists for each in asked.structures(name)]
    return asked.needs(*(asked.arn(f"workspace/{each['WorkspaceId']}") for each in requests))


def streaming_fleets(asked: Asked) -> Iterable[Permission]:
    """AppStream: fleets go by their names."""
    return asked.needs(*(asked.arn(f"fleet/{name}") for name in asked.texts("Name", "Names")))
