"""A measurement in a process of its own, such as one on a simulated universe, which is one for good."""

import json
import os
import subprocess
import sys
from typing import Any

from bench.page import PAGE


def apart(module: str, *arguments: object) -> dict[str, Any]:
    """The last line that `python -m module arguments` prints, a JSON object. Sets have the same order each
    time. Raises CalledProcessError."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        command, cwd=PAGE.parent.parent, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return found
