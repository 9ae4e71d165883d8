"""What the command pays before it does anything, beside Typer with one command."""

import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

RUNS = 9
LIMIT = 2.0  # times Typer's own
OURS = "import sys; sys.argv = ['signalbox', '--help']; from signalbox_cli.main import main; main()"
TYPERS = """
import sys, typer
sys.argv = ["hello", "--help"]
app = typer.Typer()
@app.command()
def hello(name: str) -> None:
    "Say hello."
app()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartUp:
    """Medians in milliseconds of a fresh process, `--help` to its end: ours, and Typer's own."""

    milliseconds: float
    floor_milliseconds: float

    @property
    def ratio(self) -> float:
        """Times the floor."""
        return self.milliseconds / self.floor_milliseconds


def measure(runs: int = RUNS) -> StartUp:
    """In turn, ours and the floor, so that both see the same machine."""
    pairs = [(_run(OURS), _run(TYPERS)) for _ in range(runs)]
    return StartUp(
        milliseconds=statistics.median(pair[0] for pair in pairs),
        floor_milliseconds=statistics.median(pair[1] for pair in pairs),
    )


def _run(program: str) -> float:
    began = time.perf_counter()
    environment = {"PATH": os.environ["PATH"], "COLUMNS": "80"}
    subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    found = measure()
    sys.stdout.write(
        f"signalbox --help {found.milliseconds:.0f} ms, Typer {found.floor_milliseconds:.0f} ms,"
        f" {found.ratio:.2f} times (limit {LIMIT})\n"
    )
