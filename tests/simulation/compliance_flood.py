"""Many buckets that block nothing, found in one look of AWS Config: when each is acted upon, and by which
calls."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from signalbox.compliance.record import Finding, State
from signalbox.compliance.rules.registry import RULES
from signalbox_local.sample_violations import make_bucket
from tests.simulation.calls import Call
from tests.simulation.compliance_part import owner
from tests.simulation.fibers import hub
from tests.simulation.universe import REGION, Universe

RULE = "bucket-public-access"
A_LOOK, LONGEST = 1.0, 3600.0  # seconds


def flood(count: int) -> tuple[Sequence[float], Sequence[Call]]:
    """(Seconds from AWS Config's event to the first write to each, calls of all functions until all were
    proven)."""
    universe = Universe()
    universe.keep_config_rule(RULES[RULE].identifier)
    aws = owner(universe).client
    for number in range(count):
        make_bucket(aws, f"photos-{number:04d}", REGION)
    universe.calls.forget()
    began = hub.now
    universe.config_rules.evaluate()
    while len(proven := _proven(universe)) < count:
        assert hub.now < began + LONGEST, f"{len(proven)} of {count} proven"
        hub.sleep(A_LOOK)
    made = [call for call in universe.calls.made if not call.running.function.startswith("Sweep")]
    return [_acted_after(finding, began) for finding in proven], made


def _proven(universe: Universe) -> list[Finding]:
    kept = [msgspec.json.decode(item["body"], type=Finding) for item in universe.items("FINDING#")]
    return [finding for finding in kept if finding.state is State.REMEDIATED]


def _acted_after(finding: Finding, began: float) -> float:
    assert finding.remediation.acted_at is not None
    return finding.remediation.acted_at.timestamp() - began
