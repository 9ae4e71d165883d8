"""What two fleets claim is a named conflict: both leave it alone."""

from dataclasses import replace

import pytest

from signalbox.fleets.model import Kind, Place, Power
from signalbox.fleets.spec import Account, FleetSpec, Period
from signalbox.kernel.errors import Rejected
from tests.unit.fleet_machine import Railway
from tests.unit.fleet_stories import (
    OFFICE,
    TAGS,
    assert_in_order,
    at,
    fleet,
    instance,
    powers,
    railway,
    selecting,
)
from tests.unit.fleet_world import HOME, refuse_at

ACCOUNT_ELSEWHERE = "999999999999"
ELSEWHERE = Account(role_arn=f"arn:aws:iam::{ACCOUNT_ELSEWHERE}:role/r", external_id="x1")


def rivals(*specs: FleetSpec) -> Railway:
    """Two fleets with the same instance, one of which sleeps at noon."""
    stage = railway(instance(group="nightly"), instance(2))
    for spec in specs:
        stage.registered(spec)
    return stage


NAMED = fleet("other", select=selecting(tags=None, resources=(f"ec2:{instance().id}",)))


@pytest.mark.parametrize(
    "other",
    [
        fleet("other", select=selecting(tags={"env": ("qa", "dev")})),
        NAMED,
        fleet("other", select=selecting(tags=None, group="nightly")),
    ],
    ids=["by tags", "by name", "by group"],
)
def test_two_fleets_that_claim_one_resource_are_a_named_conflict_and_nothing_alternates(
    other: FleetSpec,
) -> None:
    late = Period(days="mon-fri", from_="22:00", to="23:00")
    noon = replace(other, schedule=(replace(OFFICE, to="13:00"), late))
    stage = rivals(noon)
    for moment in (at(14), at(21), at(22, 30), at(23, 30)):
        stage.run_until(moment)
        assert powers(stage, instance().id) == {Power.RUNNING}, moment
    why = "skipped: conflict: fleet qa claims it as well; select it in one of them only"
    assert stage.outcomes(stage.run_of("other"))[instance().id] == why
    assert stage.outcomes()[instance().id] == why.replace("fleet qa", "fleet other")
    assert_in_order(stage, "qa", "other")


@pytest.mark.parametrize(
    "other",
    [
        fleet("other", mode="observe"),
        fleet("other", select=selecting(kinds=(Kind.RDS,))),
        fleet("other", select=selecting(regions=("us-east-1",))),
        fleet(
            "other",
            select=selecting(accounts=(ELSEWHERE,)),
        ),
        fleet("other", select=selecting(tags=None, group="weekly")),
        fleet("other", select=selecting(tags={**TAGS, "team": ("core",)})),
    ],
    ids=["observes", "other kind", "other Region", "other account", "other group", "other tags"],
)
def test_a_fleet_that_does_not_claim_it_is_no_rival(other: FleetSpec) -> None:
    stage = rivals(other).run_until(at(21))
    assert powers(stage) == {Power.STOPPED}


def test_a_group_that_aws_does_not_know_claims_nothing() -> None:
    stage = rivals(fleet("other", select=selecting(tags=None, group="gone")))
    stage.world.aws.refuse = refuse_at(HOME.region, Rejected("NotFoundException: no such group"), "group")
    stage.run_until(at(21))
    assert powers(stage) == {Power.STOPPED}
    assert stage.types("other")[-1] == "Fleet Run Incomplete"


def test_the_group_of_another_fleet_is_seen_with_that_fleets_own_role() -> None:
    by_tags, by_group = (replace(ELSEWHERE, role_arn=f"{ELSEWHERE.role_arn}-{n}") for n in ("tags", "group"))
    stage = railway(
        instance(group="nightly", place=replace(HOME, account=ACCOUNT_ELSEWHERE)),
        spec=fleet(select=selecting(accounts=(by_tags,))),
    )
    late = Period(days="mon-fri", from_="08:00", to="22:00")
    other = selecting(tags=None, group="nightly", accounts=(by_group,))
    stage.registered(fleet("other", select=other, schedule=(late,)))

    def refuse(operation: str, _: Kind, place: Place) -> None:
        if operation == "group" and place.role_arn == by_tags.role_arn:
            raise Rejected("AccessDenied: resource-groups:ListGroupResources")

    stage.world.aws.refuse = refuse
    for moment in (at(21), at(23)):
        stage.run_until(moment)
        assert powers(stage, instance().id) == {Power.RUNNING}, moment
    assert "fleet other claims it as well" in stage.outcomes(stage.run_of("qa"))[instance().id]
    assert_in_order(stage, "qa", "other")
