"""`config.toml`: where the API is and the key of its usage plan. A secret: for its owner's eyes only."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from signalbox_cli.connection import Misconfigured

KNOWN = ("url", "api_key", "region", "profile")
_MOST_BYTES = 64 * 1024


def config_file(environment: Mapping[str, str]) -> Path:
    """`$XDG_CONFIG_HOME/signalbox/config.toml`, or below `~/.config`."""
    home = environment.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path.home() / ".config") / "signalbox" / "config.toml"


def read_config(file: Path) -> dict[str, str]:
    """Its settings, none without a file. Raises Misconfigured, above all when others may read it."""
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if mode & 0o077:
                raise Misconfigured(
                    f"{file} has mode {mode:04o}: others may read the API key", f"chmod 600 {file}"
                )
            text = opened.read(_MOST_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise Misconfigured(f"{file}: {problem.strerror}") from problem
    return _settings(file, text)


def _settings(file: Path, text: bytes) -> dict[str, str]:
    # Most callers have no such file.
    import tomllib  # noqa: PLC0415

    try:
        found = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Misconfigured(f"{file} is not TOML: {problem}") from problem
    odd = [name for name, value in found.items() if name not in KNOWN or not isinstance(value, str)]
    if odd:
        known = ", ".join(KNOWN)
        raise Misconfigured(f"{file}: {odd[0]} is not a setting", f"the settings are {known}, each a text")
    return found
