"""What is installed is pinned, by hash, and the same here and on Lambda."""

import re
from pathlib import Path

import pytest

from tests.contract.template import ROOT

_LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers/dependencies/requirements.txt"]
_PIN = re.compile(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^ ;]+)", re.MULTILINE)


def _pins(lock: Path) -> dict[str, str]:
    return dict(_PIN.findall(lock.read_text(encoding="utf-8")))


def test_lambda_loads_the_versions_that_were_tested() -> None:
    layer, tested = _pins(_LOCKS[-1]), _pins(ROOT / "requirements/dev.txt")
    assert layer.items() <= tested.items()
    assert not layer.keys() & {"boto3", "botocore"}


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda lock: f"{lock.parent.name}/{lock.name}")
def test_every_requirement_is_pinned_by_hash_and_says_not_from_where(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[a-z])", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    assert [block for block in blocks if not _PIN.match(block) or "--hash=sha256:" not in block] == []
    assert "://" not in text
