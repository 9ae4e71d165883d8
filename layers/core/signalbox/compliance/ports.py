"""What compliance needs of the world. Each has an adapter under `aws/compliance/` and a fake in the tests."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from signalbox.compliance.model import (
    Evaluation,
    Item,
    Looks,
    Mode,
    Observed,
    Recording,
    Resource,
    Verdict,
    Write,
)
from signalbox.compliance.progress import Progress
from signalbox.compliance.record import Baseline, Excepted, Finding
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.waves import Waves
from signalbox.kernel.clock import Clock
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What AWS Config says of a resource. `rule` is what it calls its own rule, `at` when the result was
    recorded: later ones count."""

    rule: str
    resource: Resource
    verdict: Verdict
    at: datetime
    annotation: str = ""


class Findings(Protocol):
    """Findings and their timelines. `save` writes a finding at its next revision with its new entries, all or
    nothing; raises Conflict when somebody else was faster."""

    def find(self, finding_id: str) -> Finding | None: ...
    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Finding, ...], str | None]: ...
    def all(self) -> Iterator[Finding]: ...
    def save(self, finding: Finding, entries: Sequence[Entry]) -> None: ...
    def timeline(self, finding_id: str, after: int, limit: int) -> tuple[Entry, ...]: ...


class Version(Protocol):
    """One version of what somebody has decided: of what, and which one, from 1 on."""

    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Version)


class Versions(Protocol[V]):
    """What is decided, in versions, by id. `find` and `all` are the latest version of each, `versions` all
    of one, newest first. `save` writes a version over the one before it; raises Conflict when somebody else
    was faster."""

    def find(self, id_: str, /) -> V | None: ...
    def all(self) -> Sequence[V]: ...
    def versions(self, id_: str, /) -> Sequence[V]: ...
    def save(self, record: V, /) -> None: ...


Exceptions = Versions[Excepted]
Baselines = Versions[Baseline]  # by type of resource


class Records(Protocol):
    """What AWS Config has recorded. `find` answers None for what it does not know, or knows to be gone. Both
    raise Transient when it cannot be asked, and Rejected when it refuses."""

    def find(self, resource_type: str, resource_id: str) -> Item | None: ...
    def all(self, resource_type: str) -> Iterator[Item]: ...


class WaveRecord(Protocol):
    """What is tried first. `save` writes at the next revision; raises Conflict when somebody else was
    faster."""

    def get(self) -> Waves: ...
    def save(self, waves: Waves) -> None: ...


class Estate(Protocol):
    """Resources as they are. `observe` answers None for what is gone; `write` makes one call, and is content
    when it is so already. Both raise Transient when AWS cannot be asked, and Rejected when it refuses."""

    def observe(self, rule: Rule, resource: Resource) -> Observed | None: ...
    def write(self, write: Write) -> None: ...


class Evaluations(Protocol):
    """AWS Config. `results` are what its rule says now of the resources that are not as it wants them;
    nothing where no recorder runs. `recording` is its recorder in this Region, None without one; `looks` are
    those of the rules that it still has, by name. `evaluate` asks it to look again, sooner than it would by
    itself. `tell` is what a rule of our own has found, with the token of its invocation; raises Transient
    when it does not take all. All raise Transient when it cannot be asked, and Rejected when it refuses."""

    def results(self, config_rule: str) -> Iterator[Result]: ...
    def recording(self) -> Recording | None: ...
    def looks(self, config_rules: Collection[str]) -> Mapping[str, Looks]: ...
    def evaluate(self, config_rule: str) -> None: ...
    def tell(self, token: str, evaluations: Iterable[Evaluation]) -> None: ...


class Executions(Protocol):
    """Executions of the remediation machine; the same one twice is one. `wake` raises Conflict when nobody
    waits for the token any more."""

    def start(self, finding_id: str, generation: int) -> None: ...
    def status(self, finding_id: str, generation: int) -> str | None: ...
    def wake(self, token: str, progress: Progress) -> None: ...


class Bus(Protocol):
    """Tells what happened to a finding, or to an exception with one version of it."""

    def publish(self, finding: Finding, entries: Sequence[Entry]) -> None: ...
    def publish_exception(self, exception: Excepted, event: Event) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CompliancePorts:
    """All of them, the rules by name, the names of Config's rules for ours, what this installation allows at
    most, and where it is."""

    findings: Findings
    exceptions: Exceptions
    baselines: Baselines
    records: Records
    waves: WaveRecord
    estate: Estate
    evaluations: Evaluations
    executions: Executions
    bus: Bus
    clock: Clock
    rules: Mapping[str, Rule]
    config_rules: Mapping[str, str]
    ceiling: Mode
    account: str
    region: str
