"""What whole rollouts tell and remember: timelines.txt, which is to be read.

`!` is told to the bus as well, `|` is the record after a transition that has changed it. `python -m
tests.unit.test_timelines` writes the text anew.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from signalbox.kernel.clock import rfc3339
from signalbox.kernel.errors import Rejected
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.commands.abort import abort
from signalbox.rollouts.commands.on_alarm import AlarmRaised, on_alarm
from signalbox.rollouts.commands.pause import pause
from signalbox.rollouts.commands.promote import promote
from signalbox.rollouts.commands.reconcile import reconcile_one
from signalbox.rollouts.commands.resume import resume
from signalbox.rollouts.commands.retry import retry
from signalbox.rollouts.estate import Rule
from signalbox.rollouts.model import HoldKind
from signalbox.rollouts.progress import State
from tests.unit.builders import RULE, forwarding_to
from tests.unit.machine import ANA, Story
from tests.unit.stories import always, begun, raised_at
from tests.unit.telling import leaves, shortened

TIMELINES = Path(__file__).with_name("timelines.txt")


class Told(Story):
    """A story that writes down what each transition has told and changed."""

    def __init__(self, name: str) -> None:
        begun_ = begun(name, slow=True)
        super().__init__(world=begun_.world, service=begun_.service, rollout_id=begun_.rollout_id)
        self.lines: list[str] = []
        self.seen = 0
        self.record = ""

    def step(self) -> None:
        super().step()
        self.lines += [event(entry) for entry in self.timeline[self.seen :]]
        self.seen = len(self.timeline)
        record = remembered(self)
        self.lines += [record] if record != self.record else []
        self.record = record

    def goes_on_in_the_next_generation(self) -> None:
        self.progress, self.token, self.generation = None, None, self.rollout.generation
        self.run()


def event(entry: Entry) -> str:
    facts = ", ".join([entry.reason or "-", *leaves(entry.data)])
    who = entry.actor.rsplit("/")[-1]
    return f"{moment(entry.at)} {'!' if entry.public else ' '} {who}: {entry.type}: {facts}"


def remembered(story: Story) -> str:
    now, latch = story.rollout, story.world.store.latches.get(story.rollout_id)
    waits = "waits" if latch and latch.signals.token else "goes on"
    since = f"step {now.step} since {moment(rfc3339(now.step_began_at)) if now.step_began_at else '-'}"
    wanted, seen = (f"{split.stable}:{split.candidate}" for split in (now.wanted, now.actual))
    held = f", until {now.hold.until}" if now.hold else ""
    return f"         | {now.phase} {waits}, {since}, wants {wanted}, sees {seen}{held}"


def ended(story: Story) -> str:
    now, figures = story.rollout, story.world.gauges.figures
    assert now.outcome is not None
    assert now.ended_at is not None
    clocks = {name: at for name, at in asdict(now.clocks).items() if at}
    facts = [*leaves(now.outcome.evidence), *leaves(clocks), *leaves(figures)]
    return f"{moment(rfc3339(now.ended_at))} = {', '.join([now.outcome.reason, *facts])}"


def moment(at: str) -> str:
    return at[11:19]


def people_speak(story: Told) -> None:
    """They pause in the middle of a step, resume, promote, and give up when somebody turns the weights."""
    story.run_into(HoldKind.SETTLING)
    pause(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.PAUSE)
    resume(story.service, story.rollout_id, ANA, story.world.ports)
    story.run_into(HoldKind.BAKE)
    story.run_into(HoldKind.PAUSE)
    story.world.aws.rules[RULE] = Rule(arn=RULE, actions=forwarding_to(blue=50, green=50))
    promote(story.service, story.rollout_id, ANA, story.world.ports)
    story.step()
    story.run_into(HoldKind.PAUSE)
    abort(story.service, story.rollout_id, ANA, story.world.ports)
    story.run()


def alarm_rings(story: Told) -> None:
    """Its event takes two seconds."""
    story.run_into(HoldKind.BAKE)
    red = story.raise_alarm()
    story.world.clock.move(seconds=2)
    raised = AlarmRaised(arn=red.arn, name=red.name, at=red.updated_at, reason="4 % errors")
    on_alarm(raised, story.world.alarm_ports)
    story.run()


def aws_refuses_to_restore(story: Told) -> None:
    story.run_into(HoldKind.BAKE)
    story.world.aws.refuse = always(Rejected("you may not"))
    story.alarm()
    story.run()
    story.lines.append(ended(story))
    story.world.aws.refuse = lambda _: None
    story.world.clock.move(minutes=1)
    retry(story.service, story.rollout_id, ANA, story.world.ports)
    story.goes_on_in_the_next_generation()


def execution_is_killed(story: Told) -> None:
    story.arrive_at(State.SHIFT_TRAFFIC)
    story.world.executions.statuses[story.rollout_id, 1] = "ABORTED"
    reconcile_one(story.service, story.rollout_id, story.world.ports)
    story.goes_on_in_the_next_generation()


def aws_keeps_what_was_made(story: Told) -> None:
    story.arrive_at(State.RETIRE)
    story.world.aws.refuse = raised_at(3, Rejected("you may not"))
    story.run()


PLAYS: dict[str, tuple[str, Callable[[Told], object]]] = {
    "A good canary": ("canary", Told.run),
    "People pause, promote and abort": ("steps by hand on slots", people_speak),
    "An alarm rings when half of a group is renewed": ("in place", alarm_rings),
    "A restore is refused until it is retried": ("linear on slots", aws_refuses_to_restore),
    "An execution is killed": ("blue-green on slots", execution_is_killed),
    "A copy cannot be removed": ("blue-green on a copy", aws_keeps_what_was_made),
}


def played(title: str) -> str:
    name, play = PLAYS[title]
    story = Told(name)
    play(story)
    return "\n".join([f"# {title}", *story.lines, ended(story)])


def timelines() -> str:
    return shortened("\n\n".join(played(title) for title in PLAYS)) + "\n"


def test_rollouts_tell_what_is_written_down() -> None:
    assert timelines() == TIMELINES.read_text()


if __name__ == "__main__":
    TIMELINES.write_text(timelines())
