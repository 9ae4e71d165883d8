"""What fleets look like on a terminal: tables, the picture of the week, sentences."""

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType

from signalbox.kernel.clock import from_rfc3339
from signalbox_cli.fleet_run_tables import RunsTable, run_table
from signalbox_cli.fleet_savings import savings_table
from signalbox_cli.fleet_tables import FleetsTable, Forecast, fleet_table, forecast_table
from signalbox_cli.fleet_words import away, coming, savings_words, wall, why_sentences, zone_of
from signalbox_cli.output import UNBOUNDED
from signalbox_cli.plain_tables import timeline_table
from tests.unit.fleets_as_read import (
    ANNA,
    BEGINS,
    ENDS,
    HOSTILE,
    LABEL,
    NEXT_STOP,
    NOW,
    OVERRIDE,
    STARTS,
    STOPS,
    fleet,
    resource,
    run,
    saved,
    savings,
    why,
)

PARIS = ZoneInfo("Europe/Paris")
OVERRIDDEN = fleet(name="demo", override=OVERRIDE, next={**STOPS, "at": OVERRIDE["until"]})
ASLEEP = fleet(name="load", now={"state": "stopped", "reason": ""}, next=None, mode="observe")
FLEETS = {
    80: """\
fleet  now                        next
qa     ▸ running                  stops Fri 20:00, in 3 h
demo   ▸ running until Fri 22:00  stops Fri 22:00, in 5 h
load   ■ stopped                  –""",
    110: """\
fleet  now                        next                     zone          mode      owner
qa     ▸ running                  stops Fri 20:00, in 3 h  Europe/Paris  schedule  platform
demo   ▸ running until Fri 22:00  stops Fri 22:00, in 5 h  Europe/Paris  schedule  platform
load   ■ stopped                  –                        Europe/Paris  observe   platform""",
}
FLEET_100 = """\
now       ▸ running · override by user/anna: running until 2026-11-27 22:00 Europe/Paris: month-end
next      stops Fri 20:00, in 3 h (Europe/Paris) · period nights ends (mon-fri 08:00-20:00
          Europe/Paris)
override  running until Fri 22:00, by user/anna: month-end
run       f-1 is under way
warning   holidays: those of FR are known until 2030-12-31 only

name             qa
owner            platform
zone             Europe/Paris
mode             schedule
select.tags.env  qa
select.kinds     ec2, rds
schedule.0.name  nights
schedule.0.days  mon-fri
schedule.0.from  08:00
schedule.0.to    20:00
holidays         2026-12-25
order            rds, ec2 and autoscaling"""
WEEK_80 = """\
            0           6           12          18          24
Fri 27 Nov                                    ██████········     3 h
Sat 28 Nov  ················································
Sun 29 Nov  ················································
Mon 30 Nov  ················████████████████████████········    12 h
Tue  1 Dec  ················································
Wed  2 Dec  ················································
Thu  3 Dec  ················································

when (Europe/Paris)                what   why
Fri 2026-11-27 20:00  in 3 h       stop   period nights ends (mon-fri
                                          08:00-20:00 Europe/Paris)
Mon 2026-11-30 08:00  in 2 d 15 h  start  period nights begins (mon-fri
                                          08:00-20:00 Europe/Paris)
Mon 2026-11-30 20:00  in 3 d 3 h   stop   period nights ends (mon-fri
                                          08:00-20:00 Europe/Paris)"""
