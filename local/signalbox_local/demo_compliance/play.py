"""The film: what AWS Config finds, and what becomes of it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from signalbox.kernel.clock import rfc3339
from signalbox_cli.finding_words import resource_name
from signalbox_cli.plain_tables import plain_table, text
from signalbox_cli.posture import posture_report
from signalbox_cli.rollout_words import Json, span
from signalbox_local.demo_compliance.stage import BUCKETS, Stage, Violation, types_of
from signalbox_local.embedded import await_ready, runtime
from signalbox_local.rehearsal.checks import Check
from signalbox_local.rehearsal.screen import Screen

QUICKLY = {"SIGNALBOX_LOCAL_TRAFFIC": "off"}
RULES = {"ConfigRules": "yes"}
A_MONTH = timedelta(days=30)
Ended = Mapping[Violation, Json]


def play(console: Console, folder: Path) -> bool:
    """Whether every check holds. Raises CannotStart, Refused, Unexpected, or what boto3 raises."""
    began = time.monotonic()
    screen = Screen(console)
    screen.title("Signalbox: ten violations, on this machine")
    screen.heading("An AWS of its own, with the rules in its Config")
    with runtime(folder, QUICKLY, RULES) as process:
        with screen.waiting("starting"):
            stage = Stage(await_ready(process, folder))
        screen.say(f"ready after {span(time.monotonic() - began)}")
        _except(stage)
        planted = stage.plant()
        screen.say(f"{len(planted)} violations are planted; legacy-site has an exception for a month")
        screen.heading("One after the other")
        _follow(screen, stage, planted)
        screen.heading("What people and others do meanwhile")
        _approve(screen, stage, planted)
        _revert(screen, stage, planted)
        with screen.waiting("what is left of it"):
            ended = {each: stage.until(each, each.ends) for each in planted}
        screen.heading("How each has ended")
        screen.table(_table(ended))
        screen.heading("How things stand")
        screen.table(posture_report(stage.ask("GET", "/posture")))
        screen.heading("Proof of photos")
        screen.table(_proof(next(found for each, found in ended.items() if each.resource == "photos")))
        checks = list(_checks(stage, ended))
    screen.checks(checks)
    screen.heading("Done")
    screen.say(f"It took {span(time.monotonic() - began)}; nothing is left running.")
    return all(check.holds for check in checks)


def _except(stage: Stage) -> None:
    exception = {
        "id": "legacy-site",
        "rule": BUCKETS,
        "resource": "legacy-site",
        "reason": "goes in spring",
        "owner": "web",
        "until": rfc3339(datetime.now(UTC) + A_MONTH),
    }
    stage.ask("PUT", "/exceptions/legacy-site", exception, "operator")


def _follow(screen: Screen, stage: Stage, planted: Sequence[Violation]) -> None:
    """Of the buckets that are put right by themselves, two are tried first."""
    alone = [each for each in planted if each.ends in ("remediated", "flapping") and not each.approved]
    told = False

    def all_are_put_right() -> bool:
        nonlocal told
        found = [stage.finding(each) for each in alone]
        waiting = [resource_name(each) for each in found if each and each["queued"]]
        if waiting and not told:
            screen.say(
                f"two buckets are put right and watched for a minute; {', '.join(waiting)} wait for that"
            )
        told = told or bool(waiting)
        if told:  # there is nothing to be seen in that minute
            stage.a_minute_passes()
        return all(each and each["state"] == "remediated" for each in found)

    with screen.waiting("the first two"):
        stage.until_told("not all buckets are put right", all_are_put_right)
    screen.say(f"{len(alone)} buckets are closed to the public")


def _approve(screen: Screen, stage: Stage, planted: Sequence[Violation]) -> None:
    for violation in planted:
        if violation.approved:
            found = stage.until(violation, "waiting")
            writes = ", ".join(write["operation"] for write in found["evidence"]["proposal"])
            screen.say(f"approver agrees to {writes} of {resource_name(found)}, danger: {found['danger']}")
            stage.ask("POST", f"/findings/{found['id']}/approve", {"reason": "agreed"}, "approver")


def _revert(screen: Screen, stage: Stage, planted: Sequence[Violation]) -> None:
    """A pipeline that knows nothing of Signalbox, twice."""
    shared = next(each for each in planted if each.ends == "flapping")
    for _ in range(2):
        before = stage.until(shared, "remediated")["detected_at"]
        screen.say(f"a pipeline opens {shared.resource} again")
        stage.aws.client("s3").delete_public_access_block(Bucket=shared.resource)
        stage.until_told(
            f"nobody has found {shared.resource} again",
            lambda before=before: stage.finding(shared)["detected_at"] != before,  # type: ignore[misc]
        )


def _table(ended: Ended) -> Table:
    table = plain_table("resource", "rule", "state", "why", whole=3)
    for found in ended.values():
        cells = (resource_name(found), found["rule"], found["state"], found["reason"])
        table.add_row(*(text(cell) for cell in cells))
    return table


def _proof(finding: Json) -> Table:
    """Field by field, as AWS said it before the fix and after it."""
    before, after = finding["evidence"]["before"], finding["evidence"]["after"]
    table = plain_table("field", "before", "after")
    for name in before:
        table.add_row(text(name), text(before[name]), text(after[name]))
    return table


def _checks(stage: Stage, ended: Ended) -> Iterator[Check]:
    fixed = [found for found in ended.values() if found["state"] == "remediated"]
    buckets = [found["resource"]["id"] for found in fixed if found["rule"] == BUCKETS]
    open_ = [name for name in buckets if not stage.blocks(name)]
    yield Check("what was put right is so, says AWS itself", not open_, open_)
    proven = [found for found in fixed if _is_in_order(found)]
    yield Check("each fix has its record before it and its proof after it", proven == fixed, fixed)
    agreed = {each.resource for each, found in ended.items() if found["evidence"]["approved_by"]}
    wanted = {each.resource for each in ended if each.approved}
    yield Check("what may hurt was agreed to first, and nothing else was", agreed == wanted, agreed)
    left = [found for found in ended.values() if found["state"] in ("excepted", "open", "waiting")]
    touched = [found["resource"]["id"] for found in left if found["evidence"]["writes"]]
    yield Check("what somebody has decided to leave was not touched", not touched, touched)
    broken = [found["id"] for found in ended.values() if not found["evidence"]["chain_verified"]]
    yield Check("every timeline's chain of hashes holds", not broken, broken)


def _is_in_order(finding: Json) -> bool:
    told = [name for name in types_of(finding) if name.startswith("Remediation S")]
    return told == ["Remediation Started", "Remediation Succeeded"]
