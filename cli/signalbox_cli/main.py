"""The `signalbox` command: what there is, and what it says when something goes wrong."""

import os
import sys
from typing import NoReturn

import typer

from signalbox_cli.lazily import Place, lazy_group

INTERRUPTED = 130  # as shells say it of SIGINT
PIPE_CLOSED = 1  # as Typer and rich say it, when they find out first
_VERBS = "Verbs of a rollout"
_PLACES = (
    Place(
        name="services",
        help="Register services, and see what a rollout would do.",
        module="signalbox_cli.services",
    ),
    Place(
        name="rollouts",
        help="Start rollouts, watch them, read what happened.",
        module="signalbox_cli.rollouts",
    ),
    *(
        Place(name=name, help=told, module="signalbox_cli.verbs", command=name, panel=_VERBS)
        for name, told in (
            ("abort", "Send it back: traffic first, then the rest."),
            ("pause", "Let it stand still, guards armed."),
            ("resume", "End a pause; takes over what somebody else changed."),
            ("promote", "End what it waits for: a bake or a pause."),
            ("retry", "Restore a stuck rollout again."),
            ("undo", "Bring back the version that served before."),
        )
    ),
    Place(
        name="fleets",
        help="Let fleets run by a schedule, start and stop them, ask why.",
        module="signalbox_cli.fleets",
    ),
    Place(
        name="findings",
        help="See what is not as it must be, and have it put right.",
        module="signalbox_cli.findings",
    ),
    Place(
        name="exceptions",
        help="Leave something as it is: with a reason, and an end.",
        module="signalbox_cli.exceptions",
    ),
    Place(
        name="baselines",
        help="Record how resources are meant to be: who differs is found.",
        module="signalbox_cli.baselines",
    ),
    Place(
        name="rehearse",
        help="Try a rollout on this machine, with real traffic, before it is run.",
        module="signalbox_cli.rehearse",
        attribute="rehearse",
    ),
    Place(name="local", help="The embedded AWS on this machine.", module="signalbox_cli.local"),
)
signalbox = typer.Typer(
    cls=lazy_group(_PLACES),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Signalbox: deployments on AWS, guarded.",
)


@signalbox.callback()
def _groups() -> None:
    """Signalbox: deployments on AWS, guarded."""


def main() -> NoReturn:
    """Ends the process: what went wrong is told in words on stderr, with an exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # never stumbles over a character
    try:
        signalbox()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = PIPE_CLOSED
    except Exception as problem:  # noqa: BLE001 - the last one who can tell it; a bug is told as a bug
        code = _tell(problem)
    sys.exit(_flushed(code))


def _tell(problem: Exception) -> int:
    # Only who needs it pays for it.
    from signalbox_cli.problems import explain, show  # noqa: PLC0415

    if os.environ.get("SIGNALBOX_DEBUG"):
        raise problem
    told = explain(problem)
    show(told)
    return told.exit_code


def _flushed(code: int) -> int:
    """The code, or that nobody reads on: then the interpreter must not find out at its end and complain."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return code


app = main  # the name of the installed command's entry point

if __name__ == "__main__":
    main()
