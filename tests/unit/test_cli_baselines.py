"""The commands of `signalbox baselines`, and what findings say of a baseline, against an API that answers."""

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from signalbox_cli import reaching
from signalbox_cli.asking import Answer
from signalbox_cli.baselines import app as baselines
from signalbox_cli.connection import Misconfigured
from signalbox_cli.documents import BadDocument
from signalbox_cli.findings import app as findings
from signalbox_cli.problems import explain
from tests.unit.fleets_as_read import FakeApi, api
from tests.unit.test_cli_findings import EVENT, ID, finding

TYPE, PATH = "AWS::EC2::Volume", "/baselines/AWS%3A%3AEC2%3A%3AVolume"
EXAMPLE = Path(__file__).parents[2] / "examples" / "baseline.yaml"
WHY = ("--reason", "audit")
EXPECTED = {"configuration.encrypted": True, "configuration.volumeType": "gp3"}


def version(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "version": number, "expected": EXPECTED, "like": None, "reason": f"audit {number}",
        "at": "2026-11-22T10:00:03.207Z", "by": "arn:aws:iam::123456789012:user/ana", "ended": False, **more,
    }  # fmt: skip


def baseline(**more: Any) -> dict[str, Any]:
    return {**version(), "resource_type": TYPE, "compared": True, "versions": None, **more}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command against an API that tells this."""

    def ask(app: typer.Typer, told: dict[str, Any], *words: str) -> tuple[FakeApi, Result]:
        fake = api(told)
        monkeypatch.setattr(reaching, "reach", lambda _: (fake, False))
        return fake, CliRunner(env={"COLUMNS": "160"}).invoke(app, list(words))

    return ask


@pytest.mark.parametrize(("status", "done"), [(201, "recorded"), (200, "in force")])
def test_a_baseline_is_recorded_from_a_file(asked: Any, status: int, done: str) -> None:
    told = {f"PUT {PATH}": Answer(status=status, body=baseline())}
    fake, result = asked(baselines, told, "record", TYPE, "-f", str(EXAMPLE), *WHY)
    assert fake.asked[-1][2] == {"reason": "audit", "expected": EXPECTED}
    assert f"{TYPE}: {done}, version 1" in result.stdout
    assert 'configuration.volumeType  "gp3"' in result.stdout


def test_a_baseline_is_recorded_like_a_resource(asked: Any) -> None:
    told = {f"PUT {PATH}": Answer(status=201, body=baseline(compared=False))}
    fake, result = asked(baselines, told, "record", TYPE, "--like", "vol-1", *WHY)
    assert fake.asked[-1][2] == {"reason": "audit", "like": "vol-1"}
    assert "nobody compares yet" in result.stdout
    fields = ("--field", "configuration.encrypted", "--field", "configuration.iops")
    fake, _ = asked(baselines, told, "record", TYPE, "--like", "vol-1", *fields, *WHY)
    assert fake.asked[-1][2]["fields"] == ["configuration.encrypted", "configuration.iops"]


@pytest.mark.parametrize(
    "words",
    [(), ("--like", "vol-1", "-f", str(EXAMPLE)), ("-f", str(EXAMPLE), "--field", "configuration.encrypted")],
)
def test_who_says_nothing_or_too_much_is_asked_for_one(asked: Any, words: tuple[str, ...]) -> None:
    fake, result = asked(baselines, {}, "record", TYPE, *words, *WHY)
    assert isinstance(result.exception, Misconfigured)
    assert not fake.asked


def test_who_writes_a_file_that_is_none_is_told_where_an_example_is(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "baseline.yaml"
    file.write_text("- a list")
    _, result = asked(baselines, {}, "record", TYPE, "-f", str(file), *WHY)
    assert isinstance(result.exception, BadDocument)
    assert explain(result.exception).advice == ("examples/baseline.yaml shows the form",)


def test_baselines_are_listed_with_who_and_why(asked: Any) -> None:
    items = {"items": [baseline(), baseline(resource_type="AWS::S3::Bucket", ended=True)], "cursor": None}
    _, result = asked(baselines, {"GET /baselines": items}, "list")
    first, second = result.stdout.splitlines()[1:]
    assert first.split()[:3] == [TYPE, "1", "2"]
    assert "audit 1" in first
    assert second.split()[:3] == ["AWS::S3::Bucket", "1", "ended"]


def test_a_baseline_is_shown_with_its_versions(asked: Any) -> None:
    shown = baseline(versions=[version(2), version(1)])
    _, result = asked(baselines, {f"GET {PATH}": shown}, "show", TYPE)
    assert "configuration.encrypted" in result.stdout
    assert ("audit 1" in result.stdout, "audit 2" in result.stdout) == (True, True)
    _, result = asked(baselines, {f"GET {PATH}": {**shown, "ended": True}}, "show", TYPE)
    assert "nothing is expected any more" in result.stdout


def test_a_baseline_is_ended_with_a_reason(asked: Any) -> None:
    told = {f"DELETE {PATH}": Answer(status=204, body=None)}
    fake, result = asked(baselines, told, "delete", TYPE, "--reason", "a trial")
    assert fake.asked == [("DELETE", f"{PATH}?reason=a+trial", None)]
    assert f"{TYPE}: over" in result.stdout


VARIATIONS = [
    {"field": "configuration.encrypted", "expected": True, "found": False},
    {"field": "configuration.kmsKeyId", "expected": "key", "found": None},
]
LEFT = {**EVENT, "type": "Finding Left", "data": {"facts": {"variations": VARIATIONS}}}


def _differing() -> dict[str, Any]:
    evidence = {**finding()["evidence"], "timeline": [EVENT, LEFT]}
    return finding(rule="baseline-kept", evidence=evidence)


def test_a_finding_says_why_field_by_field(asked: Any) -> None:
    _, result = asked(findings, {f"GET /findings/{ID}": _differing()}, "why", ID)
    assert "configuration.encrypted: true was expected, false was found." in result.stdout
    assert 'configuration.kmsKeyId: "key" was expected, nothing was found.' in result.stdout


def test_a_finding_is_shown_with_the_fields_that_differ(asked: Any) -> None:
    _, result = asked(findings, {f"GET /findings/{ID}": _differing()}, "show", ID)
    assert result.stdout.splitlines()[-2].split() == ["configuration.encrypted", "true", "false"]
    assert result.stdout.splitlines()[-1].split() == ["configuration.kmsKeyId", '"key"', "null"]
