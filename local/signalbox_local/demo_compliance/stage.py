"""What the film of compliance is played on: what is planted, and how each finding stands."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from signalbox_cli.asking import ask
from signalbox_cli.rollout_words import Json
from signalbox_local.embedded import EmbeddedAws
from signalbox_local.film import Unexpected
from signalbox_local.sample_violations import make_bucket, make_database, make_group, make_instance

BUCKETS, SSH, TOKENS = "bucket-public-access", "ssh-closed", "instance-metadata"
BACKUPS = "database-backups"
PATIENCE = 120.0  # seconds
LOOK_EVERY = 0.3
A_MINUTE = timedelta(minutes=1)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A resource that is not as its rule says, the state in which its finding is to end, and whether somebody
    has to agree first."""

    resource: str
    rule: str
    ends: str
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """The API and AWS itself."""

    aws: EmbeddedAws

    def plant(self) -> Sequence[Violation]:
        """Ten of them."""
        client, region = self.aws.client, str(self.aws.state["region"])
        for name in ("photos", "invoices", "exports", "legacy-site", "shared-with-a-pipeline"):
            make_bucket(client, name, region)
        make_bucket(client, "nobody-entrusted-it", region, ())
        make_bucket(client, "public-website", region, website=True)
        group, instance = make_group(client, "bastion", 22), make_instance(client)
        return (
            Violation(resource="photos", rule=BUCKETS, ends="remediated"),
            Violation(resource="invoices", rule=BUCKETS, ends="remediated"),
            Violation(resource="exports", rule=BUCKETS, ends="remediated"),
            Violation(resource=group, rule=SSH, ends="remediated", approved=True),
            Violation(resource=instance, rule=TOKENS, ends="remediated", approved=True),
            Violation(resource="legacy-site", rule=BUCKETS, ends="excepted"),
            Violation(resource="shared-with-a-pipeline", rule=BUCKETS, ends="flapping"),
            Violation(resource="nobody-entrusted-it", rule=BUCKETS, ends="open"),
            Violation(resource="public-website", rule=BUCKETS, ends="open"),
            Violation(resource=make_database(client, "orders"), rule=BACKUPS, ends="waiting"),
        )

    def ask(self, method: str, path: str, body: object = None, caller: str = "viewer") -> Any:
        """By the API. Raises Refused."""
        return ask(self.aws.api(caller), method, path, body)

    def finding(self, violation: Violation) -> Json:
        """With its evidence; empty when there is none yet."""
        for found in self.ask("GET", "/findings?limit=100")["items"]:
            if (found["resource"]["id"], found["rule"]) == (violation.resource, violation.rule):
                return dict(self.ask("GET", f"/findings/{found['id']}"))
        return {}

    def until(self, violation: Violation, state: str) -> Json:
        """The finding in that state, and looked at. Raises Unexpected."""

        def reached() -> Json:
            found = self.finding(violation)
            is_there = found.get("state") == state and (state != "open" or "Finding Left" in types_of(found))
            return found if is_there else {}

        return self.until_told(f"{violation.resource} is not {state}", reached)

    def until_told(self, otherwise: str, reached: Callable[[], T]) -> T:
        """What it answers, once there is something. Raises Unexpected."""
        deadline = time.monotonic() + PATIENCE
        while not (answer := reached()):
            if time.monotonic() > deadline:
                raise Unexpected(otherwise)
            time.sleep(LOOK_EVERY)
        return answer

    def a_minute_passes(self) -> None:
        """The local clock is set forward."""
        now = datetime.fromisoformat(self.aws.control("clock")["now"])
        self.aws.control("clock", {"to": (now + A_MINUTE).isoformat()})

    def blocks(self, bucket: str) -> bool:
        """Whether AWS itself says that the bucket is closed to the public in all four ways."""
        answer = self.aws.client("s3").get_public_access_block(Bucket=bucket)
        return all(answer["PublicAccessBlockConfiguration"].values())


def types_of(finding: Json) -> list[str]:
    """What happened to it, the oldest first."""
    return [event["type"] for event in finding["evidence"]["timeline"]]
