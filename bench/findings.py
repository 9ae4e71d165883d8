"""Two hundred findings at once: when each is acted upon, and what that asks of AWS, on virtual time."""

import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from bench.apart import apart
from bench.page import write_section

TITLE = "## Compliance"
FINDINGS = (1, 200)
FLOOR = 3  # calls of S3: read it, write it, read it back
SPACING, POLLING = 3, 10  # seconds: what ASR documents


@dataclass(frozen=True, kw_only=True)
class Flood:
    """So many buckets were found in one look of AWS Config. Seconds from its event to the first write: `half`
    and `most` (nineteen of twenty) took no longer, `last` took longest; `calls` by service, of all functions
    until all were proven."""

    findings: int
    half: float
    most: float
    last: float
    calls: dict[str, int]


def measure(findings: int) -> Flood:
    """In a process of its own: a universe is one for good."""
    return Flood(**apart("bench.findings", findings))


def lines(floods: Sequence[Flood]) -> list[str]:
    """A section of the page."""
    return [
        TITLE,
        "",
        "Buckets that block nothing, found in one look of AWS Config, on virtual time. *Seconds* from its",
        "event to the first write. Of many the first two are tried and watched for a minute, the others",
        f"follow two a second. ASR documents {SPACING} s between any two of an account and Region, and looks",
        f"every {POLLING} s at what runs: its row is what that comes to, not measured. *S3* are the calls",
        f"to it for each finding, beside a floor of {FLOOR}: read it, write it, read it back. *All* are",
        "those of all functions for each finding, the table, the machine and events included.",
        "",
        "| | findings | seconds p50 | p95 | last | S3 | × floor | all |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(flood) for flood in floods),
        *(_spaced(flood.findings) for flood in floods if flood.findings > 1),
        "",
    ]


def _row(flood: Flood) -> str:
    s3 = flood.calls.get("s3", 0) / flood.findings
    all_ = sum(flood.calls.values()) / flood.findings
    return (
        f"| Signalbox | {flood.findings} | {flood.half:.1f} | {flood.most:.1f} | {flood.last:.1f} "
        f"| {s3:.1f} | {s3 / FLOOR:.2f} | {all_:.1f} |"
    )


def _spaced(findings: int) -> str:
    times = [SPACING * number for number in range(findings)]
    half, most = _percentiles(times)
    return f"| {SPACING} s apart | {findings} | {half:.1f} | {most:.1f} | {times[-1]:.1f} | | | |"


def _percentiles(seconds: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(
        [*seconds, *seconds] if len(seconds) == 1 else seconds, n=20, method="inclusive"
    )
    return cuts[9], cuts[18]


def _run(findings: int) -> Flood:
    from tests.simulation.compliance_flood import flood  # noqa: PLC0415 - after the seed, in the child

    seconds, calls = flood(findings)
    half, most = _percentiles(seconds)
    counted = Counter(call.service for call in calls)
    return Flood(findings=findings, half=half, most=most, last=max(seconds), calls=dict(counted))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(asdict(_run(int(sys.argv[1])))) + "\n")
        sys.stdout.flush()
        os._exit(0)  # fibers that wait for ever would be run to their end
    write_section(lines([measure(findings) for findings in FINDINGS]))