RUN_80 = """\
✗ incomplete · stop qa
because: period nights ends (mon-fri 08:00-20:00 Europe/Paris), by signalbox
f-1m82zdt0w014j8txc, began 2026-11-27 19:00:00 UTC, took 3 min 20 s
2 failed, 1 skipped, 3 reached

outcome     kind  why, and which
failed   2  ec2   IncorrectInstanceState: it is being terminated
                  i-4, i-5
skipped  1  ec2   spot one-time: cannot be stopped
                  i-3
reached  2  ec2   i-1, i-2
reached  1  rds   orders"""
SAVINGS_80 = """\
qa stood still, Mon 2026-11-23 00:00 to Mon 2026-11-30 00:00 (Europe/Paris)

kind    size          resources    hours  price   saved
ec2     m5.large              3  1,234.5  0.107  132.09
rds     db.t3.medium          3    300.2      –       –
in all                           1,534.8         132.09

no price is known of db.t3.medium: not counted as saved"""
RUNS = {
    80: """\
run                  action  phase         resources
f-1m82zdt0w014j8txc  stop    ✗ incomplete  2 failed, 1 skipped, 3 reached
f-1m82zdt0w014j8txc  stop    ✗ incomplete""",
    110: """\
run                  action  phase         resources                       began (UTC)       why
f-1m82zdt0w014j8txc  stop    ✗ incomplete  2 failed, 1 skipped, 3 reached  2026-11-27 19:00  period nights en…
f-1m82zdt0w014j8txc  stop    ✗ incomplete                                  2026-11-27 19:00  AccessDenied""",
}


def seen(what: RenderableType, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def week(width: int = 80, **changes: object) -> str:
    given = {
        "transitions": [STOPS, STARTS, NEXT_STOP],
        "zone": PARIS,
        "begin": NOW,
        "end": NOW + timedelta(days=14),
        "running": True,
    }
    return seen(forecast_table(Forecast(**given | changes), NOW), width)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 110])
def test_fleets_have_a_line_each_with_what_comes_next(width: int) -> None:
    assert seen(FleetsTable([fleet(), OVERRIDDEN, ASLEEP], NOW), width) == FLEETS[width]


def test_a_fleet_is_told_with_what_it_is_meant_to_be_and_why() -> None:
    reason = f"override by {ANNA}: running until 2026-11-27 22:00 Europe/Paris: month-end"
    warning = "holidays: those of FR are known until 2030-12-31 only"
    told = fleet(
        now={"state": "running", "reason": reason}, override=OVERRIDE, run_id="f-1", warnings=[warning]
    )
    assert seen(fleet_table(told, NOW), 100) == FLEET_100


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-27T19:00:00Z", "Fri 20:00"),
        ("2026-11-21T19:00:00Z", "Sat 20:00"),
        ("2026-12-03T19:00:00Z", "Thu 20:00"),
        ("2026-12-04T19:00:00Z", "Fri 4 Dec 20:00"),
        ("2027-01-01T07:00:00Z", "Fri 1 Jan 2027 08:00"),
    ],
)
def test_a_moment_further_than_a_week_has_its_date(at: str, told: str) -> None:
    assert wall(at, PARIS, NOW) == told


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2026-11-27T15:00:00Z", "now"),
        ("2026-11-27T16:00:59Z", "in less than a minute"),
        ("2026-11-27T19:12:34Z", "in 3 h 12 min"),
        ("2026-12-27T16:00:00Z", "in 30 d"),
    ],
)
def test_how_far_a_moment_is_away_is_told_to_the_minute(at: str, told: str) -> None:
    assert away(at, NOW) == told


def test_a_zone_that_this_machine_does_not_know_is_utc_and_says_so() -> None:
    assert zone_of("Mars/Base") is UTC
    assert coming(STOPS, UTC, NOW) == "stops Fri 19:00, in 3 h"
    assert "(UTC)" in seen(fleet_table(fleet(zone="Mars/Base"), NOW))


def test_a_forecast_is_a_picture_of_the_week_and_a_list() -> None:
    assert week() == WEEK_80


@pytest.mark.parametrize("width", [60, UNBOUNDED])
def test_there_is_no_picture_where_it_is_narrow_nor_in_a_pipe(width: int) -> None:
    told = week(width)
    assert told.startswith("when (Europe/Paris)")
    assert "in 2 d 15 h" in told


def test_a_picture_ends_where_the_forecast_does() -> None:
    told = week(end=from_rfc3339("2026-11-28T11:00:00Z")).splitlines()
    assert told[2] == f"Sat 28 Nov  {'·' * 24}"
    assert told[3] == ""


