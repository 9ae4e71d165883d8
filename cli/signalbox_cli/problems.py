"""What went wrong, for people: a title, each violation with its field, and what to do. Never a traceback."""

from urllib.error import URLError

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from rich.text import Text

from signalbox_cli.asking import NotTheApi, Refused, Tampered
from signalbox_cli.connection import Misconfigured
from signalbox_cli.documents import BadDocument
from signalbox_cli.output import stderr_console
from signalbox_cli.refusals import BUG, Problem, of_answer
from signalbox_cli.rollout_words import printable

_SIGN_IN = "sign in again (aws sso login), or name other credentials with --profile"
_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)


def explain(problem: Exception) -> Problem:
    """In words, whatever it is. What nobody expected is a bug of ours."""
    match problem:
        case Refused():
            return of_answer(problem.status, problem.body, problem.path)
        case Misconfigured():
            return Problem(title=str(problem), advice=problem.advice)
        case BadDocument():
            is_there = not isinstance(problem.__cause__, OSError)
            advice = (f"{problem.form} shows the form",) if is_there else ()
            return Problem(title=str(problem), advice=advice)
        case Tampered():
            return Problem(title=str(problem))
        case NotTheApi():
            return Problem(title=str(problem), advice=("look at the URL: on AWS it ends in the stage, /v1",))
        case _:
            return _of_aws(problem)


def _of_aws(problem: Exception) -> Problem:
    match problem:
        case HTTPClientError() | ConnectionError():
            return _of_the_network(problem)
        case BotoCoreError() if isinstance(problem, _CREDENTIALS) or "expired" in str(problem).lower():
            return Problem(title="the AWS credentials are of no use", detail=str(problem), advice=(_SIGN_IN,))
        case BotoCoreError():
            return Problem(title="AWS's settings cannot be used", detail=str(problem))
        case ClientError():
            return Problem(title="AWS refuses", detail=str(problem), advice=(_SIGN_IN,))
        case _:
            return _of_this_machine(problem)


def _of_the_network(problem: Exception) -> Problem:
    match problem:
        case SSLError():
            title = "the certificate is not trusted"
            advice = "behind a proxy that reads along, AWS_CA_BUNDLE names its certificate"
        case ReadTimeoutError() | ConnectionClosedError():
            title = "the API did not answer in time"
            advice = "what was asked for may have been done: `signalbox rollouts list SERVICE` shows it"
        case _:
            title = "the API cannot be reached"
            advice = "look at the network and at the URL; `signalbox local up` starts a local runtime"
    return Problem(title=title, detail=str(problem), advice=(advice,))


def _of_this_machine(problem: Exception) -> Problem:
    match problem:
        case URLError():
            advice = (
                "`signalbox local status` says whether it runs, `signalbox local logs runtime` what it wrote"
            )
            return Problem(
                title="the local runtime does not answer", detail=str(problem.reason), advice=(advice,)
            )
        case OSError():
            return Problem(title=problem.strerror or str(problem), detail=str(problem.filename or ""))
        case _:
            where = "SIGNALBOX_DEBUG=1 shows where; please report it"
            told = f"{type(problem).__name__}: {problem}"
            return Problem(title="a bug in signalbox", detail=told, advice=(where,), exit_code=BUG)


def show(problem: Problem) -> None:
    """On stderr."""
    console = stderr_console()
    head = Text.assemble(("✗ ", "bold red"), (printable(problem.title), "bold"))
    if problem.detail:
        head.append(f": {printable(problem.detail)}")
    console.print(head, soft_wrap=True)
    for field, message in problem.violations:
        console.print(Text.assemble("  ", (field, "bold"), f": {message}"), soft_wrap=True)
    for told in problem.advice:
        console.print(Text.assemble(("→ ", "cyan"), told), soft_wrap=True)
