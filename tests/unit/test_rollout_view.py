"""A rollout on a terminal, as text: what people see at two widths."""

import io
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

from signalbox_cli.rollout_view import SharesBar, clocks_table, rollout_view, steps_line, timeline_table
from signalbox_cli.rollout_words import countdown, span, whole
from tests.unit.rollouts_as_read import COPY, EVENTS, NOW, STEPS, compared, judged, rolled_back, rollout


def seen(what: RenderableType, width: int = 80) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


VIEW_80 = """\
╭─ checkout · r-1m830aat7rettgdwm ─────────────────────────────────────────────╮
│ version   ami-48cb833d4c51c97cd → ami-45ad14c99d5f86d54                      │
│ phase     ◔ holding · watching the guards for 30 s · 27 s left               │
│ steps     3/4  ✓ provision 100 % › ✓ shift 100 % › ▸ bake 30s › retire       │
│ traffic   █ stable  ▒ candidate                                              │
│           wanted ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   0 % 100 %                  │
│           actual ████████████████████████▒▒▒▒▒▒  80 %  20 %                  │
│ guards    ✓ checkout-5xx  ok                                                 │
│           ✗ checkout-5xx (candidate)  in alarm: Threshold Crossed: 1 out of… │
│           · unhealthy-hosts (candidate)  no data yet                         │
│ timeline  01:27:59  Rollout Requested     make demo                          │
│           01:27:59  Rollout Started       checkout from ami-1 to ami-2       │
│           01:28:01  Capacity Provisioned  4 of 4 candidate instances are he… │
│           01:28:02  Rollout Held          watching the guards for 30 s       │
╰───────────────────────────────────────────────────── 5 s · by user/deployer ─╯"""

VIEW_50 = """\
╭─ checkout · r-1m830aat7rettgdwm ───────────────╮
│ version   ami-48cb833d4c51c97cd →              │
│           ami-45ad14c99d5f86d54                │
│ phase     ◔ holding · watching the guards for  │
│           30 s · 27 s left                     │
│ steps     3/4  ✓ provision 100 % › ✓ shift 100 │
│           % › ▸ bake 30s › retire              │
│ traffic   █ stable  ▒ candidate                │
│           wanted ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   0 % 100 % │
│           actual ██████████████▒▒▒  80 %  20 % │
│ guards    ✓ checkout-5xx  ok                   │
│           ✗ checkout-5xx (candidate)  in alar… │
│           · unhealthy-hosts (candidate)  no d… │
│ timeline  01:27:59  Rollout Requested     mak… │
│           01:27:59  Rollout Started       che… │
│           01:28:01  Capacity Provisioned  4 o… │
│           01:28:02  Rollout Held          wat… │
╰─────────────────────── 5 s · by user/deployer ─╯"""

JUDGED_80 = """\
╭─ checkout · r-1m830aat7rettgdwm ─────────────────────────────────────────────╮
│ version   ami-48cb833d4c51c97cd → ami-45ad14c99d5f86d54                      │
│ phase     ◔ holding · watching the guards for 30 s · 27 s left               │
│ steps     3/4  ✓ provision 100 % › ✓ shift 100 % › ▸ bake 30s › retire       │
│ traffic   █ stable  ▒ candidate                                              │
│           wanted ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   0 % 100 %                  │
│           actual ████████████████████████▒▒▒▒▒▒  80 %  20 %                  │
│ capacity  stable     4 of 4 healthy            checkout, version 1           │
│           candidate  2 of 3 healthy, 4 wanted  checkout-sb-ettgdwm, version… │
│ guards    alarm                verdict       value  limit  samples  since    │
│           ✓ checkout-5xx       ok             0.25    > 5        2  01:28:00 │
│           ✗ checkout-5xx       in alarm     1234.6    > 5        1  01:28:00 │
│           (candidate)                                                        │
│           · unhealthy-hosts    no data yet       –      –        –  –        │
│           (candidate)                                                        │
│ timeline  01:27:59  Rollout Requested     make demo                          │
│           01:27:59  Rollout Started       checkout from ami-1 to ami-2       │
│           01:28:01  Capacity Provisioned  4 of 4 candidate instances are he… │
│           01:28:02  Rollout Held          watching the guards for 30 s       │
╰───────────────────────────────────────────────────── 5 s · by user/deployer ─╯"""