def test_what_is_before_the_first_transition_is_its_contrary() -> None:
    begin = datetime(2026, 11, 29, 23, tzinfo=UTC)
    told = week(begin=begin, transitions=[STARTS, NEXT_STOP], running=None).splitlines()
    assert told[1].split() == ["Mon", "30", "Nov", f"{'·' * 16}{'█' * 24}{'·' * 8}", "12", "h"]
    told = week(begin=begin, transitions=[NEXT_STOP], running=None).splitlines()
    assert told[1].split() == ["Mon", "30", "Nov", f"{'█' * 40}{'·' * 8}", "20", "h"]


def test_a_forecast_without_transitions_says_so() -> None:
    assert "24 h" in week(transitions=[]).splitlines()[2]
    assert "·" in week(transitions=[], running=False).splitlines()[2]
    assert week(transitions=[], running=None) == "nothing changes in this time"


def test_a_run_is_told_by_outcome_and_reason_with_names() -> None:
    assert seen(run_table(run())) == RUN_80


@pytest.mark.parametrize("width", [80, 110])
def test_runs_have_a_line_each_with_what_became_of_the_resources(width: int) -> None:
    broken = run(counts={}, failure="AccessDenied", resources=[])
    assert seen(RunsTable([run(), broken]), width) == RUNS[width]


def test_a_run_that_goes_on_is_counted_by_its_resources() -> None:
    going = run(phase="running", ended_at=None, counts={}, resources=[resource("i-1", "asked")])
    assert "1 asked" in seen(run_table(going)).splitlines()
    empty = run(phase="pending", ended_at=None, counts={}, resources=[])
    assert len(seen(run_table(empty)).splitlines()) == 3


def test_a_run_that_found_nothing_says_so() -> None:
    counts = dict.fromkeys(("reached", "failed"), 0)
    found_nothing = run(phase="succeeded", counts=counts, resources=[])
    assert "none is selected" in seen(run_table(found_nothing))
    assert "none is selected" in seen(RunsTable([found_nothing]))


def test_of_many_resources_some_are_named_and_of_those_that_failed_more() -> None:
    many = [resource(f"i-{number}", "reached") for number in range(1000)]
    many += [resource(f"x-{number}", "failed", "no") for number in range(50)]
    told = seen(run_table(run(resources=many)), 400)
    assert "and 988 more (-o json names all)" in told
    assert "x-49" in told


def test_savings_are_told_by_kind_and_size_and_what_has_no_price_is_named() -> None:
    assert seen(savings_table(savings(), PARIS)) == SAVINGS_80
    unknown = savings(items=[saved("autoscaling", "", 3.0)], savings=None, unpriced=[""])
    assert "no price is known of the unknown size" in seen(savings_table(unknown, PARIS))
    assert seen(savings_table(savings(items=[], unpriced=[]), PARIS)).endswith(
        "nothing that the record knows of"
    )


def test_savings_are_told_in_hours_and_in_the_money_of_the_fleet() -> None:
    saved = {"m5.large": 120.5, "db.t3.medium": 12.0}
    assert savings_words(run()) == ""
    assert savings_words(run(saved=saved)) == "120.5 h of m5.large, 12 h of db.t3.medium stood still"
    assert savings_words(run(saved=saved, savings=17.5)).endswith("stood still; 17.50 by the fleet's prices")
    assert "stood still" in seen(run_table(run(saved=saved, failure="AccessDenied")))


@pytest.mark.parametrize(("state", "done"), [("running", "started"), ("stopped", "stopped")])
def test_why_says_what_somebody_else_has_done_since(state: str, done: str) -> None:
    seen_ = {"state": state, "reason": "it should not be", "at": "2026-11-26T21:00:00.000Z"}
    told = list(why_sentences(why(seen=seen_), PARIS, NOW))[2]
    assert told == f"Somebody else has {done} it since, Thu 22:00: it should not be."


