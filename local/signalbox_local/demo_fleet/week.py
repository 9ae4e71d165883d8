"""What happens in the week: nights and a weekend, a wish, a hand, an outage, a holiday."""

from datetime import timedelta

from signalbox.kernel.clock import from_rfc3339, rfc3339
from signalbox_cli.fleet_words import why_sentences
from signalbox_local.demo_fleet.pace import HOUR
from signalbox_local.demo_fleet.record import left_alone
from signalbox_local.demo_fleet.resources import power_of
from signalbox_local.demo_fleet.stage import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, Stage


def pass_week(stage: Stage) -> None:
    """Returns when it is Sunday midnight. Raises Refused, Unexpected."""
    stage.pace.pass_to(stage.monday)
    _begin(stage)
    _morning(stage, MONDAY)
    _evening(stage, MONDAY)
    _morning(stage, TUESDAY)
    _want_it_until_ten(stage)
    _ask_why(stage)
    _go_back_by_itself(stage)
    _start_by_hand(stage)
    _morning(stage, WEDNESDAY)
    _be_away(stage)
    stage.diary.line(stage.at(THURSDAY, 8), "holiday", "no period begins")
    stage.marks.append((stage.at(THURSDAY, 12), "4"))
    _morning(stage, FRIDAY)
    _evening(stage, FRIDAY)
    stage.pace.pass_to(stage.end)
    stage.compare("on Sunday night all stands still but what cannot")


def _begin(stage: Stage) -> None:
    """Everything runs: nobody has thought of the nights before."""
    stage.ask("PUT", body=stage.spec)
    stage.diary.line(stage.pace.now(), "registered", "which starts and stops nothing")
    stage.ask("POST", "/stop", {"reason": "nobody works at midnight"})
    run = stage.run_after(stage.monday, lambda run: bool(run["cause"] == "request"))
    stage.diary.run(run)
    alone = left_alone([run])
    stage.diary.beneath(*(f"{kind} {id_}: {reason}" for (kind, id_), reason in alone.items()))
    stage.compare(f"{run['counts']['reached']} were stopped, the {len(alone)} that cannot be were named")


def _morning(stage: Stage, day: timedelta) -> None:
    _transition(stage, day, 8, "start")


def _evening(stage: Stage, day: timedelta) -> None:
    _transition(stage, day, 20, "stop")


def _transition(stage: Stage, day: timedelta, hour: int, action: str) -> None:
    """The clock passes it, and the run that it begins ends."""
    moment = stage.at(day, hour)
    stage.pace.pass_to(moment)
    wanted = ("transition", action)
    stage.diary.run(stage.run_after(moment, lambda run: (run["cause"], run["action"]) == wanted))


def _want_it_until_ten(stage: Stage) -> None:
    until, now = stage.at(TUESDAY, 22), stage.pace.now()
    wish = {"state": "running", "until": rfc3339(until), "reason": "a load test tonight"}
    stage.ask("POST", "/override", wish, "deployer")
    stage.diary.run(stage.run_after(now, lambda run: bool(run["cause"] == "override")))
    stage.marks.append((stage.at(TUESDAY, 20), "1"))


def _ask_why(stage: Stage) -> None:
    one = _an_instance(stage)
    stage.pace.pass_to(stage.at(TUESDAY, 21))
    answer, now = stage.ask("GET", f"/why?resource={one}", caller="viewer"), stage.pace.now()
    stage.diary.line(now, "? why", f"why is {one} running?", "cyan")
    stage.diary.beneath(*why_sentences(answer, stage.zone, now))
    told = (answer["state"], "load test" in answer["reason"])
    stage.check(
        "on Tuesday at nine the override was the answer to why", told, holds=told == ("running", True)
    )


def _go_back_by_itself(stage: Stage) -> None:
    _transition(stage, TUESDAY, 22, "stop")
    standing = stage.ask("GET", caller="viewer")["override"]
    stage.check("the override has ended by itself", standing, holds=standing is None)


def _an_instance(stage: Stage) -> str:
    return next(id_ for kind, id_ in stage.before if kind == "ec2")


def _start_by_hand(stage: Stage) -> None:
    one, now = _an_instance(stage), stage.pace.now()
    stage.aws.client("ec2").start_instances(InstanceIds=[one])
    stage.diary.line(now, "by hand", f"somebody starts {one}")
    run = stage.run_after(now, lambda run: run["cause"] == "enforcement" and one in run["reason"])
    stage.diary.run(run)
    stage.marks.append((from_rfc3339(run["created_at"]), "2"))
    stage.compare("what somebody started out of hours was stopped again")


def _be_away(stage: Stage) -> None:
    """Timetable and sweep are away over the transition on Wednesday."""
    due = stage.at(WEDNESDAY, 20)
    with stage.pace.outage():
        stage.pace.pass_to(due + 2 * HOUR)
        stage.diary.line(due, "away", "whatever wakes the fleet is away until 22:00: nothing happens")
        running = sum(power_of(stage.aws.client).values())
    everything = running == len(stage.before)
    stage.check("while nobody woke it everything ran on", f"{running} running", holds=everything)
    stage.pace.pass_to(due + 3 * HOUR)
    stage.diary.run(stage.run_after(due, lambda run: "caught up" in run["reason"]))
    stage.marks.append((due, "3"))
    times = sum("caught up" in run["reason"] for run in stage.runs())
    stage.check("what was missed was caught up with once", f"{times} times", holds=times == 1)
