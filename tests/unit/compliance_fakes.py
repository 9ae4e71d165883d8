"""The ports of compliance in memory, with the conditions of the real stores; AWS does what is written."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from signalbox.compliance.model import (
    Configuration,
    Evaluation,
    Item,
    Looks,
    Mode,
    Observed,
    Recording,
    Resource,
    Write,
)
from signalbox.compliance.ports import CompliancePorts, Result, V
from signalbox.compliance.progress import Progress
from signalbox.compliance.record import Baseline, Excepted, Finding
from signalbox.compliance.rules.registry import RULES
from signalbox.compliance.rules.rule import Rule
from signalbox.compliance.waves import Waves
from signalbox.kernel.errors import Conflict
from signalbox.kernel.events import Event
from signalbox.kernel.timeline import Entry
from tests.unit import compliance_databases, compliance_volumes
from tests.unit.builders import NOW
from tests.unit.compliance_volumes import looked_at
from tests.unit.fakes import FakeClock
from tests.unit.fleet_fakes import Wire, Wired

ACCOUNT, REGION = "123456789012", "eu-west-1"
MANAGED = {"signalbox:managed": "true"}


class FakeFindings:
    """Port `Findings`."""

    def __init__(self) -> None:
        self.kept: dict[str, Finding] = {}
        self.entries: dict[str, list[Entry]] = {}

    def find(self, finding_id: str) -> Finding | None:
        return self.kept.get(finding_id)

    def list(self, limit: int, cursor: str | None) -> tuple[tuple[Finding, ...], str | None]:
        found = sorted(self.kept.values(), key=lambda each: (each.created_at, each.id), reverse=True)
        begin = int(cursor or 0)
        return tuple(found[begin : begin + limit]), (
            str(begin + limit) if begin + limit < len(found) else None
        )

    def all(self) -> Iterator[Finding]:
        yield from list(self.kept.values())

    def save(self, finding: Finding, entries: Sequence[Entry]) -> None:
        stored = self.kept.get(finding.id)
        if (stored.revision if stored else 0) != finding.revision - 1:
            raise Conflict("condition 0 does not hold")
        self.kept[finding.id] = finding
        self.entries.setdefault(finding.id, []).extend(entries)

    def timeline(self, finding_id: str, after: int, limit: int) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries.get(finding_id, []) if e.sequence > after)[:limit]


class FakeVersions(Generic[V]):
    """Port `Versions`."""

    def __init__(self) -> None:
        self.kept: dict[str, list[V]] = {}

    def find(self, id_: str, /) -> V | None:
        return next(iter(self.versions(id_)), None)

    def all(self) -> Sequence[V]:
        return tuple(versions[-1] for _, versions in sorted(self.kept.items()))

    def versions(self, id_: str, /) -> Sequence[V]:
        return tuple(reversed(self.kept.get(id_, [])))

    def save(self, record: V, /) -> None:
        kept = self.kept.get(record.id, [])
        if len(kept) != record.version - 1:
            raise Conflict("condition 0 does not hold")
        self.kept[record.id] = [*kept, record]


class FakeRecords:
    """Port `Records`."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def find(self, resource_type: str, resource_id: str) -> Item | None:
        return next((item for item in self.all(resource_type) if item.id == resource_id), None)

    def all(self, resource_type: str) -> Iterator[Item]:
        yield from (item for item in self.items if item.type == resource_type)


class FakeWaves:
    """Port `WaveRecord`."""

    def __init__(self) -> None:
        self.kept = Waves()

    def get(self) -> Waves:
        return self.kept

    def save(self, waves: Waves) -> None:
        if self.kept.revision != waves.revision - 1:
            raise Conflict("condition 0 does not hold")
        self.kept = waves


@dataclass
class Thing:
    """A resource: what its rule looks at, its tags, and what it does with writes. While `deaf` it takes them
    and nothing changes."""

    configuration: Configuration
    tags: dict[str, str] = field(default_factory=lambda: dict(MANAGED))
    name: str = ""
    is_of_account: bool = False
    deaf: bool = False