def test_why_is_three_sentences() -> None:
    assert list(why_sentences(why(), PARIS, NOW)) == [
        f"i-1 of qa is meant to be stopped: outside {LABEL}.",
        f"It was last stopped Thu 20:03 by signalbox (run f-1m82zdt0w014j8txc): {ENDS}.",
        f"The fleet starts Mon 08:00, in 2 d 15 h (Europe/Paris): {BEGINS}.",
    ]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("skipped", "left it as it was: no"),
        ("failed", "failed: no"),
        ("waiting", "not asked for it yet: no"),
        ("asked", "waits until it is there: no"),
        ("busy", "waits until nothing else works on it: no"),
    ],
)
def test_why_tells_what_was_last_done(outcome: str, told: str) -> None:
    last = {**why()["last"], "outcome": outcome, "reason": "no."}
    assert told in list(why_sentences(why(last=last), PARIS, NOW))[1]


def test_why_tells_an_override_once() -> None:
    asked = list(why_sentences(why(override=OVERRIDE, reason="asked for by hand"), PARIS, NOW))
    assert asked[1] == "An override is in force: running until Fri 22:00, by user/anna: month-end."
    reason = f"override by {ANNA}: running until 2026-11-27 22:00 Europe/Paris: month-end"
    told = " ".join(why_sentences(why(override=OVERRIDE, reason=reason), PARIS, NOW))
    assert told.count("month-end") == 1


def test_why_says_what_it_does_not_know() -> None:
    told = list(why_sentences(why(last=None, next=None), PARIS, NOW))
    assert told == [
        f"qa is meant to be stopped: outside {LABEL}.",
        "No recent run has met i-1: it may be new, or not belong to this fleet.",
        "No transition comes.",
    ]


def test_a_timeline_tells_who_did_what() -> None:
    events = [
        {"at": "2026-11-27T15:00:00.000Z", "type": "Fleet Applied", "actor": ANNA, "reason": ""},
        {"at": STOPS["at"], "type": "Fleet Stopped", "actor": "signalbox", "reason": "3 stopped, 0 failed"},
    ]
    assert seen(timeline_table(events)) == (
        "UTC                  what           why\n"
        "2026-11-27 15:00:00  Fleet Applied  by user/anna\n"
        "2026-11-27 19:00:00  Fleet Stopped  3 stopped, 0 failed"
    )


@pytest.mark.parametrize("width", [40, 90, 200])
def test_what_others_have_named_steers_nothing(width: int) -> None:
    transition = {**STOPS, "action": HOSTILE, "reason": HOSTILE}
    now = {"state": HOSTILE, "reason": HOSTILE}
    override = {**OVERRIDE, "state": HOSTILE, "reason": HOSTILE, "by": HOSTILE}
    named = {"name": HOSTILE, "owner": HOSTILE, "zone": HOSTILE, "mode": HOSTILE, "warnings": [HOSTILE]}
    bad = fleet(**named, now=now, next=transition, override=override, run_id=HOSTILE)
    texts = {"run_id": HOSTILE, "phase": HOSTILE, "action": HOSTILE, "reason": HOSTILE, "by": HOSTILE}
    saved = {"saved": {HOSTILE: 1.0}, "counts": {HOSTILE: 1}}
    stranger = resource(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    ran = run(**texts, **saved, fleet=HOSTILE, failure=HOSTILE, resources=[stranger])
    event = {"at": STOPS["at"], "type": HOSTILE, "actor": HOSTILE, "reason": HOSTILE}
    forecast = Forecast(transitions=[transition], zone=PARIS, begin=NOW, end=NOW + timedelta(days=7))
    last = {**why()["last"], **texts, "outcome": HOSTILE}
    asked = why(fleet=HOSTILE, resource=HOSTILE, state=HOSTILE, reason=HOSTILE, override=override, last=last)
    for told in (
        FleetsTable([bad], NOW),
        fleet_table(bad, NOW),
        forecast_table(forecast, NOW),
        RunsTable([ran]),
        run_table(ran),
        timeline_table([event]),
    ):
        text = seen(told, width)
        assert "[red]" in text
        assert not {"\x1b", "\x07"} & set(text)
    sentences = "\n".join(why_sentences(asked, PARIS, NOW))
    assert "[red]" in sentences
    assert not {"\x1b", "\x07"} & set(sentences)
