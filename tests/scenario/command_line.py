"""The installed command, as a person or a pipeline runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("signalbox")
_FOREIGN = ("AWS_", "SIGNALBOX_", "FORCE_COLOR", "XDG_CONFIG_HOME")


@dataclass(frozen=True)
class CommandLine:
    """`signalbox` in a folder, with nothing of the user's environment; its configuration lies in `home`."""

    folder: Path
    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def surroundings(self, **more: str) -> dict[str, str]:
        """The environment of each run."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        nobody = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        own = {"COLUMNS": "100", "XDG_CONFIG_HOME": str(self.home), "AWS_EC2_METADATA_DISABLED": "true"}
        return {**kept, **nobody, **own, **self.environment, **more}

    def __call__(self, *words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        """Run to its end. Whatever happens there is no traceback."""
        ran = subprocess.run(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.surroundings(**more),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def json(self, *words: str) -> Any:
        """What it answers with `-o json`; fails when it is refused."""
        ran = self(*words, "-o", "json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Started, its output in pipes."""
        return subprocess.Popen(
            [COMMAND, *words],
            cwd=self.folder,
            env=self.surroundings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
