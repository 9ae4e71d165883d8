"""What a fleet may not say: each violation names its field and what would be right."""

import json
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from signalbox.fleets.model import Kind
from signalbox.fleets.schedule.calendar import schedule_of, violations
from signalbox.fleets.schedule.zones import read_zone
from signalbox.fleets.spec import Account, FleetSpec, Period, Select
from signalbox.kernel.errors import Invalid
from tests.unit.fleet_schedules import NIGHTS, fleet, on, weekly

ROLE = "arn:aws:iam::123456789012:role/signalbox-fleets"
TAGS = {"env": ("qa",)}


def _wrong(spec: FleetSpec) -> dict[str, str]:
    return {one.field: one.message for one in violations(spec)}


def test_a_fleet_as_the_api_reads_it_is_right() -> None:
    body = {
        "name": "qa", "owner": "platform", "zone": "Europe/Paris", "mode": "enforce",
        "select": {
            "tags": {"env": ["qa"]}, "kinds": ["ec2", "autoscaling", "rds"], "regions": ["eu-west-1"],
            "accounts": [{"role_arn": ROLE, "external_id": "secret"}],
        },
        "schedule": [
            {"days": "mon-fri", "from": "08:00", "to": "20:00"},
            {"name": "on call", "from": "fri 20:00", "to": "mon 08:00"},
            {"start": "cron(0 8 ? * MON-FRI *)", "stop": "cron(0 20 LW * ? *)"},
            {"stop": "cron(0 20 * * ? *)"},
        ],
        "holidays": ["2026-12-25", "FR", "DE-BY"],
        "calendar": "arn:aws:ssm:eu-west-1:123456789012:document/freeze",
        "order": [["rds"], ["ec2", "autoscaling"]],
    }  # fmt: skip
    spec = TypeAdapter(FleetSpec).validate_json(json.dumps(body))
    assert violations(spec) == []
    read = schedule_of(spec)
    assert (len(read.periods), read.zone.key) == (4, "Europe/Paris")


@pytest.mark.parametrize(
    ("period", "field", "message"),
    [
        (Period(), "", "it says nothing of when: give days, from and to"),
        (Period(name="nights"), "", "it says nothing of when"),
        (replace(NIGHTS, stop="cron(0 20 * * ? *)"), "", "days, from, to, stop do not go together"),
        (Period(days="mon", to="20:00"), "from", "give a time from 00:00 to 24:00, such as 08:00"),
        (Period(days="mon", from_="08:00"), "to", "give a time from 00:00 to 24:00, such as 20:00"),
        (on("mon", "mon 08:00", "20:00"), "from", "give a time from 00:00 to 24:00"),
        (on("mon", "24:00", "20:00"), "from", "24:00 is the end of a day: write 00:00 of the day after"),
        (on("mon", "8", "20:00"), "from", "such as 08:00"),
        (on("mon", "08:00", "24:01"), "to", "such as 20:00"),
        (on("mon", "08:00", "20:60"), "to", "such as 20:00"),
        (
            on("weekdays", "08:00", "20:00"),
            "days",
            "'weekdays' is not a day: write mon, mon-fri, sat,sun or daily",
        ),
        (
            Period(from_="08:00", to="20:00"),
            "days",
            "give the days, such as mon-fri or daily, or begin from and to",
        ),
        (Period(to="fri 20:00"), "from", "give a weekday and a time, such as mon 08:00"),
        (weekly("mon 08:00", "20:00"), "to", "give a weekday and a time, such as fri 20:00"),
        (weekly("monday 08:00", "fri 20:00"), "from", "give a weekday and a time, such as mon 08:00"),
        (weekly("mon", "fri 20:00"), "from", "such as mon 08:00"),
        (weekly("mon 24:00", "fri 20:00"), "from", "24:00 is the end of a day"),
        (Period(start="0 8 * * ? *"), "start", "such as cron(0 8 ? * MON-FRI *)"),
        (Period(stop="cron(0 25 * * ? *)"), "stop", "Invalid hour value '25'"),
    ],
)
def test_a_period_says_what_is_wrong_with_it(period: Period, field: str, message: str) -> None:
    wrong = _wrong(fleet(NIGHTS, period))
    assert list(wrong) == [f"schedule.1.{field}".rstrip(".")]
    assert message in next(iter(wrong.values()))


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Europe/Pariss", "did you mean Europe/Paris?"),
        ("america/new_york", "did you mean America/New_York?"),
        ("ist", "Europe/Paris is one"),
        ("", "Europe/Paris is one"),
        ("Europe", "did you mean"),
        ("../etc/passwd", "is not the IANA name of a time zone"),
        ("posix/Europe/Paris", "did you mean Europe/Paris?"),
        ("localtime", "is not the IANA name of a time zone"),
        ("+01:00", "is not the IANA name of a time zone"),
    ],
)
def test_zones_have_iana_names(zone: str, hint: str) -> None:
    wrong = _wrong(fleet(NIGHTS, zone=zone))
    assert list(wrong) == ["zone"]
    assert hint in wrong["zone"]


