"""What the decisions say and write, from the first write to the last: transcript.txt, which is to be read.

AWS takes its time here: the waits in between are told, too. `python -m tests.unit.test_transcript` writes the
text anew.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from signalbox.rollouts.decisions.restore import decide_restore
from signalbox.rollouts.estate import Estate, Group, Placement
from signalbox.rollouts.model import Step, StepKind
from signalbox.rollouts.plan import decide_step
from signalbox.rollouts.predict import predicted
from signalbox.rollouts.scene import Decision, Scene
from signalbox.rollouts.strategies.drafts import numbered, provision, replace_batches, retire, shift
from signalbox.rollouts.writes import Write
from tests.unit.builders import GREEN, RULE, forwarding_to, group, rule, scene, survey
from tests.unit.scenes import ALL
from tests.unit.telling import leaves, shortened

TRANSCRIPT = Path(__file__).with_name("transcript.txt")


@dataclass(frozen=True)
class Story:
    """The steps of a rollout, told from one of them on, or what happens when it is sent back after them."""

    title: str
    begin: Scene
    steps: tuple[Step, ...]
    told_from: int = 0
    sent_back: bool = False


def stories() -> Iterator[Story]:
    copy, beside = scene(Placement.COPY), scene(Placement.BESIDE)
    sticky = rule(actions=forwarding_to(True, blue=100))
    cookies = survey(rules={RULE: sticky}, references=(sticky,))
    warm = survey(groups={"blue": group(), "green": group("green", size=2, serves=GREEN)})
    slot = scene(Placement.SLOT, found=warm)
    shifted, half = numbered([ALL, shift(100), retire()]), numbered([ALL, shift(50), retire()])
    canary, batches = provision(count=2), replace_batches(100, 50)
    yield Story("The other slot takes over", slot, shifted)
    yield Story(
        "A slot with cookies is retired at half of the traffic", scene(Placement.SLOT, found=cookies), half, 2
    )
    yield Story("A copy stands in while the original is renewed", copy, shifted)
    yield Story("An original with cookies is renewed", scene(Placement.COPY, found=cookies), shifted, 2)
    yield Story("A canary, then the group beside it", beside, numbered([canary, batches, retire()]))
    yield Story("A group is renewed in place", scene(floor=50), numbered([batches]))
    yield Story("A slot is sent back", slot, half[:2], sent_back=True)
    yield Story("A copy is sent back", copy, half[:2], sent_back=True)
    yield Story(
        "A group is sent back when half of it is renewed",
        beside,
        numbered([canary, replace_batches(50, 50)]),
        sent_back=True,
    )


def transcript() -> str:
    text = "\n\n".join("\n".join([f"# {story.title}", *told(story)]) for story in stories())
    return shortened(text) + "\n"


def told(story: Story) -> list[str]:
    here, lines = story.begin, []
    for step in story.steps:
        said, here = performed(here, partial(decide_step, steps=story.steps, index=step.index))
        lines += [step.name, *said] if step.index >= story.told_from else []
    if not story.sent_back:
        return lines
    rebuilding = any(step.kind is StepKind.REPLACE for step in story.steps)
    return performed(replace(here, rebuilding=rebuilding), decide_restore)[0]


def performed(here: Scene, decide: Callable[[Scene], Decision]) -> tuple[list[str], Scene]:
    lines: list[str] = []
    while (decision := decide(here)).writes:
        lines += [f"  {decision.reason}", *(f"    {in_words(write)}" for write in decision.writes)]
        after = predicted(here.estate, decision.writes)
        meanwhile = (decide(here.looking_at(look)) for look in before_that(here.estate, after))
        lines += [f"    ... {awaited(d)}" for d in meanwhile if not d.writes and not d.settled]
        here = here.looking_at(after)
    assert decision.settled, decision.reason
    return [*lines, f"  = {', '.join([decision.reason, *leaves(decision.facts)])}"], here


def awaited(decision: Decision) -> str:
    event = f"{decision.awaits} {decision.times}" if decision.awaits else f"{decision.look_again} s"
    return f"{decision.reason} ({event})"


def before_that(before: Estate, after: Estate) -> tuple[Estate, Estate]:
    """What is seen on the way: members that come and go, then members whose health is not known yet."""
    health = {
        arn: {i: s for i, s in states.items() if i in before.health.get(arn, {})}
        for arn, states in after.health.items()
    }
    unknown = replace(after, health=health)
    stable, candidate = moving(before.stable, after.stable), moving(before.candidate, after.candidate)
    return replace(unknown, stable=stable or after.stable, candidate=candidate), unknown


def moving(before: Group | None, after: Group | None) -> Group | None:
    if after is None:
        return None
    known = before.instances if before else ()
    come = [i if i in known else replace(i, lifecycle="Pending") for i in after.instances]
    go = [replace(i, lifecycle="Terminating") for i in known if i not in after.instances]
    return replace(after, instances=(*come, *go))


def in_words(write: Write) -> str:
    return ", ".join([f"{write.operation} {write.resource}", *leaves(write.parameters, but=write.resource)])


def test_the_decisions_tell_the_story_that_is_written_down() -> None:
    assert transcript() == TRANSCRIPT.read_text()


if __name__ == "__main__":
    TRANSCRIPT.write_text(transcript())
