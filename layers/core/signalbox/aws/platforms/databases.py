"""Reads the database cluster that a service names."""

from botocore.exceptions import ClientError

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors, code_of
from signalbox.rollouts.databases import Cluster

_MISSING = "DBClusterNotFoundFault"


def read_cluster(name: str) -> Cluster | None:
    """None when there is none."""
    with aws_errors():
        try:
            found = client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        except ClientError as error:
            if code_of(error) == _MISSING:
                return None
            raise
    one = found[0]
    return Cluster(
        name=name,
        engine=one["Engine"],
        version=one["EngineVersion"],
        mode=one.get("EngineMode") or "provisioned",
    )