class FakeEstate:
    """Port `Estate`. `audit` sees each write before it is made, `refuse` may raise then, `blind` when
    somebody looks; what is `lost` has no effect."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.writes: list[Write] = []
        self.audit: Callable[[Write], None] = lambda write: None
        self.refuse: Callable[[Write], None] = lambda write: None
        self.blind: Callable[[], None] = lambda: None
        self.lost: Callable[[Write], bool] = lambda write: False

    def observe(self, rule: Rule, resource: Resource) -> Observed | None:
        self.blind()
        thing = self.things.get(resource.id)
        if thing is None:
            return None
        return Observed(
            configuration=looked_at(thing.configuration),
            tags=dict(thing.tags),
            name=thing.name,
            is_of_account=thing.is_of_account,
        )

    def write(self, write: Write) -> None:
        self.audit(write)
        self.refuse(write)
        self.writes.append(write)
        thing = self._meant(write)
        if not thing.deaf and not self.lost(write):
            APPLIED[write.operation](thing.configuration, write.parameters)

    def _meant(self, write: Write) -> Thing:
        of = write.parameters
        for name in ("Bucket", "GroupId", "InstanceId"):
            if of.get(name) in self.things:
                return self.things[str(of[name])]
        if write.operation in compliance_volumes.APPLIED:
            return self.things[compliance_volumes.VOLUME]
        swapped = [each for each in self.things.values() if "DBInstanceArn" in each.configuration]
        if write.service == "rds" and swapped:
            return swapped[0]
        named = str(of.get("DBInstanceIdentifier", ""))
        return next(
            each for each in self.things.values() if each.name == named or (not named and each.is_of_account)
        )


Parameters = dict[str, Any]


def _flat(permission: Parameters) -> Configuration:
    range_, key = next(
        (permission[name][0], cidr)
        for name, cidr in (("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6"))
        if name in permission
    )
    ports = {name: permission[name] for name in ("FromPort", "ToPort") if name in permission}
    described = {"Description": range_["Description"]} if "Description" in range_ else {}
    return {"IpProtocol": permission["IpProtocol"], **ports, "Cidr": range_[key], **described}


def _authorize(configuration: Any, given: Parameters) -> None:
    for permission in given["IpPermissions"]:
        if _flat(permission) not in configuration["Ingress"]:
            configuration["Ingress"].append(_flat(permission))


def _revoke(configuration: Any, given: Parameters) -> None:
    gone = [_flat(permission) for permission in given["IpPermissions"]]
    configuration["Ingress"] = [each for each in configuration["Ingress"] if each not in gone]


def _block(configuration: Any, given: Parameters) -> None:
    configuration.update(Configured=True, **given["PublicAccessBlockConfiguration"])


def _modify(configuration: Any, given: Parameters) -> None:
    """RDS keeps a first retention for its window."""
    if "DBInstanceArn" in configuration:
        compliance_databases.modify(configuration, given)
        return
    days = given.get("BackupRetentionPeriod")
    if days is not None:
        waits = days and not configuration["BackupRetentionPeriod"]
        configuration["PendingBackupRetentionPeriod"] = days if waits else None
        configuration["BackupRetentionPeriod"] = 0 if waits else days
    if "PubliclyAccessible" in given:
        configuration["PubliclyAccessible"] = given["PubliclyAccessible"]


def _logging(is_logging: bool) -> Callable[[Any, Parameters], None]:  # noqa: FBT001
    def change(configuration: Any, given: Parameters) -> None:
        for trail in configuration["Trails"]:
            if trail["Arn"] == given["Name"]:
                trail["IsLogging"] = is_logging

    return change


APPLIED: dict[str, Callable[[Any, Parameters], None]] = {
    "PutPublicAccessBlock": _block,
    "DeletePublicAccessBlock": lambda c, given: c.update(_unblocked()),
    "AuthorizeSecurityGroupIngress": _authorize,
    "RevokeSecurityGroupIngress": _revoke,
    "ModifyDBInstance": _modify,
    "EnableEbsEncryptionByDefault": lambda c, given: c.update(EbsEncryptionByDefault=True),
    "DisableEbsEncryptionByDefault": lambda c, given: c.update(EbsEncryptionByDefault=False),
    "StartLogging": _logging(True),
    "StopLogging": _logging(False),
    **compliance_databases.APPLIED,
    **compliance_volumes.APPLIED,
    "ModifyInstanceMetadataOptions": lambda c, given: c.update(
        {name: given[name] for name in given.keys() & c.keys()}
    ),
}


def _unblocked() -> Configuration:
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    return {"Configured": False, **dict.fromkeys(blocks, False)}


class FakeEvaluations:
    """Port `Evaluations`: what Config would say, and what it was told with each token; a recorder is on, and
    all rules have looked but those that say otherwise. `broken` is raised when it is asked for that."""

    def __init__(self) -> None:
        self.recorder: Recording | None = Recording(is_on=True)
        self.looked: dict[str, Looks | None] = {}
        self.broken: Exception | None = None
        self.said: dict[str, list[Result]] = {}
        self.evaluated: list[str] = []
        self.told: dict[str, list[Evaluation]] = {}

    def results(self, config_rule: str) -> Iterator[Result]:
        yield from self.said.get(config_rule, [])

    def recording(self) -> Recording | None:
        if self.broken:
            raise self.broken
        return self.recorder

    def looks(self, config_rules: Collection[str]) -> Mapping[str, Looks]:
        looked = {name: self.looked.get(name, Looks(succeeded_at=NOW)) for name in config_rules}
        return {name: looks for name, looks in looked.items() if looks}

    def evaluate(self, config_rule: str) -> None:
        self.evaluated.append(config_rule)

    def tell(self, token: str, evaluations: Iterable[Evaluation]) -> None:
        self.told.setdefault(token, []).extend(evaluations)


class FakeExecutions:
    """Port `Executions`; `woken` are the answers that tokens got."""

    def __init__(self) -> None:
        self.statuses: dict[tuple[str, int], str] = {}
        self.started: list[tuple[str, int]] = []
        self.waiting: set[str] = set()
        self.woken: dict[str, Progress] = {}

    def start(self, finding_id: str, generation: int) -> None:
        if (finding_id, generation) not in self.statuses:
            self.statuses[finding_id, generation] = "RUNNING"
            self.started.append((finding_id, generation))

    def status(self, finding_id: str, generation: int) -> str | None:
        return self.statuses.get((finding_id, generation))

    def wake(self, token: str, progress: Progress) -> None:
        if token not in self.waiting or token in self.woken:
            raise Conflict("nobody waits for this token any more")
        self.woken[token] = progress


class FakeBus:
    """Port `Bus`; `decided` are the exceptions that it tells of, and with what."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Entry]] = []
        self.decided: list[tuple[Excepted, Event]] = []

    def publish(self, finding: Finding, entries: Sequence[Entry]) -> None:
        self.published += [(finding.id, entry) for entry in entries]

    def publish_exception(self, exception: Excepted, event: Event) -> None:
        self.decided.append((exception, event))


