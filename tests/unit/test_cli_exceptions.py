"""The commands of `signalbox exceptions`, against an API that answers what it is told to."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from signalbox_cli import reaching
from signalbox_cli.asking import Answer, Tampered
from signalbox_cli.connection import Misconfigured
from signalbox_cli.documents import BadDocument
from signalbox_cli.exceptions import app as exceptions
from signalbox_cli.problems import explain
from tests.unit.fleets_as_read import FakeApi, api

EXAMPLE = Path(__file__).parents[2] / "examples" / "exception.yaml"
PATH, UNTIL = "/exceptions/shop-photos", "2027-03-31T00:00:00.000Z"
SAID = {
    "version": 1, "reason": "until spring", "owner": "web", "until": UNTIL, "rule": "bucket-public-access",
    "resource": "shop-photos", "tags": None, "account": None, "deleted": False,
}  # fmt: skip


def exception(**more: Any) -> dict[str, Any]:
    return {**SAID, "id": "shop-photos", "in_force": True, "versions": None, **more}


def version(number: int, by: str, **more: Any) -> dict[str, Any]:
    by = f"arn:aws:iam::123456789012:user/{by}"
    return {**SAID, "version": number, "at": f"2026-11-2{number}T10:00:03.207Z", "by": by, **more}


DELETED = version(2, "ben", deleted=True, reason="=done", tags={"env": "qa"})
WHOLE = exception(version=2, in_force=False, deleted=True, versions=[DELETED, version(1, "ana")])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command against an API that tells this."""

    def ask(told: dict[str, Any], *words: str) -> tuple[FakeApi, Result]:
        fake = api(told)
        monkeypatch.setattr(reaching, "reach", lambda _: (fake, False))
        return fake, CliRunner(env={"COLUMNS": "160"}).invoke(exceptions, list(words))

    return ask


@pytest.mark.parametrize(("status", "number"), [(201, 1), (200, 2)])
def test_an_exception_is_applied_from_a_file(asked: Any, status: int, number: int) -> None:
    told = {f"PUT {PATH}": Answer(status=status, body=exception(version=number))}
    fake, result = asked(told, "apply", "-f", str(EXAMPLE))
    assert result.stdout == f"shop-photos: in force until {UNTIL}, version {number}\n"
    ((_, _, body),) = fake.asked
    assert body["owner"] == "web"


def test_a_file_that_cannot_be_is_refused(asked: Any, tmp_path: Path) -> None:
    file = tmp_path / "exception.yaml"
    for text, problem in (("[", BadDocument), ("reason: why", Misconfigured)):
        file.write_text(text)
        fake, result = asked({}, "apply", "-f", str(file))
        assert isinstance(result.exception, problem)
        assert fake.asked == []


def test_exceptions_in_force_are_listed_with_what_they_cover(asked: Any) -> None:
    items = {"items": [exception(), exception(id="old", in_force=False)], "cursor": None}
    fake, result = asked({"GET /exceptions": items}, "list")
    assert fake.asked == [("GET", "/exceptions", None)]
    assert "rule bucket-public-access, resource shop-photos" in result.stdout
    assert "old" not in result.stdout


def test_those_that_are_over_or_were_deleted_are_listed_when_asked_for(asked: Any) -> None:
    over = exception(id="old", in_force=False)
    items = {"items": [exception(), over, {**WHOLE, "id": "left"}], "cursor": None}
    fake, result = asked({"GET /exceptions": items}, "list", "--all")
    assert fake.asked == [("GET", "/exceptions?deleted=true", None)]
    first, second, third = result.stdout.splitlines()[1:]
    assert ("(" in first, f"{UNTIL} (over)" in second, f"{UNTIL} (deleted)" in third) == (False, True, True)


def test_an_exception_is_shown_with_who_said_what_since_when(asked: Any) -> None:
    _, result = asked({f"GET {PATH}": WHOLE}, "show", "shop-photos")
    last, first = result.stdout.splitlines()[-2:]
    assert last.split()[:5] == ["2", "2026-11-22", "10:00", "user/ben", "deleted"]
    assert first.split()[:4] == ["1", "2026-11-21", "10:00", "user/ana"]
    assert "rule bucket-public-access, resource shop-photos" in first


def test_an_exception_is_ended_with_a_reason(asked: Any) -> None:
    told = {f"DELETE {PATH}": Answer(status=204, body=None)}
    fake, result = asked(told, "delete", "shop-photos", "--reason", "a trial")
    assert fake.asked == [("DELETE", f"{PATH}?reason=a+trial", None)]
    assert result.stdout == "shop-photos: over\n"


def test_all_versions_of_all_are_exported(asked: Any) -> None:
    told = {"GET /exceptions": {"items": [exception()], "cursor": None}, f"GET {PATH}": WHOLE}
    fake, result = asked(told, "export")
    assert [path for _, path, _ in fake.asked] == ["/exceptions?deleted=true", PATH]
    last, first = csv.DictReader(io.StringIO(result.stdout))
    assert (last["exception"], last["version"], last["deleted"], last["reason"]) == (
        *("shop-photos", "2", "true", "'=done"),
    )
    assert (last["tags"], first["tags"], first["by"][-8:]) == ('{"env": "qa"}', "", "user/ana")
    _, result = asked(told, "export", "-o", "json")
    assert json.loads(result.stdout) == [WHOLE]


def test_who_is_changed_while_it_is_exported_is_exported(asked: Any) -> None:
    """What it is was read before its versions."""
    told = {
        "GET /exceptions": {"items": [exception()], "cursor": None},
        f"GET {PATH}": {**WHOLE, "version": 1},
    }
    _, result = asked(told, "export")
    assert result.exit_code == 0


@pytest.mark.parametrize("versions", [[], [DELETED], [version(1, "ana")]])
def test_a_version_that_is_missing_fails_the_export(asked: Any, versions: list[Any]) -> None:
    told = {
        "GET /exceptions": {"items": [exception()], "cursor": None},
        f"GET {PATH}": {**WHOLE, "versions": versions},
    }
    _, result = asked(told, "export")
    assert isinstance(result.exception, Tampered)
    assert explain(result.exception).title == "versions of shop-photos are missing: somebody has deleted them"
