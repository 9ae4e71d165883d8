"""A bad version: errors for as long as it carries traffic, put as CloudWatch would get them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from signalbox.kernel.clock import rfc3339
from signalbox_cli.rollout_news import Sighting
from signalbox_local.demo.footprint import Aws
from signalbox_local.sample_service import put_errors

ERRORS = 20  # a second, where the alarm allows 5 in 10 seconds


@dataclass
class Trouble:
    """`began_at` is when the first errors were put (RFC 3339); `alarm` is the service's own."""

    aws: Aws
    alarm: str
    tell: Callable[[str], None]
    began_at: str | None = None
    put_at: float = 0.0

    def __call__(self, now: Sighting) -> None:
        """Once a second, into the metric that the candidate's copy of the alarm looks at."""
        serves = now.rollout["phase"] == "holding" and now.rollout["shares"]["actual"]["candidate"] > 0
        if not serves or time.monotonic() - self.put_at < 1:
            return
        if self.began_at is None:
            self.began_at = rfc3339(datetime.now(UTC))
            self.tell(f"puts {ERRORS} server errors a second on the candidate")
        put_errors(self.aws, f"signalbox-{now.rollout['rollout_id']}-{self.alarm}", ERRORS)
        self.put_at = time.monotonic()
