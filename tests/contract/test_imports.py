"""The rings: who may import whom, read from the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.template import ROOT

CORE = ROOT / "layers/core"
PRODUCT = CORE / "signalbox"
_CAPABILITIES = sorted(
    folder.name for folder in PRODUCT.iterdir() if (folder / "model.py").is_file() and folder.name != "kernel"
)
_EDGE = {"aws", "wiring", "entrypoint"}
_SDK = {"boto3", "botocore", "aws_lambda_powertools", "pydantic"}
_ALARM_PATH = ("on_alarm", "hold", "restore")


def _imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, each by its whole name; `from a import b` counts as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides where it goes"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _room(module: str) -> str:
    """`signalbox.rollouts.plan` → `rollouts`; anything else by its first name."""
    parts = module.split(".")
    return parts[1] if parts[0] == "signalbox" and len(parts) > 1 else parts[0]


def _files(*folders: str) -> list[Path]:
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def _breaches(files: list[Path], forbidden: set[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in files
        for module in _imports(path)
        if _room(module) in forbidden
    ]


def test_the_kernel_knows_nothing_but_itself() -> None:
    rooms = {_room(module) for path in _files("layers/core/signalbox/kernel") for module in _imports(path)}
    assert rooms <= {"kernel", "annotated_types"} | set(sys.stdlib_module_names)


@pytest.mark.parametrize("capability", _CAPABILITIES)
def test_a_capability_knows_the_kernel_and_itself(capability: str) -> None:
    others = set(_CAPABILITIES) - {capability}
    assert _breaches(_files(f"layers/core/signalbox/{capability}"), _EDGE | _SDK | others) == []


@pytest.mark.parametrize("capability", _CAPABILITIES)
def test_what_is_pure_does_not_know_what_acts(capability: str) -> None:
    folder = PRODUCT / capability
    acts = tuple(f"signalbox.{capability}.{room}" for room in ("steps", "commands", "ports"))
    pure = [path for path in folder.rglob("*.py") if not {"steps", "commands"} & {*path.parts, path.stem}]
    breaches = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in pure
        for module in _imports(path)
        if module.startswith(acts) and path.stem != "ports"
    ]
    assert breaches == []


def test_adapters_do_not_know_who_composes_them() -> None:
    assert _breaches(_files("layers/core/signalbox/aws"), {"wiring", "entrypoint", "pydantic"}) == []


def test_only_the_wiring_knows_both_sides() -> None:
    files = [
        path for path in _files("layers/core/signalbox", "functions") if PRODUCT / "aws" not in path.parents
    ]
    knowing = {path for path in files if "aws" in map(_room, _imports(path))}
    assert knowing <= {PRODUCT / "wiring.py"}


def test_entry_points_go_through_the_front_door() -> None:
    siblings = {path.stem for path in _files("functions")}
    rooms = {_room(module) for path in _files("functions") for module in _imports(path)}
    doors = {"entrypoint", "wiring", "kernel", *_CAPABILITIES}
    libraries = {"aws_lambda_powertools", "pydantic", "annotated_types", *sys.stdlib_module_names}
    assert rooms <= doors | siblings | libraries


def test_pydantic_stays_at_the_edge_where_bodies_are_parsed() -> None:
    files = [path for path in _files("layers/core", "functions") if path.parent != ROOT / "functions/api"]
    assert _breaches(files, {"pydantic"}) == []


def test_what_is_deployed_does_not_know_the_local_runtime() -> None:
    local = {"signalbox_local", "signalbox_cli", "moto", "tests"}
    assert _breaches(_files("layers/core", "functions"), local) == []


def test_the_command_line_talks_to_the_api_and_not_to_the_product() -> None:
    assert _breaches(_files("cli"), {"aws", "wiring", "entrypoint"}) == []


@pytest.mark.parametrize("module", _ALARM_PATH)
def test_the_alarm_path_loads_no_more_than_it_needs(module: str) -> None:
    heavy = "{'pydantic', 'aws_lambda_powertools', 'boto3.dynamodb', 'aws_xray_sdk'}"
    program = f"import sys, {module}; print(*sorted({heavy} & set(sys.modules)))"
    paths = ":".join(str(path) for path in (ROOT / "functions/rollouts", CORE))
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, env={"PYTHONPATH": paths}, capture_output=True, text=True, check=False)
    assert (ran.stderr, ran.stdout.strip()) == ("", "")


def test_time_identity_and_chance_come_in_as_arguments() -> None:
    at_the_edge = {PRODUCT / "aws", PRODUCT / "wiring.py", PRODUCT / "entrypoint.py"}
    files = [path for path in _files("layers/core/signalbox") if not at_the_edge & {path, *path.parents}]
    assert [
        f"{path.relative_to(ROOT)}: {call}" for path in files for call in _FROM_NOWHERE & _calls(path)
    ] == []


_FROM_NOWHERE = {
    "datetime.now", "datetime.utcnow", "time.time", "time.monotonic", "uuid.uuid4", "uuid4", "random.random",
    "os.urandom", "secrets.token_bytes", "os.environ.get", "os.getenv",
}  # fmt: skip


def _calls(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)}