@dataclass
class ComplianceWorld:
    """All ports over one store and one AWS."""

    clock: FakeClock = field(default_factory=FakeClock)
    findings: FakeFindings = field(default_factory=FakeFindings)
    exceptions: FakeVersions[Excepted] = field(default_factory=FakeVersions)
    baselines: FakeVersions[Baseline] = field(default_factory=FakeVersions)
    records: FakeRecords = field(default_factory=FakeRecords)
    waves: FakeWaves = field(default_factory=FakeWaves)
    estate: FakeEstate = field(default_factory=FakeEstate)
    evaluations: FakeEvaluations = field(default_factory=FakeEvaluations)
    executions: FakeExecutions = field(default_factory=FakeExecutions)
    bus: FakeBus = field(default_factory=FakeBus)
    wire: Wire = field(default_factory=Wire)
    ceiling: Mode = Mode.AUTO
    rules: dict[str, Rule] = field(default_factory=lambda: dict(RULES))
    config_rules: dict[str, str] = field(default_factory=lambda: {f"config-{name}": name for name in RULES})

    @property
    def ports(self) -> CompliancePorts:
        def wired(name: str) -> Any:
            return Wired(name, getattr(self, name), self.wire)

        return CompliancePorts(
            findings=wired("findings"),
            exceptions=wired("exceptions"),
            baselines=wired("baselines"),
            records=wired("records"),
            waves=wired("waves"),
            estate=wired("estate"),
            evaluations=wired("evaluations"),
            executions=wired("executions"),
            bus=wired("bus"),
            clock=self.clock,
            rules=self.rules,
            config_rules=self.config_rules,
            ceiling=self.ceiling,
            account=ACCOUNT,
            region=REGION,
        )
