"""What a command that speaks to the API is given: a client of the API, and a way to answer."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, ParamSpec
from urllib.parse import quote
from uuid import uuid4

import typer
from rich.console import RenderableType

from signalbox_cli.asking import accepted, ask
from signalbox_cli.connection import CALLERS, Asked
from signalbox_cli.output import Output, note, show, write
from signalbox_cli.rollout_words import Json

if TYPE_CHECKING:
    from signalbox_cli.client import ApiClient

PAGE = 100  # the most that the API gives at once
ROWS = 50  # of a table, unless --limit says otherwise
P = ParamSpec("P")
_PANEL = "Connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's conversation with the API. `is_local`: with the runtime of the working directory."""

    api: "ApiClient"
    output: Output
    is_local: bool

    def ask(self, method: str, path: str, body: object = None, *, holds: str = "") -> Any:
        """The body of an accepted request. Raises Refused, NotTheApi."""
        return ask(self.api, method, path, body, holds=holds)

    def send(self, method: str, path: str, body: object, *, holds: str) -> tuple[int, Any]:
        """Status and body of an accepted request. Raises Refused, NotTheApi."""
        answer = self.api.request(method, path, body)
        return answer.status, accepted(method, path, answer, holds=holds)

    def send_once(self, path: str, body: object, key: str | None, *, holds: str = "rollout_id") -> Any:
        """The body of a start, which happens once for its key however often it is sent."""
        headers = {"Idempotency-Key": key or str(uuid4())}
        return accepted("POST", path, self.api.request("POST", path, body, headers), holds=holds)

    def listed(self, path: str, limit: int | None) -> list[Json]:
        """What a list is answered with: without a limit a table has `ROWS`, everything else all."""
        most = limit or (ROWS if self.output is Output.TABLE else None)
        found, are_more = self.items(path, most)
        if are_more and limit is None:
            self.hint(f"the newest {ROWS}; --limit shows more")
        if not found:
            self.hint("there are none")
        return found

    def items(self, path: str, limit: int | None) -> tuple[list[Json], bool]:
        """Up to `limit` of a list, page by page, all without; and whether there are more."""
        found: list[Json] = []
        for page in self._pages(path, limit):
            found += page
        return found[:limit], limit is not None and len(found) > limit

    def _pages(self, path: str, limit: int | None) -> Iterator[list[Json]]:
        size = min(PAGE, limit + 1) if limit is not None else PAGE
        cursor, seen = "", 0
        while limit is None or seen <= limit:
            page = self.ask("GET", f"{path}?limit={size}{cursor}", holds="items")
            yield page["items"]
            seen += len(page["items"])
            if not page["cursor"]:
                return
            cursor = f"&cursor={quote(page['cursor'], safe='')}"

    def answer(self, value: Any, table: Callable[[], RenderableType], *, framed: bool = False) -> None:
        """On stdout in the format that was asked for; a table is made only then."""
        if self.output is Output.TABLE:
            show(table(), framed=framed)
        else:
            write(value, self.output)

    def hint(self, text: str) -> None:
        """What a person may want to do next."""
        if self.output is Output.TABLE:
            note(text)


_URL = typer.Option("--url", help="Of the API; else SIGNALBOX_URL, config.toml.", rich_help_panel=_PANEL)
_REGION = typer.Option("--region", help="Of the stack, where its URL does not tell.", rich_help_panel=_PANEL)
_PROFILE = typer.Option("--profile", help="Of the AWS configuration: who calls.", rich_help_panel=_PANEL)
_AS = typer.Option(
    "--as",
    help=f"A caller of the local runtime: {', '.join(CALLERS)}.",
    rich_help_panel=_PANEL,
    autocompletion=lambda: list(CALLERS),
)
_OUTPUT = typer.Option("--output", "-o", help="Format of the answer.")
_OPTIONS: Mapping[str, tuple[Any, object]] = {
    "output": (Annotated[Output, _OUTPUT], Output.TABLE),
    "url": (Annotated[str | None, _URL], None),
    "region": (Annotated[str | None, _REGION], None),
    "profile": (Annotated[str | None, _PROFILE], None),
    "caller": (Annotated[str | None, _AS], None),
}


def with_session(command: Callable[Concatenate[Session, P], None]) -> Callable[..., None]:
    """The command with the options of the connection and `-o`; it is called with a session instead."""
    signature = inspect.signature(command, eval_str=True)
    kind = inspect.Parameter.KEYWORD_ONLY
    own = [given.replace(kind=kind) for given in list(signature.parameters.values())[1:]]
    common = [
        inspect.Parameter(name, kind, annotation=annotation, default=default)
        for name, (annotation, default) in _OPTIONS.items()
    ]

    def run(*, output: Output, url: str, region: str, profile: str, caller: str, **given: Any) -> None:
        # Only who speaks to the API pays for it.
        from signalbox_cli.reaching import reach  # noqa: PLC0415

        asked = Asked(url=url, region=region, profile=profile, caller=caller)
        api, is_local = reach(asked)
        command(Session(api=api, output=output, is_local=is_local), **given)  # type: ignore[call-arg]

    parameters = [*own, *common]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run
