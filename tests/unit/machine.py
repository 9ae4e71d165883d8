"""Follows `Progress.next` as the rollout machine does: tasks, catches, tokens and deadlines."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from signalbox.kernel.caller import Caller
from signalbox.kernel.clock import from_rfc3339
from signalbox.kernel.errors import Conflict, NotFound, Rejected, Transient
from signalbox.kernel.timeline import Entry
from signalbox.rollouts.commands.on_alarm import AlarmRaised, on_alarm
from signalbox.rollouts.commands.start_rollout import StartRollout, start_rollout
from signalbox.rollouts.estate import Alarm
from signalbox.rollouts.model import HoldKind
from signalbox.rollouts.ports import Ports, Registered
from signalbox.rollouts.progress import Progress, State
from signalbox.rollouts.record import Rollout
from signalbox.rollouts.service import ServiceSpec
from signalbox.rollouts.steps.analyse import analyse
from signalbox.rollouts.steps.begin import begin
from signalbox.rollouts.steps.command import StepCommand
from signalbox.rollouts.steps.finish import finish
from signalbox.rollouts.steps.hold import HoldCommand, hold
from signalbox.rollouts.steps.provision import provision
from signalbox.rollouts.steps.replace_batch import replace_batch
from signalbox.rollouts.steps.restore import restore
from signalbox.rollouts.steps.retire import retire
from signalbox.rollouts.steps.shift_traffic import shift_traffic
from tests.unit.builders import IMAGE, alarm
from tests.unit.fakes import World

ANA = Caller(arn="arn:aws:iam::123456789012:user/ana", reason="because")
TASKS: dict[State, Callable[[StepCommand, Ports], Progress]] = {
    State.PROVISION: provision,
    State.SHIFT_TRAFFIC: shift_traffic,
    State.REPLACE_BATCH: replace_batch,
    State.ANALYSE: analyse,
    State.RETIRE: retire,
    State.RESTORE: restore,
}
ENDS = {
    State.SUCCEEDED,
    State.ROLLED_BACK,
    State.ABORTED,
    State.CANCELLED,
    State.CONTINUED,
    State.STUCK,
}
RETRIES = 6
LONGEST_STORY = 400


def started(world: World, spec: ServiceSpec, version: str = IMAGE) -> "Story":
    """A registered service, and a rollout of it that has just been asked for."""
    world.store.services[spec.name] = Registered(spec=spec, created_at="", updated_at="", updated_by="")
    rollout = start_rollout(StartRollout(service=spec.name, version=version), ANA, world.ports)
    return Story(world=world, service=spec.name, rollout_id=rollout.rollout_id)


@dataclass
class Story:
    """One execution. `progress` is None before Begin; `token` is what a hold waits with."""

    world: World
    service: str
    rollout_id: str
    generation: int = 1
    progress: Progress | None = None
    token: str | None = None
    visited: list[State] = field(default_factory=list)

    @property
    def rollout(self) -> Rollout:
        return self.world.ports.rollouts.get(self.service, self.rollout_id)

    @property
    def state(self) -> State | None:
        return self.progress.next if self.progress else None

    @property
    def has_ended(self) -> bool:
        return self.state in ENDS

    @property
    def holds(self) -> HoldKind | None:
        """What is waited for now."""
        return self.progress.kind if self.token and self.progress else None

    @property
    def timeline(self) -> list[Entry]:
        return self.world.store.entries[self.rollout_id]

    def told(self, type_: str) -> list[Entry]:
        return [entry for entry in self.timeline if entry.type == type_]

    def step(self) -> None:
        """One transition; a hold that waits is left by its answer, or by its deadline."""
        if self.progress is None:
            self.progress = self._task(begin)
        elif self.token is not None:
            self._leave_hold()
        elif self.progress.kind is not None:
            self._hold(self.progress)
        elif self.progress.next is State.FINISH:
            self.progress = self._task(_finished)
        else:
            self.progress = self._task(TASKS[self.progress.next])
        self.visited.append(self.progress.next)

    def run(self, until: Callable[["Story"], bool] | None = None) -> "Story":
        """To the end, or until something is so; settling ends when AWS has settled."""
        for _ in range(LONGEST_STORY):
            if self.has_ended or (until and until(self)):
                break
            self.step()
        else:
            raise AssertionError(f"the story does not end: {self.visited[-10:]}")
        if self.has_ended:
            self.world.executions.statuses[self.rollout_id, self.generation] = "SUCCEEDED"
        return self

    def run_into(self, kind: HoldKind) -> "Story":
        return self.run(lambda story: story.holds is kind)

    def arrive_at(self, state: State) -> "Story":
        """Just before that task runs."""
        return self.run(lambda story: story.state is state)

    def alarm(self, name: str = "checkout-5xx", reason: str = "4 % errors") -> int:
        """The alarm goes off, and EventBridge tells."""
        at = self.raise_alarm(name)
        raised = AlarmRaised(arn=at.arn, name=name, at=at.updated_at, reason=reason)
        return on_alarm(raised, self.world.alarm_ports)

    def raise_alarm(self, name: str = "checkout-5xx") -> Alarm:
        """The alarm goes off, and nobody is told."""
        red = alarm(name, "ALARM", updated_at=self.world.clock().isoformat().replace("+00:00", ".000Z"))
        self.world.aws.named_alarms[name] = red
        return red

    def taken_over(self) -> "Story":
        """The execution of the next generation."""
        return Story(
            world=self.world,
            service=self.service,
            rollout_id=self.rollout_id,
            generation=self.rollout.generation,
        )

    def _command(self) -> StepCommand:
        at = self.progress or Progress(next=State.RESTORE)
        return StepCommand(
            service=self.service,
            rollout_id=self.rollout_id,
            generation=self.generation,
            step=at.step,
            attempt=at.attempt,
            failure=at.failure,
        )

    def _task(self, task: Callable[[StepCommand, Ports], Progress]) -> Progress:
        """With the machine's retrier and catch."""
        for _ in range(RETRIES):
            try:
                return task(self._command(), self.world.ports)
            except Transient as error:
                last: Exception = error
            except (Conflict, NotFound, Rejected) as error:
                last = error
                break
        assert task is not restore, f"Restore is retried without end: {last!r}"
        step = self.progress.step if self.progress else 0
        return Progress(next=State.RESTORE, step=step, failure=f"{type(last).__name__}: {last}")

    def _hold(self, progress: Progress) -> None:
        token = f"token-{len(self.visited)}"
        self.world.executions.waiting.add(token)
        command = HoldCommand(
            service=self.service,
            rollout_id=self.rollout_id,
            generation=self.generation,
            progress=progress,
            task_token=token,
        )
        hold(command, self.world.ports)
        self.progress = self.world.executions.answers.pop(token, progress)
        self.token = token if token in self.world.executions.waiting else None

    def _leave_hold(self) -> None:
        assert self.token is not None
        assert self.progress is not None
        answer = self.world.executions.answers.pop(self.token, None)
        if answer is None:
            self.world.executions.waiting.remove(self.token)
            self.world.clock.now = max(self.world.clock.now, _deadline(self.progress))
            self.world.aws.settle()
            answer = self.progress.after
        self.progress, self.token = answer, None


def _finished(command: StepCommand, ports: Ports) -> Progress:
    finish(command, ports)
    return Progress(next=State.SUCCEEDED)


def _deadline(progress: Progress) -> datetime:
    return from_rfc3339(progress.until or "")
