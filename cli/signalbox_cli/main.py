"""The `signalbox` command: its groups of commands, one module each."""

import typer

from signalbox_cli import local

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Signalbox: deployments on AWS, guarded.",
)
app.add_typer(local.app, name="local")


@app.callback()
def signalbox() -> None:
    """Keeps the groups as groups while there is only one."""


def main() -> None:
    """The entry point of the installed command."""
    app()


if __name__ == "__main__":
    main()
