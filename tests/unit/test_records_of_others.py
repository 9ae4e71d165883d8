"""Of a DNS record a rollout writes the weight, and nothing else: what somebody else changes there is told,
and stays whatever the end is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from signalbox.kernel.events import JsonObject
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.model import HoldKind, Phase
from signalbox.rollouts.progress import State
from signalbox.rollouts.writes import Write
from tests.unit.builders import BLUE
from tests.unit.machine import ANA, Story
from tests.unit.stories import assert_over, begun, promoted

NAME = "blue-green by name"
ELSEWHERE = {"HostedZoneId": "Z32O12X", "DNSName": "newer.elb.example.", "EvaluateTargetHealth": False}
Change = Callable[[JsonObject], JsonObject]


def without_check(record: JsonObject) -> JsonObject:
    return {key: value for key, value in record.items() if key != "HealthCheckId"}


CHANGES: dict[str, Change] = {
    "AliasTarget": lambda record: {**record, "AliasTarget": ELSEWHERE},
    "HealthCheckId": without_check,
    "TTL": lambda record: {**record, "TTL": 20},
}


def name_of(story: Story) -> Rule:
    (rule,) = story.world.aws.rules.values()
    return rule


def record_of(story: Story, side: str = BLUE) -> Any:
    return name_of(story).records[side]


def changed(story: Story, change: Change, side: str = BLUE) -> JsonObject:
    """Somebody changes one record; its weight stays."""
    rule = name_of(story)
    after = change(rule.records[side])
    story.world.aws.rules[rule.arn] = replace(rule, records={**rule.records, side: after})
    return after


def rest(record: JsonObject) -> JsonObject:
    return {key: value for key, value in record.items() if key != "Weight"}


def paused(what: str) -> tuple[Story, JsonObject]:
    story = begun(NAME).run_into(HoldKind.BAKE)
    before = record_of(story)
    after = changed(story, CHANGES[what])
    story.run_into(HoldKind.PAUSE)
    (drift,) = story.told("Drift Detected")
    assert drift.data == {
        "resource": name_of(story).arn,
        "field": f"{what} of record blue",
        "expected": before.get(what),
        "found": after.get(what),
    }
    return story, after


@pytest.mark.parametrize("what", CHANGES)
def test_who_resumes_takes_it_over(what: str) -> None:
    story, after = paused(what)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert record_of(story) == {**after, "Weight": 0}
    assert len(story.told("Drift Detected")) == 1


@pytest.mark.parametrize("what", CHANGES)
def test_who_aborts_gets_the_weights_of_before_and_keeps_the_rest(what: str) -> None:
    story, after = paused(what)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert record_of(story) == {**after, "Weight": 255}


@pytest.mark.parametrize("what", CHANGES)
def test_what_the_alarm_writes_after_it_was_told_keeps_it_too(what: str) -> None:
    story, after = paused(what)
    story.alarm()
    assert record_of(story) == {**after, "Weight": 255}
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert record_of(story) == {**after, "Weight": 255}


def test_the_way_back_keeps_what_nobody_had_seen_before() -> None:
    story = begun(NAME).run_into(HoldKind.BAKE)
    after = changed(story, CHANGES["TTL"])
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(story.run(), Phase.ABORTED)
    assert record_of(story) == {**after, "Weight": 255}


def test_the_way_back_keeps_what_is_changed_while_it_runs() -> None:
    story = begun(NAME, slow=True).run_into(HoldKind.BAKE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run(lambda told: told.state is State.SETTLE_RESTORE)
    after = changed(story, CHANGES["HealthCheckId"])
    assert_over(story.run(), Phase.ABORTED)
    assert rest(record_of(story)) == rest(after)


def test_a_copy_of_the_load_balancer_gives_the_name_back_with_what_was_changed() -> None:
    story = begun("blue-green by name, copied").run_into(HoldKind.BAKE)
    after = changed(story, CHANGES["AliasTarget"])
    story.run_into(HoldKind.PAUSE)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    assert_over(promoted(story), Phase.SUCCEEDED)
    assert rest(record_of(story)) == rest(after)
    assert set(name_of(story).records) == {BLUE}


def test_what_is_changed_between_two_writes_of_a_turn_is_kept() -> None:
    story = begun(NAME)
    changes: list[JsonObject] = []

    def after(write: Write) -> None:
        if write.service == "route53" and not changes:
            changes.append(changed(story, CHANGES["TTL"]))

    story.world.aws.interrupt = after
    story.run_into(HoldKind.BAKE)
    story.alarm()
    assert record_of(story)["TTL"] == 20
    assert_over(story.run(), Phase.ROLLED_BACK)
    assert rest(record_of(story)) == rest(changes[0])
