"""Ten violations, planted in an embedded AWS: found, put right, approved, left, and proven."""

import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from signalbox_local.embedded import (
    CannotStart,
    EmbeddedAws,
    await_ready,
    keep_to_this_machine,
    new_folder,
    remove,
    runtime,
)

PATIENCE = 120.0  # seconds
MANAGED = {"Key": "signalbox:managed", "Value": "true"}
BUCKETS, SSH, TOKENS = "bucket-public-access", "ssh-closed", "instance-metadata"
BACKUPS = "database-backups"
T = TypeVar("T")


class Unexpected(Exception):
    """It did not go as told."""


def main() -> int:
    """0 only when all ended as told."""
    console, folder = Console(highlight=False), new_folder("demo")
    keep_to_this_machine()
    try:
        with runtime(folder, {"SIGNALBOX_LOCAL_TRAFFIC": "off"}, {"ConfigRules": "yes"}) as process:
            console.print("Starting an AWS of its own, with the rules in its Config …")
            _play(console, await_ready(process, folder))
    except (CannotStart, Unexpected, ClientError, BotoCoreError, OSError) as why:
        console.print(f"\nThe demo failed: {why}", style="bold red", markup=False, soft_wrap=True)
        console.print(f"What the functions and the runtime wrote is in {folder}/.signalbox/logs")
        return 1
    except KeyboardInterrupt:
        console.print("\nstopped; nothing is left running")
        return 130
    remove(folder)
    return 0


def _play(console: Console, aws: EmbeddedAws) -> None:
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    _ask(aws, "PUT", "/exceptions/legacy-site", "operator", {
        "id": "legacy-site", "rule": BUCKETS, "resource": "legacy-site", "reason": "goes in spring",
        "owner": "web", "until": until,
    })  # fmt: skip
    wanted = _plant(aws)
    console.print(f"{len(wanted)} violations are planted.\n")
    for resource, rule in [each for each, state in wanted.items() if state == "approved"]:
        found = _until(aws, resource, rule, "waiting")
        writes = ", ".join(write["operation"] for write in found["evidence"]["proposal"])
        console.print(f"approver agrees to {writes} of {resource}")
        _ask(aws, "POST", f"/findings/{found['id']}/approve", "approver", {"reason": "agreed"})
    _revert(aws, console)
    states = {"approved": "remediated"}
    ended = {each: _until(aws, *each, states.get(state, state)) for each, state in wanted.items()}
    console.print(_table(ended))
    if not all(found["evidence"]["chain_verified"] for found in ended.values()):
        raise Unexpected("a timeline does not hold")
    proof = ended["photos", BUCKETS]["evidence"]
    console.print(f"\nproof of photos: before {proof['before']}\n                 after  {proof['after']}")
    console.print("every timeline's chain of hashes holds", style="green")


def _plant(aws: EmbeddedAws) -> Mapping[tuple[str, str], str]:
    """What is planted, and how it is to end."""
    for name in ("photos", "invoices", "exports", "legacy-site", "shared-with-a-pipeline"):
        _bucket(aws, name, MANAGED)
    _bucket(aws, "nobody-entrusted-it")
    _bucket(aws, "public-website", MANAGED, website=True)
    return {
        **{(name, BUCKETS): "remediated" for name in ("photos", "invoices", "exports")},
        (_group(aws), SSH): "approved",
        (_instance(aws), TOKENS): "approved",
        ("legacy-site", BUCKETS): "excepted",
        ("shared-with-a-pipeline", BUCKETS): "flapping",
        ("nobody-entrusted-it", BUCKETS): "open",
        ("public-website", BUCKETS): "open",
        (_database(aws), BACKUPS): "waiting",
    }


def _revert(aws: EmbeddedAws, console: Console) -> None:
    """A pipeline that knows nothing of Signalbox."""
    name = "shared-with-a-pipeline"
    for _ in range(2):
        found = _until(aws, name, BUCKETS, "remediated")
        console.print(f"a pipeline opens {name} again")
        aws.client("s3").delete_public_access_block(Bucket=name)
        _eventually(lambda found=found: _finding(aws, name, BUCKETS)["detected_at"] != found["detected_at"])  # type: ignore[misc]


def _bucket(aws: EmbeddedAws, name: str, *tags: Mapping[str, str], website: bool = False) -> None:
    s3, region = aws.client("s3"), {"LocationConstraint": aws.state["region"]}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=region)
    if website:
        s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    if tags:
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": list(tags)})


def _group(aws: EmbeddedAws) -> str:
    ec2 = aws.client("ec2")
    tags = [{"ResourceType": "security-group", "Tags": [MANAGED]}]
    made = ec2.create_security_group(GroupName="bastion", Description="open", TagSpecifications=tags)
    opened = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=made["GroupId"], IpPermissions=[opened])
    return str(made["GroupId"])


def _instance(aws: EmbeddedAws) -> str:
    tags = [{"ResourceType": "instance", "Tags": [MANAGED]}]
    made = aws.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, TagSpecifications=tags)
    return str(made["Instances"][0]["InstanceId"])


def _database(aws: EmbeddedAws) -> str:
    made = aws.client("rds").create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        MasterUsername="postgres",
        MasterUserPassword="only-for-this-demo",
        AllocatedStorage=20,
        BackupRetentionPeriod=0,
        Tags=[MANAGED],
    )
    return str(made["DBInstance"]["DbiResourceId"])


def _ask(aws: EmbeddedAws, method: str, path: str, caller: str, body: object = None) -> Any:
    answer = aws.api(caller).request(method, path, body)
    if not answer.is_ok:
        raise Unexpected(f"{method} {path}: {answer.status} {answer.body}")
    return answer.body


def _finding(aws: EmbeddedAws, resource: str, rule: str) -> dict[str, Any]:
    """Empty when there is none yet."""
    for found in _ask(aws, "GET", "/findings?limit=100", "viewer")["items"]:
        if (found["resource"]["id"], found["rule"]) == (resource, rule):
            return dict(_ask(aws, "GET", f"/findings/{found['id']}", "viewer"))
    return {}


def _until(aws: EmbeddedAws, resource: str, rule: str, state: str) -> dict[str, Any]:
    """Raises Unexpected when it never gets there."""

    def reached() -> dict[str, Any]:
        found = _finding(aws, resource, rule)
        is_left = state != "open" or "Finding Left" in _types(found)
        return found if found.get("state") == state and is_left else {}

    try:
        return _eventually(reached)
    except TimeoutError:
        raise Unexpected(f"{resource} is not {state}: {_finding(aws, resource, rule)}") from None


def _types(found: Mapping[str, Any]) -> list[str]:
    return [event["type"] for event in found["evidence"]["timeline"]] if found else []


def _eventually(reached: Callable[[], T]) -> T:
    deadline = time.monotonic() + PATIENCE
    while not (answer := reached()):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.3)
    return answer


def _table(ended: Mapping[tuple[str, str], dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("resource", "rule", "state", "why"):
        table.add_column(column, overflow="fold")
    for found in ended.values():
        name = found["resource"]["name"] or found["resource"]["id"]
        table.add_row(name, found["rule"], found["state"], found["reason"])
    return table


if __name__ == "__main__":
    sys.exit(main())
