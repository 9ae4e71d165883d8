"""Each statement of each role of compliance is needed: without it a call would have been refused."""

from collections.abc import Iterator

import pytest

from tests.contract.permissions import statements_of
from tests.contract.template import resources, template
from tests.scenario.compliance import BY_CONFIG
from tests.scenario.compliance_medley import KEYS, is_of_compliance, play_findings
from tests.scenario.conftest import serving
from tests.scenario.roles import Roles, name_of
from tests.scenario.world import World

UNPLAYED = {
    ("AwaitApprovalFunction", "TellWhatHappened"): "an execution that has been overtaken, and died before",
}
STATEMENTS = [
    (name, name_of(found))
    for name in resources(template(), "AWS::Serverless::Function")
    for found in statements_of(f"{name}Role")
    if is_of_compliance(name, name_of(found))
]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A runtime of its own: roles are changed in it, and all of its calls are looked at."""
    key = ("--parameter", f"VolumeKeyArns={KEYS}")
    with serving(tmp_path_factory.mktemp("stage"), *BY_CONFIG, *key) as runtime:
        yield World(runtime)


@pytest.fixture(scope="module")
def roles(stage: World) -> Roles:
    """With what each was allowed to do."""
    play_findings(stage)
    return Roles(stage)


@pytest.mark.parametrize(("function", "statement"), STATEMENTS)
def test_without_this_statement_a_call_would_be_refused(roles: Roles, function: str, statement: str) -> None:
    assert roles.function_needs(function, statement) or (function, statement) in UNPLAYED
