"""What still runs."""

from pathlib import Path


def living_in(folder: Path) -> list[int]:
    """Processes that work in a folder or below (Linux)."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:  # it has just ended, or is somebody else's
            continue
    return found
