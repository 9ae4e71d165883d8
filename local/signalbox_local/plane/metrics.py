"""What a load balancer counts, as it tells CloudWatch: one data point a slot, only of what happened."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from signalbox_local.plane.groups import TargetGroup
from signalbox_local.plane.reports import Metric

Dimensions = dict[str, str]


@dataclass(slots=True)
class Tally:
    """Of one load balancer and target group, or of a load balancer alone (`group` empty). `own` counts what
    the load balancer answers itself; `seconds` are rounded to three digits and to 0.1 ms."""

    load_balancer: str
    group: str = ""
    requests: int = 0
    connection_errors: int = 0
    codes: Counter[int] = field(default_factory=Counter)
    own: Counter[str] = field(default_factory=Counter)
    seconds: Counter[float] = field(default_factory=Counter)

    def answered(self, status: int, seconds: float) -> None:
        """A target answered; its headers came after that time."""
        self.codes[status // 100] += 1
        self.seconds[round(float(f"{seconds:.3g}"), 4)] += 1

    def refused(self, status: int) -> None:
        """The load balancer answered in the target's place."""
        self.own["HTTPCode_ELB_5XX_Count"] += 1
        self.own[f"HTTPCode_ELB_{status}_Count"] += 1

    def add(self, other: "Tally") -> None:
        self.requests += other.requests
        self.connection_errors += other.connection_errors
        self.codes.update(other.codes)
        self.own.update(other.own)
        self.seconds.update(other.seconds)


class Tallies:
    """The current slot's."""

    def __init__(self) -> None:
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._hosts: dict[tuple[str, str], set[tuple[int, int]]] = {}

    def of(self, load_balancer: str, group: str = "") -> Tally:
        """To count into, at once: the next slot has another."""
        key = (load_balancer, group)
        if key not in self._tallies:
            self._tallies[key] = Tally(load_balancer, group)
        return self._tallies[key]

    def note_hosts(self, group: TargetGroup) -> None:
        """How many are healthy now, and how many are not: a slot tells each number that was true in it."""
        hosts = (group.count("healthy"), group.count("unhealthy"))
        for load_balancer in group.spec.load_balancers:
            self._hosts.setdefault((load_balancer, group.dimension), set()).add(hosts)

    def close_slot(self, at: float, groups: Iterable[TargetGroup]) -> list[Metric]:
        """The slot's metrics; the next one begins with the hosts with which this one ends."""
        tallies, hosts = self._tallies, self._hosts
        self._tallies, self._hosts = {}, {}
        for group in groups:
            self.note_hosts(group)
        whole: dict[str, Tally] = {}
        for tally in tallies.values():
            whole.setdefault(tally.load_balancer, Tally(tally.load_balancer)).add(tally)
        told = [tally for tally in tallies.values() if tally.group] + list(whole.values())
        found = [metric for tally in told for metric in _metrics(tally, at)]
        for (load_balancer, name), seen in hosts.items():
            found += _host_metrics({"TargetGroup": name, "LoadBalancer": load_balancer}, seen, at)
        return found


def _metrics(tally: Tally, at: float) -> Iterator[Metric]:
    dimensions = {"LoadBalancer": tally.load_balancer}
    if tally.group:
        dimensions = {"TargetGroup": tally.group, **dimensions}
    counts = {
        "RequestCount": tally.requests,
        "TargetConnectionErrorCount": tally.connection_errors,
        **{f"HTTPCode_Target_{kind}XX_Count": count for kind, count in tally.codes.items()},
        **tally.own,
    }
    for name, count in counts.items():
        if count:
            yield _metric(name, dimensions, at, {1.0: count}, "Count")
    if tally.seconds:
        yield _metric("TargetResponseTime", dimensions, at, tally.seconds, "Seconds")


def _host_metrics(dimensions: Dimensions, seen: set[tuple[int, int]], at: float) -> list[Metric]:
    healthy = dict.fromkeys((float(number) for number, _ in seen), 1)
    unhealthy = dict.fromkeys((float(number) for _, number in seen), 1)
    return [
        _metric("HealthyHostCount", dimensions, at, healthy, "Count"),
        _metric("UnHealthyHostCount", dimensions, at, unhealthy, "Count"),
    ]


def _metric(name: str, dimensions: Dimensions, at: float, seen: dict[float, int], unit: str) -> Metric:
    counts = [float(count) for count in seen.values()]
    return Metric(name=name, dimensions=dimensions, at=at, values=list(seen), counts=counts, unit=unit)
