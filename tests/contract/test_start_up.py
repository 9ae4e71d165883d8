"""What `signalbox` loads before it knows what is asked of it: Typer, and little else."""

import subprocess
import sys

import pytest

from bench import start_up

HEAVY = {
    "aiohttp",
    "boto3",
    "botocore",
    "matplotlib",
    "moto",
    "msgspec",
    "pydantic",
    "signalbox",
    "signalbox_local",
    "tomllib",
    "urllib3",
    "yaml",
}
_LIST = """
import atexit, sys
sys.argv = ["signalbox", *{words}]
atexit.register(lambda: print("loaded", *sorted({{name.partition(".")[0] for name in sys.modules}})))
from signalbox_cli.main import main
main()
"""


def _loaded(*words: str) -> set[str]:
    command = [sys.executable, "-c", _LIST.format(words=words)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    last = ran.stdout.splitlines()[-1].split()
    assert last[0] == "loaded", ran
    return set(last[1:])


def test_help_loads_nothing_that_takes_time() -> None:
    loaded = _loaded("--help")
    assert "signalbox_cli" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("group", ["services", "rollouts", "fleets", "abort", "rehearse"])
def test_the_help_of_a_command_loads_no_aws(group: str) -> None:
    assert _loaded(group, "--help") & {"boto3", "botocore", "moto", "yaml", "matplotlib"} == set()


def test_help_takes_no_more_than_twice_what_typer_takes() -> None:
    assert start_up.measure(runs=5).ratio <= start_up.LIMIT
