"""Whether a database cluster can be doubled for a second side, by what AWS documents of its engine. Pure.

Source: Amazon Aurora User Guide, "Supported Regions and Aurora DB engines for Blue/Green Deployments", as of
2026-11-29: every version of Aurora MySQL, and those of Aurora PostgreSQL below. Serverless v1 has ended and
is not spoken of there any more; such a cluster has no instances that a deployment could copy.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SERVERLESS_V1 = "serverless"
# Major version -> first minor one; later majors take them from the start, those before 11 never.
POSTGRESQL: Mapping[int, int] = {11: 21, 12: 16, 13: 12, 14: 9, 15: 4, 16: 1, 17: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A database cluster as AWS describes it: engine and version in its own words, `mode` how it runs."""

    name: str
    engine: str
    version: str
    mode: str = "provisioned"


def cannot_be_doubled(cluster: Cluster) -> str | None:
    """Why an Aurora cluster takes no blue/green deployment; None when it does, and of every other engine, of
    which this is not known."""
    told = f"database cluster {cluster.name} ({cluster.engine} {cluster.version})"
    if not cluster.engine.startswith("aurora"):
        return None
    if cluster.mode == SERVERLESS_V1:
        return f"{told} is Aurora Serverless v1"
    if cluster.engine == "aurora-postgresql" and not _is_new_enough(cluster.version):
        return f"{told} is older than the first that takes blue/green deployments"
    return None


def _is_new_enough(version: str) -> bool:
    major, minor, *_ = (*version.split("."), "")
    if not (major.isdecimal() and minor.isdecimal()):
        return True  # nobody can tell
    newest = max(POSTGRESQL)
    return int(major) > newest or int(minor) >= POSTGRESQL.get(int(major), int(minor) + 1)