def test_a_zone_is_known_by_its_name() -> None:
    assert read_zone("Australia/Lord_Howe").key == "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "2026-02-29",
            "2026-02-29 is not a day (day is out of range for month): write a date such as 2026-12-25",
        ),
        ("20261225", "'20261225' is neither a date such as 2026-12-25 nor the code"),
        ("fr", "did you mean FR?"),
        ("DE-BYY", "did you mean DE-BY?"),
        ("?!", "FR and DE-BY are some"),
    ],
)
def test_holidays_are_dates_or_calendars(text: str, message: str) -> None:
    wrong = _wrong(fleet(NIGHTS, holidays=("2026-12-25", text)))
    assert list(wrong) == ["holidays.1"]
    assert message in wrong["holidays.1"]


@pytest.mark.parametrize(
    ("select", "field", "message"),
    [
        (Select(), "select", "give tags, group or resources"),
        (Select(tags=TAGS, kinds=(Kind.EC2, Kind.EC2)), "select.kinds.1", "ec2 is named already"),
        (Select(group="qa", regions=("a", "b", "a")), "select.regions.2", "a is named already"),
        (Select(resources=("i-1", "i-1")), "select.resources.1", "i-1 is named already"),
        (
            Select(tags=TAGS, accounts=(Account(role_arn="arn:aws:iam::1:role/x", external_id="secret"),)),
            "select.accounts.0.role_arn",
            "arn:aws:iam::<account>:role/<name>",
        ),
        (
            Select(tags=TAGS, accounts=(Account(role_arn=ROLE, external_id="one"),) * 2),
            "select.accounts.1.role_arn",
            "is named already",
        ),
    ],
)
def test_a_selection_says_what_belongs_to_the_fleet_and_says_it_once(
    select: Select, field: str, message: str
) -> None:
    wrong = _wrong(fleet(NIGHTS, select=select))
    assert list(wrong) == [field]
    assert message in wrong[field]


def test_each_kind_has_one_place_in_the_order() -> None:
    spec = replace(fleet(NIGHTS), order=((Kind.RDS,), (Kind.EC2, Kind.RDS), (Kind.EC2,)))
    assert _wrong(spec) == {
        "order.1": "rds has its place already: name each kind once",
        "order.2": "ec2 has its place already: name each kind once",
    }


def test_a_calendar_is_a_document() -> None:
    wrong = _wrong(fleet(NIGHTS, calendar="arn:aws:iam::123456789012:role/x"))
    assert list(wrong) == ["calendar"]
    assert "arn:aws:ssm:<region>:<account>:document/<name>" in wrong["calendar"]


def test_enforce_needs_a_time_at_which_the_fleet_may_run() -> None:
    stops = Period(stop="cron(0 20 * * ? *)")
    assert list(_wrong(fleet(stops, mode="enforce"))) == ["mode"]
    assert _wrong(fleet(stops, NIGHTS, mode="enforce")) == _wrong(fleet(stops)) == {}


def test_a_fleet_has_a_period() -> None:
    assert list(_wrong(fleet(mode="enforce"))) == ["schedule"]


def test_reading_a_wrong_schedule_names_every_field() -> None:
    spec = fleet(on("x", "y", "z"), Period(), zone="ist", holidays=("??",))
    with pytest.raises(Invalid) as refusal:
        schedule_of(spec)
    fields = [one.field for one in refusal.value.violations]
    assert sorted(fields) == [
        "holidays.0", "schedule.0.days", "schedule.0.from", "schedule.0.to", "schedule.1", "zone",
    ]  # fmt: skip
