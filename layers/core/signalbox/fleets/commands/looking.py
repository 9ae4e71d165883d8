"""What is not where its fleet or its own tag wants it, as a run would see it. Nothing is written."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from signalbox.fleets.decisions.claims import pairs_of
from signalbox.fleets.decisions.due import live
from signalbox.fleets.decisions.planning import Circumstances, Outcome, decide
from signalbox.fleets.decisions.tags import TAG, tag_override
from signalbox.fleets.model import Action, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Cause, Run, Standing
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.finding import Finding
from signalbox.kernel.errors import Rejected, Transient

ACTING = (Outcome.WAITING, Outcome.ASKED, Outcome.BUSY)


def opposite(action: Action) -> Action:
    """What undoes it."""
    return Action.START if action is Action.STOP else Action.STOP


@dataclass(slots=True)
class Look:
    """`strays` are named as a selection names them, and so are those that a tag wants otherwise than their
    fleet, with what it says; `until` is when the first tag ends that holds something back; `problems` are
    places where AWS could not be asked: runs name those. Not `is_whole` when the time was over before all had
    been looked at."""

    strays: set[str] = field(default_factory=set)
    tagged: dict[str, str] = field(default_factory=dict)
    until: datetime | None = None
    problems: list[str] = field(default_factory=list)
    is_whole: bool = True

    def at_all(
        self, run: Run, standing: Standing, specs: Mapping[str, FleetSpec], end: datetime, ports: FleetPorts
    ) -> None:
        """As the run, which has not begun, would look and decide, and one for tags."""
        for place, kind in pairs_of(run.spec, ports.home):
            if ports.clock() > end:
                self.is_whole = False
                return
            self.at(Finding(place=place, kind=kind, specs=specs, ports=ports), run, standing)

    def at(self, finding: Finding, run: Run, standing: Standing) -> None:
        """At one place."""
        place, kind, now = finding.place, finding.kind, finding.ports.clock()
        override = live(standing.override, now)
        # What contradicts an override is a conflict, and left as it is.
        minds_tags = override is None or override.power is not run.action.power
        try:
            given = finding.given(run, standing)
            found = list(finding.found(run, run.action.power, TAG if minds_tags else ""))
        except (Transient, Rejected) as problem:
            self.problems.append(f"{kind} in {place.region} of {place.account}: {problem}")
            return
        for resource in found:
            self._take(resource, given, minds_tags)

    def _take(self, resource: Resource, given: Circumstances, minds_tags: bool) -> None:
        name, verdict = f"{resource.kind}:{resource.id}", decide(resource, given)
        self.until = min((at for at in (self.until, verdict.until) if at), default=None)
        if verdict.outcome in ACTING:
            self.strays.add(name)
        elif minds_tags and TAG in resource.tags:
            other = replace(given.run, action=opposite(given.run.action), cause=Cause.TAG)
            asked = tag_override(resource.tags[TAG], given.now)
            if asked is not None and decide(resource, replace(given, run=other)).outcome in ACTING:
                self.tagged[name] = asked.told
