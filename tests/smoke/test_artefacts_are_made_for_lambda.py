"""What `sam build` makes here is for Lambda: its processor, its Python, nothing that it brings itself."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

from tests.smoke.deployment import build

_AARCH64 = 183  # e_machine of the ELF specification
_UNCHECKED_HASH = 0b01  # the flags of a .pyc (PEP 552) for which Python does not look at the source
_PYTHON = "3.13"


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("build"), _PYTHON, "aarch64-manylinux_2_28").parent


def test_compiled_libraries_are_for_arm64_and_the_python_of_the_runtime(artefacts: Path) -> None:
    libraries = list((artefacts / "DependenciesLayer").rglob("*.so"))
    machines = {struct.unpack_from("<H", library.read_bytes(), 18)[0] for library in libraries}
    assert machines == {_AARCH64}
    assert all("cpython-313-aarch64" in library.name for library in libraries)


def test_the_layer_does_not_bring_what_the_runtime_has(artefacts: Path) -> None:
    brought = {path.name.partition("-")[0] for path in (artefacts / "DependenciesLayer/python").iterdir()}
    assert not brought & {"boto3", "botocore", "s3transfer", "urllib3"}
    assert brought >= {"aws_lambda_powertools", "pydantic", "msgspec"}


def test_the_product_comes_in_its_layer(artefacts: Path) -> None:
    assert (artefacts / "CoreLayer/python/signalbox/py.typed").is_file()


def test_functions_hold_entry_points_and_nothing_else(artefacts: Path) -> None:
    folders = [folder for folder in artefacts.iterdir() if folder.name.endswith("Function")]
    kinds = {path.suffix for folder in folders for path in folder.rglob("*") if path.is_file()}
    assert kinds <= {".py", ".json"}
    assert all(any(folder.glob("*.py")) for folder in folders)


def test_compiled_modules_need_no_look_at_their_source(artefacts: Path) -> None:
    compiled = list(artefacts.rglob("*.pyc"))
    assert bool(compiled) == _has_the_runtime()
    flags = {struct.unpack_from("<I", path.read_bytes(), 4)[0] for path in compiled}
    assert flags <= {_UNCHECKED_HASH}


def _has_the_runtime() -> bool:
    python = shutil.which(f"python{_PYTHON}")
    return (
        python is not None
        and subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0
    )
