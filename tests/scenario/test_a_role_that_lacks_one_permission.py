"""Each statement of each function's role is needed: without it AWS refuses, and somebody can see that."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from http import HTTPStatus

import pytest

from signalbox_local.policies import Verdict, evaluate
from tests.contract.permissions import statements_of
from tests.contract.template import resources, template
from tests.scenario.conftest import serving
from tests.scenario.medley import FLEET, play
from tests.scenario.roles import name_of, policies_of, role_of
from tests.scenario.world import World

Permissions = set[tuple[str, ...]]  # an action, and the resources of which one must do
UNUSED: dict[tuple[str, str], str] = {}


def _statements() -> list[tuple[str, str]]:
    """Function and statement, of all functions of the template."""
    functions = resources(template(), "AWS::Serverless::Function")
    return [(name, name_of(found)) for name in functions for found in statements_of(f"{name}Role")]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own: roles are changed in it, and all of its calls are looked at."""
    options = ("--parameter", f"InstanceRoleArns=arn:aws:iam::123456789012:role/{FLEET}")
    with serving(tmp_path_factory.mktemp("stage"), *options) as runtime:
        yield World(runtime)


@pytest.fixture(scope="module")
def used(stage: World) -> Mapping[str, Permissions]:
    """What each role was allowed to do in rollouts of every kind."""
    play(stage)
    found: defaultdict[str, Permissions] = defaultdict(set)
    for call in stage.calls():
        kind, _, name = call["principal"].rpartition(":")[2].partition("/")
        if kind in ("assumed-role", "role") and call["status"] == HTTPStatus.OK:
            role = name.partition("/")[0]
            found[role] |= {tuple(permission) for permission in call["permissions"]}
    return found


def _is_needed(stage: World, function: str, statement: str, used: Mapping[str, Permissions]) -> bool:
    """Whether a call that was made would have been refused without it."""
    role = role_of(stage, function)
    policies = policies_of(stage, role)
    assert [one for policy in policies for one in policy.statements if name_of(one) == statement]
    documents = tuple(policy.without(statement) for policy in policies)
    return any(not _is_allowed(documents, permission) for permission in used[role])


def _is_allowed(documents: tuple[str, ...], permission: tuple[str, ...]) -> bool:
    action, *anywhere = permission
    return any(evaluate(documents, action, place).verdict is Verdict.ALLOWED for place in anywhere)


@pytest.mark.parametrize(("function", "statement"), _statements())
def test_without_this_statement_a_call_would_be_refused(
    stage: World, used: Mapping[str, Permissions], function: str, statement: str
) -> None:
    needed = _is_needed(stage, function, statement, used)
    assert needed is ((function, statement) not in UNUSED)
