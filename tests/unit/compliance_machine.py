"""What wakes and runs remediations, in virtual time: the machine as its ASL says, and the sweep."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from signalbox.compliance.commands.advance_wave import ended
from signalbox.compliance.commands.notice import notice
from signalbox.compliance.commands.sweep_findings import sweep_findings
from signalbox.compliance.model import Resource, Subject, Verdict, Write
from signalbox.compliance.ports import CompliancePorts, Result
from signalbox.compliance.progress import Next, Progress
from signalbox.compliance.record import Finding
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.steps.apply_fix import apply_fix
from signalbox.compliance.steps.assess_finding import assess_finding
from signalbox.compliance.steps.await_approval import AwaitCommand, await_approval
from signalbox.compliance.steps.prove_fix import prove_fix
from signalbox.compliance.steps.turn import RemediationCommand
from signalbox.compliance.steps.undo_fix import undo_fix
from signalbox.kernel.caller import Caller
from signalbox.kernel.errors import Conflict, NotFound, Rejected, Transient
from signalbox.kernel.timeline import Entry, first_break
from tests.unit.compliance_fakes import ACCOUNT, REGION, ComplianceWorld, Thing
from tests.unit.fleet_fakes import Killed

ANA = Caller(arn="arn:aws:iam::123456789012:user/ana", reason="agreed")
BEN = Caller(arn="arn:aws:iam::123456789012:user/ben", reason="please")
TASKS: dict[Next, Callable[[RemediationCommand, CompliancePorts], Progress]] = {
    Next.ASSESS_FINDING: assess_finding,
    Next.APPLY_FIX: apply_fix,
    Next.PROVE_FIX: prove_fix,
    Next.UNDO_FIX: undo_fix,
}
RETRIES = 12
LAMBDA_ATTEMPTS = 3
LONGEST_STORY = 2_000
TERMINAL = {
    "Remediation Succeeded", "Remediation Failed", "Remediation Undone", "Undo Failed", "Finding Closed",
    "Finding Left", "Approval Lapsed", "Remediation Rejected", "Finding Flapping", "Finding Queued",
}  # fmt: skip
ATTEMPT_OVER = {
    "Remediation Succeeded", "Remediation Failed", "Remediation Undone", "Undo Failed", "Finding Closed",
    "Finding Left", "Remediation Stopped", "Approval Requested", "Remediation Rejected",
}  # fmt: skip


@dataclass
class Execution:
    """One execution of the machine: the state that it goes to at `at`; `token` when it waits."""

    finding: str
    generation: int
    at: datetime
    progress: Progress = field(default_factory=lambda: Progress(next=Next.ASSESS_FINDING))
    retries: int = 0
    token: str | None = None
    visited: list[Next] = field(default_factory=list)
    is_over: bool = False


@dataclass
class Railway:
    """Everything that moves, one at a time. While `is_silent` nobody hears what the bus tells."""

    world: ComplianceWorld = field(default_factory=ComplianceWorld)
    executions: list[Execution] = field(default_factory=list)
    results: int = 0
    heard: int = 0
    is_silent: bool = False

    def __post_init__(self) -> None:
        self.world.estate.audit = self._audited

    def _audited(self, write: Write) -> None:
        """No write without a record of it that is older."""
        written: list[object] = []
        for entries in self.world.findings.entries.values():
            for entry in entries:
                if entry.type in {"Remediation Started", "Undo Started", "Stage Begun"}:
                    found = entry.data["writes"]
                    written += found if isinstance(found, list) else []
        assert asdict(write) in written

    @property
    def now(self) -> datetime:
        return self.world.clock()

    def has(self, rule: str, thing: Thing, id_: str = "") -> Subject:
        """A resource of the estate that the rule looks at."""
        id_ = id_ or (ACCOUNT if thing.is_of_account else f"{rule}-1")
        self.world.estate.things[id_] = thing
        resource = Resource(type=RULES[rule].resource_type, id=id_, account=ACCOUNT, region=REGION)
        return Subject(rule=rule, resource=resource)

    def result(self, subject: Subject, verdict: Verdict = Verdict.NON_COMPLIANT) -> Result:
        """What Config records now."""
        self.results += 1
        at = self.now + timedelta(milliseconds=self.results)
        return Result(rule=f"config-{subject.rule}", resource=subject.resource, verdict=verdict, at=at)

    def says(self, subject: Subject, verdict: Verdict = Verdict.NON_COMPLIANT) -> str:
        """Config tells it, and asynchronous invocations are tried three times."""
        return self.hears(self.result(subject, verdict))

    def hears(self, result: Result) -> str:
        return self._invoked(lambda: notice(result, self.world.ports))

    def _invoked(self, function: Callable[[], str]) -> str:
        for _ in range(LAMBDA_ATTEMPTS):
            try:
                return function()
            except (Transient, Conflict, Killed):
                continue
        return "a dead letter"

    def sweep(self) -> str:
        try:
            return sweep_findings(self.world.ports)
        except Killed:
            return sweep_findings(self.world.ports)

    def finding(self, subject: Subject) -> Finding:
        return self.world.findings.kept[subject.finding_id]

    def timeline(self, subject: Subject) -> list[Entry]:
        return self.world.findings.entries[subject.finding_id]

    def told(self, subject: Subject) -> list[str]:
        return [entry.type for entry in self.timeline(subject)]

    def settle(self, **at_most: float) -> "Railway":
        """Until nothing moves but what waits for people."""
        end = self.now + timedelta(**(at_most or {"minutes": 59}))
        for _ in range(LONGEST_STORY):
            self._hear()
            self._adopt()
            moving = [(self._due(each), number) for number, each in enumerate(self.executions)]
            coming = [(at, number) for at, number in moving if at is not None and at <= end]
            if not coming:
                return self
            at, number = min(coming)
            self.world.clock.now = max(self.now, at)
            self._step(self.executions[number])
        raise AssertionError(f"the story does not end: {[e.visited[-4:] for e in self.executions]}")

    def _hear(self) -> None:
        """What the bus has told of attempts that are over goes to whoever looks after the others."""
        told, self.heard = self.world.bus.published[self.heard :], len(self.world.bus.published)
        for finding, entry in told:
            if entry.type in ATTEMPT_OVER and not self.is_silent:
                self._invoked(lambda id_=finding: ended(id_, self.world.ports))  # type: ignore[misc]

    def _adopt(self) -> None:
        known = {(each.finding, each.generation) for each in self.executions}
        for finding, generation in self.world.executions.started:
            if (finding, generation) not in known:
                self.executions.append(Execution(finding, generation, self.now))

    def _due(self, execution: Execution) -> datetime | None:
        if execution.is_over:
            return None
        if execution.token is None:
            return execution.at
        if execution.token in self.world.executions.woken:
            return self.now
        return execution.progress.until

    def _step(self, execution: Execution) -> None:
        if execution.token is not None:
            answer = self.world.executions.woken.get(execution.token)
            execution.token = None
            self._go(execution, answer or Progress(next=Next.ASSESS_FINDING))
            return
        state = execution.progress.next
        if state in (Next.DONE, Next.NOT_REMEDIATED):
            status = "SUCCEEDED" if state is Next.DONE else "FAILED"
            self.world.executions.statuses[execution.finding, execution.generation] = status
            execution.is_over = True
            return
        execution.visited.append(state)
        try:
            self._act(execution, state)
        except (Transient, Conflict, Killed) as error:
            self._again(execution, state, error)
        except (Rejected, NotFound, ValueError) as error:  # the machine catches States.ALL
            self._again(execution, state, error, caught=state is not Next.UNDO_FIX)

    def _act(self, execution: Execution, state: Next) -> None:
        if state is Next.AWAIT_APPROVAL:
            token = f"token-{len(execution.visited)}-{execution.finding}-{execution.generation}"
            self.world.executions.waiting.add(token)
            await_approval(
                AwaitCommand(finding=execution.finding, generation=execution.generation, task_token=token),
                self.world.ports,
            )
            execution.token = token
            return
        command = RemediationCommand(
            finding=execution.finding, generation=execution.generation, failure=execution.progress.failure
        )
        self._go(execution, TASKS[state](command, self.world.ports))

    def _go(self, execution: Execution, progress: Progress) -> None:
        execution.progress, execution.retries = progress, 0
        execution.at = self.now + timedelta(seconds=progress.seconds)

    def _again(
        self, execution: Execution, state: Next, error: BaseException, *, caught: bool = False
    ) -> None:
        execution.retries += not isinstance(error, Transient)
        execution.at = self.now + timedelta(seconds=1)
        if state is not Next.UNDO_FIX and (caught or execution.retries > RETRIES):
            self._go(execution, Progress(next=Next.UNDO_FIX, failure=f"{type(error).__name__}: {error}"))


def assert_in_order(stage: Railway) -> None:
    """What must be so whatever has happened, once nothing is under way any more."""
    world = stage.world
    for id_, finding in world.findings.kept.items():
        entries = world.findings.entries[id_]
        assert first_break(entries) is None
        assert not finding.under_way
        assert {e.sequence for f, e in world.bus.published if f == id_} == {e.sequence for e in entries}
        opened, fixes = 0, 0
        for entry in entries:
            opened += entry.type in {"Finding Opened", "Remediation Requested", "Exception Ended"}
            fixes += entry.type == "Remediation Started"
            assert fixes <= opened, "two fixes for one finding"
        assert entries[-1].type in TERMINAL
