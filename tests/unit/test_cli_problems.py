"""What went wrong, in words: the problem's title, each violation, and what to do."""

from urllib.error import URLError

import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
)

from signalbox_cli.asking import Answer, NotTheApi, Refused, accepted
from signalbox_cli.connection import Misconfigured
from signalbox_cli.problems import explain, show
from signalbox_cli.refusals import BUG, REFUSED, Problem, of_answer

PROBLEM = {
    "title": "Bad Request",
    "status": 400,
    "detail": "the request contradicts itself",
    "violations": [{"field": "strategy.every", "message": "preset canary does not take it"}],
}
SHOWN = """\
✗ Bad Request (400): the request contradicts itself
  strategy.every: preset canary does not take it
→ mend what is named and send it again; docs/rollouts.md describes each field
"""


def test_a_problem_is_shown_with_each_violation_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show(of_answer(400, PROBLEM))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == SHOWN


@pytest.mark.parametrize("status", [404, 409, 413, 422, 429, 503])
def test_each_refusal_says_what_to_do(status: int) -> None:
    assert of_answer(status, {**PROBLEM, "violations": []}).advice


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("The security token included in the request is expired", "expired"),
        ("The security token included in the request is invalid.", "--profile"),
        ("Signature expired: 20261123T010000Z is now earlier than …", "clock"),
        ("Credential should be scoped to a valid region, not 'us-east-1'.", "--region"),
        ("The request signature we calculated does not match the signature you provided.", "secret key"),
        ("Missing Authentication Token", "/v1"),
        ("User: arn:… is not authorized to perform: execute-api:Invoke", "#callers"),
        ("Forbidden", "SIGNALBOX_API_KEY"),
    ],
)
def test_what_api_gateway_says_of_a_caller_is_translated(message: str, advice: str) -> None:
    found = of_answer(403, {"message": message})
    assert (found.title, found.detail) == ("Forbidden (403)", message)
    assert advice in found.advice[0]


def test_api_gateway_writes_its_message_in_two_ways() -> None:
    assert of_answer(403, {"Message": "not authorized"}).detail == "not authorized"


def test_too_many_requests_ask_for_patience() -> None:
    assert "wait" in of_answer(429, {"message": "Too Many Requests"}).advice[0]


@pytest.mark.parametrize("body", ["<html>\x1b[2J" + "x" * 1000, None, [1], {"error": "no"}])
def test_an_answer_that_is_not_ours_is_told_as_such(body: object) -> None:
    found = of_answer(502, body)
    assert "not in the words of Signalbox" in found.title
    assert "\x1b" not in found.detail
    assert len(found.detail) <= 300


def test_a_status_that_nobody_knows_is_no_problem() -> None:
    assert of_answer(599, {"message": "?"}).title == "An unknown status (599)"


def test_a_problem_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "[red]x[/red]\x1b]0;owned\x07\nsecond line"
    body = {"title": hostile, "detail": hostile, "violations": [{"field": hostile, "message": hostile}, "?"]}
    show(of_answer(400, body))
    told = capsys.readouterr().err
    assert "[red]x[/red]" in told
    assert not {"\x1b", "\x07"} & set(told)
    assert len(told.splitlines()) == 4


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), "cannot be reached"),
        (ReadTimeoutError(endpoint_url="https://x"), "did not answer in time"),
        (SSOTokenLoadError(error_msg="does not exist"), "credentials"),
        (SSLError(endpoint_url="https://x", error=OSError("self-signed")), "certificate"),
        (NoCredentialsError(), "credentials"),
        (ProfileNotFound(profile="mine"), "credentials"),
        (TokenRetrievalError(provider="sso", error_msg="has expired"), "credentials"),
        (URLError("refused"), "local runtime"),
        (NotTheApi("something else"), "something else"),
        (Misconfigured("no URL", "give one"), "no URL"),
        (FileNotFoundError(2, "No such file or directory", "x.yaml"), "No such file"),
    ],
)
def test_what_hinders_a_request_is_told_in_words(problem: Exception, told: str) -> None:
    found = explain(problem)
    assert told in found.title
    assert found.exit_code == REFUSED


def test_what_nobody_expected_is_told_as_a_bug() -> None:
    found = explain(KeyError("phase"))
    assert found == Problem(
        title="a bug in signalbox",
        detail="KeyError: 'phase'",
        advice=("SIGNALBOX_DEBUG=1 shows where; please report it",),
        exit_code=BUG,
    )


def test_an_answer_is_accepted_only_as_the_api_gives_it() -> None:
    assert accepted("GET", "/x", Answer(status=200, body={"items": []}), holds="items") == {"items": []}
    with pytest.raises(NotTheApi):
        accepted("GET", "/x", Answer(status=200, body="<html>"), holds="items")
    with pytest.raises(Refused) as refused:
        accepted("GET", "/x", Answer(status=409, body=PROBLEM))
    assert explain(refused.value).title == "Bad Request (409)"