JUDGED_40 = """\
╭─ checkout · r-1m830aat7rettgdwm ─────╮
│ version                              │
│  ami-48cb833d4c51c97cd →             │
│  ami-45ad14c99d5f86d54               │
│ phase                                │
│  ◔ holding · watching the guards for │
│  30 s · 27 s left                    │
│ steps                                │
│  3/4  ✓ provision 100 % › ✓ shift    │
│  100 % › ▸ bake 30s › retire         │
│ traffic                              │
│  █ stable  ▒ candidate               │
│  wanted ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒   0 % 100 % │
│  actual █████████████▒▒▒  80 %  20 % │
│ capacity                             │
│  stable     4 of 4 healthy           │
│  candidate  2 of 3 healthy, 4 wanted │
│ guards                               │
│  ✓ checkout-5xx                      │
│    ok · 0.25, 2 samples · > 5        │
│  ✗ checkout-5xx (candidate)          │
│    in alarm · 1234.6, 1 sample · > 5 │
│  · unhealthy-hosts (candidate)       │
│    no data yet                       │
│ timeline                             │
│  01:27:59  Rollout Requested     ma… │
│  01:27:59  Rollout Started       ch… │
│  01:28:01  Capacity Provisioned  4 … │
│  01:28:02  Rollout Held          wa… │
╰───────────── 5 s · by user/deployer ─╯"""

TIMELINE_80 = """\
UTC        after  what                  why
01:27:59  0.00 s  Rollout Requested     make demo · by user/deployer
01:27:59  0.16 s  Rollout Started       checkout from ami-1 to ami-2
01:28:01  2.30 s  Capacity Provisioned  4 of 4 candidate instances are healthy
01:28:02  3.20 s  Rollout Held          watching the guards for 30 s"""

CLOCKS = """\
errors    01:28:02.780
detected  01:28:10.294  7.51 s later
acted     01:28:10.424  0.13 s later
restored  01:28:10.546  0.12 s later"""


def test_a_view_tells_phase_steps_shares_guards_and_what_happened_last() -> None:
    assert seen(rollout_view(rollout(), EVENTS, NOW)) == VIEW_80


def test_a_narrow_terminal_gets_the_same_in_more_lines() -> None:
    assert seen(rollout_view(rollout(), EVENTS, NOW), width=50) == VIEW_50


@pytest.mark.parametrize(("width", "view"), [(80, JUDGED_80), (40, JUDGED_40)])
def test_guards_have_figures_and_both_sides_their_health(width: int, view: str) -> None:
    assert seen(rollout_view(judged(), EVENTS, NOW), width) == view


@pytest.mark.parametrize("width", range(20, 140, 7))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = seen(rollout_view(judged(), EVENTS, NOW), width).splitlines()
    assert max(map(len, lines)) <= width


def test_a_candidate_that_is_not_there_yet_is_told_so() -> None:
    stable = {"group": "g[i]", "template_version": "1", "desired": 1, "instances": 1, "healthy": 1}
    text = seen(rollout_view(rollout(capacity={"stable": stable, "candidate": None}), EVENTS, NOW))
    assert "stable     1 of 1 healthy  g[i], version 1" in text
    assert "candidate  none" in text


def test_an_ended_rollout_tells_why_and_no_longer_what_its_guards_say() -> None:
    text = seen(rollout_view(rolled_back(), EVENTS, NOW))
    assert "◂ rolled back · alarm checkout-5xx (candidate) is in ALARM" in text
    assert "steps     provision 100 % › shift 100 % › bake 30s › retire" in text
    assert "11 s · by user/deployer" in text
    assert "│ guards" not in text


def test_only_the_latest_entries_are_shown() -> None:
    text = seen(rollout_view(rollout(), EVENTS, NOW, latest=1))
    assert "Rollout Held" in text
    assert "Capacity Provisioned" not in text


def test_while_it_goes_back_the_view_tells_what_sent_it_back() -> None:
    breach = {**EVENTS[0], "type": "Guard Breached", "actor": "cloudwatch", "reason": f"alarm {COPY} is red"}
    back = rollout(phase="rolling_back", hold=None)
    assert "rolling back · alarm checkout-5xx (candidate) is red" in seen(
        rollout_view(back, [*EVENTS, breach], NOW)
    )
    assert "rolling back · alarm checkout-5xx (candidate) is in ALARM" in seen(
        rollout_view(back, EVENTS, NOW)
    )
    unknown = rollout(phase="rolling_back", hold=None, guards=[])
    assert "rolling back · a guard or a caller has stopped it" in seen(rollout_view(unknown, EVENTS, NOW))


def test_an_experiment_tells_what_it_has_found_and_from_how_much() -> None:
    text = seen(rollout_view(compared(), EVENTS, NOW), 120)
    assert "experiment  undecided: 12.1 % against 10.3 %: +1.8 points, between -0.3 and +3.9" in text
    assert "stable     10.3 in 84210 samples" in text
    assert "candidate  12.1 in 9371 samples" in text
    ended = compared(verdict="promoted", reason="promoted by hand", ended_at="2026-11-23T01:28:01.000Z")
    assert "experiment  promoted: promoted by hand" in seen(rollout_view(ended, EVENTS, NOW), 120)


