"""Which kind a named resource is of."""

import pytest

from signalbox.fleets.model import Kind, Place
from signalbox.fleets.named import id_in, own, unclear
from signalbox.fleets.spec import Select

PLACE = Place(region="eu-west-1", account="123456789012")
ARNS = {
    Kind.EC2: ("arn:aws:ec2:eu-west-1:123456789012:instance/i-0abc", "i-0abc"),
    Kind.AUTOSCALING: (
        "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1-2:autoScalingGroupName/a b/c:d",
        "a b/c:d",
    ),
    Kind.RDS: ("arn:aws:rds:eu-west-1:123456789012:db:orders", "orders"),
    Kind.CLUSTER: ("arn:aws:rds:eu-west-1:123456789012:cluster:orders", "orders"),
    Kind.ECS: ("arn:aws:ecs:eu-west-1:123456789012:service/shop/web", "shop/web"),
    Kind.BEANSTALK: ("arn:aws:elasticbeanstalk:eu-west-1:123456789012:environment/app/web", "web"),
    Kind.WORKSPACES: ("arn:aws:workspaces:eu-west-1:123456789012:workspace/ws-0123456789", "ws-0123456789"),
    Kind.APPSTREAM: ("arn:aws:appstream:eu-west-1:123456789012:fleet/desks", "desks"),
}


@pytest.mark.parametrize("kind", Kind)
def test_an_arn_is_of_one_kind(kind: Kind) -> None:
    arn, id_ = ARNS[kind]
    assert {each: id_in(arn, each) for each in Kind if id_in(arn, each)} == {kind: id_}


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1",
        "arn:aws:rds:eu-west-1:123456789012:snapshot:orders",
        "arn:aws:ecs:eu-west-1:123456789012:service/of-the-old-form",
        "arn:aws:rds",
    ],
)
def test_what_cannot_start_and_stop_is_of_none(arn: str) -> None:
    assert not any(id_in(arn, kind) for kind in Kind)
    assert unclear(Select(resources=(arn,))) == (arn,)


@pytest.mark.parametrize("kind", Kind)
def test_an_arn_belongs_where_it_says(kind: Kind) -> None:
    arn, id_ = ARNS[kind]
    assert own(Select(resources=(arn,)), kind, PLACE) == (id_,)
    assert own(Select(resources=(arn.replace("eu-west-1", "eu-west-2"),)), kind, PLACE) == ()
    assert own(Select(resources=(arn.replace("123456789012", "222222222222"),)), kind, PLACE) == ()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("i-0123456789abcdef0", Kind.EC2), ("shop/web", Kind.ECS), ("ws-0123456789", Kind.WORKSPACES)],
)
def test_some_ids_show_their_kind(name: str, kind: Kind) -> None:
    assert {each for each in Kind if own(Select(resources=(name,)), each, PLACE)} == {kind}


def test_a_plain_name_needs_to_say_what_it_is() -> None:
    assert unclear(Select(resources=("orders", "rds:orders"))) == ("orders",)
    assert own(Select(resources=("rds:Orders",)), Kind.RDS, PLACE) == ("orders",)
    assert own(Select(resources=("rds:orders",)), Kind.CLUSTER, PLACE) == ()
    assert own(Select(resources=("autoscaling:a/b",)), Kind.AUTOSCALING, PLACE) == ("a/b",)


def test_a_plain_name_is_clear_where_one_kind_only_goes_by_names() -> None:
    select = Select(resources=("orders",), kinds=(Kind.EC2, Kind.RDS))
    assert own(select, Kind.RDS, PLACE) == ("orders",)
    assert unclear(select) == ()


def test_what_is_named_of_a_kind_that_the_fleet_has_not_is_unclear() -> None:
    select = Select(resources=("i-0123456789abcdef0",), kinds=(Kind.RDS,))
    assert own(select, Kind.EC2, PLACE) == ()
    assert unclear(select) == ("i-0123456789abcdef0",)


def test_what_is_named_twice_counts_once() -> None:
    arn, id_ = ARNS[Kind.RDS]
    assert own(Select(resources=(arn, f"rds:{id_}", arn)), Kind.RDS, PLACE) == (id_,)
