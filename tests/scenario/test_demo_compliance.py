"""`make demo-compliance`, as a reader of the README runs it."""

import subprocess
import sys
from pathlib import Path

ENDS = {
    "photos": "remediated",
    "invoices": "remediated",
    "exports": "remediated",
    "bastion": "remediated",
    "legacy-site": "excepted",
    "shared-with-a-pipeline": "flapping",
    "nobody-entrusted-it": "open",
    "public-website": "open",
    "orders": "waiting",
}


def test_ten_violations_end_as_told_and_nothing_is_left_running(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "signalbox_local.demo.compliance"]
    ran = subprocess.run(
        command, cwd=tmp_path, env={"COLUMNS": "200"}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = [line.split() for line in ran.stdout.splitlines()]
    states = {words[0]: words[2] for words in lines if len(words) > 2 and words[0] in ENDS}
    assert states == ENDS
    assert "10 violations are planted" in ran.stdout
    assert "every timeline's chain of hashes holds" in ran.stdout