def test_warnings_have_a_place_of_their_own() -> None:
    assert "warnings  a dead guard" in seen(rollout_view(rollout(warnings=["a dead guard"]), EVENTS, NOW))


@pytest.mark.parametrize("field", ["service", "version", "requested_by"])
def test_what_others_have_named_is_shown_as_it_is_and_steers_nothing(field: str) -> None:
    text = seen(rollout_view(rollout(**{field: "[red]x[/red]\x1b[2J"}), EVENTS, NOW))
    assert "[red]x[/red]" in text
    assert "\x1b" not in text


def test_reasons_and_guards_are_shown_as_they_are() -> None:
    guards = [{"name": "[bold]a", "state": "ALARM", "reason": "[/] \x1b]0;\x07"}]
    event = {**EVENTS[0], "type": "[b]Odd", "reason": "[link=x]\x1b[31m", "actor": "[i]me"}
    view = seen(rollout_view(rollout(guards=guards), [event], NOW))
    table = seen(timeline_table([event], rollout(guards=guards)))
    assert "✗ [bold]a  in alarm: [/]" in view
    for text in (view, table):
        assert "[b]Odd" in text
        assert "[link=x]" in text
        assert "\x1b" not in text
    assert "by [i]me" in table


def test_a_timeline_tells_when_since_when_what_why_and_who() -> None:
    assert seen(timeline_table(EVENTS, rollout())) == TIMELINE_80


def test_clocks_tell_how_long_each_took() -> None:
    assert seen(clocks_table(rolled_back(), "2026-11-23T01:28:02.780Z")) == CLOCKS


def test_clocks_that_have_not_been_reached_are_dashes() -> None:
    told = seen(clocks_table(rollout())).splitlines()
    assert [line.split() for line in told] == [["detected", "–"], ["acted", "–"], ["restored", "–"]]


@pytest.mark.parametrize(
    ("phase", "step", "line"),
    [
        ("pending", 0, "1/4  ▸ provision 100 % › shift 100 % › bake 30s › retire"),
        ("stuck", 2, "3/4  ✓ provision 100 % › ✓ shift 100 % › ▸ bake 30s › retire"),
        ("succeeded", None, "✓ provision 100 % › ✓ shift 100 % › ✓ bake 30s › ✓ retire"),
        ("aborted", None, "provision 100 % › shift 100 % › bake 30s › retire"),
    ],
)
def test_steps_that_are_done_are_ticked(phase: str, step: int | None, line: str) -> None:
    here = None if step is None else {"index": step, "kind": "", "name": STEPS[step]}
    assert steps_line(rollout(phase=phase, step=here)).plain == line


@pytest.mark.parametrize(("share", "cells"), [(0, 0), (1, 1), (50, 5), (99, 9), (100, 10)])
def test_whoever_has_a_part_of_the_traffic_is_seen_in_the_bar(share: int, cells: int) -> None:
    assert seen(SharesBar(share), width=10) == "█" * (10 - cells) + "▒" * cells


@pytest.mark.parametrize(
    ("hold", "told"),
    [
        (None, ""),
        ({"kind": "bake", "until": "2026-11-23T01:28:12.000Z"}, "7 s left"),
        ({"kind": "bake", "until": "2026-11-23T03:33:05.000Z"}, "2 h 5 min left"),
        ({"kind": "bake", "until": "2026-11-23T01:28:00.000Z"}, "0 s left"),
        ({"kind": "settling", "until": "2026-11-23T01:28:12.000Z"}, "next look within 7 s"),
        ({"kind": "analysis", "until": "2026-11-23T01:28:12.000Z"}, "next look within 7 s"),
        ({"kind": "pause", "until": "2027-11-23T01:28:12.000Z"}, "until somebody ends it"),
    ],
)
def test_a_countdown_tells_what_is_left_of_a_hold(hold: dict[str, str] | None, told: str) -> None:
    assert countdown(rollout(hold=hold), NOW) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.138, "0.14 s"), (9.5, "9.50 s"), (23.14, "23.1 s"), (200.4, "3 min 20 s")]
)
def test_durations_are_as_exact_as_they_are_short(seconds: float, told: str) -> None:
    assert span(seconds) == told


@pytest.mark.parametrize(("seconds", "told"), [(0, "0 s"), (59, "59 s"), (3_600, "1 h"), (90_000, "1 d 1 h")])
def test_whole_durations_have_two_units_at_most(seconds: int, told: str) -> None:
    assert whole(seconds) == told


def test_the_countdown_goes_down() -> None:
    later = NOW + timedelta(seconds=20)
    assert "27 s left" in seen(rollout_view(rollout(), EVENTS, NOW))
    assert "7 s left" in seen(rollout_view(rollout(), EVENTS, later))
