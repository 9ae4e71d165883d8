"""What a run finds of one kind at one place, and what it would do with each of it. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from signalbox.fleets.decisions.claims import Claim, claim_of, place_of
from signalbox.fleets.decisions.planning import Circumstances
from signalbox.fleets.decisions.sorting import Sorting
from signalbox.fleets.model import Kind, Place, Power, Resource
from signalbox.fleets.ports import FleetPorts
from signalbox.fleets.record import Run, Standing, where
from signalbox.fleets.spec import FleetSpec
from signalbox.fleets.steps.patched import with_patches
from signalbox.fleets.steps.selected import selected
from signalbox.kernel.errors import Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind at one place; `specs` are those of all fleets."""

    place: Place
    kind: Kind
    specs: Mapping[str, FleetSpec]
    ports: FleetPorts

    def sorted_for(self, run: Run, standing: Standing) -> Sorting:
        """Everything that the run selects there, with what is to be done with it. Raises Transient and
        Rejected."""
        sorting = Sorting(self.place, self.kind, self.given(run, standing))
        for resource in self.found(run):
            sorting.take(resource)
        return sorting

    def given(self, run: Run, standing: Standing) -> Circumstances:
        """What the run decides by."""
        return Circumstances(
            run=run,
            now=self.ports.clock(),
            others=tuple(self._others(run.fleet)),
            kept=frozenset(standing.kept.get(where(self.place, self.kind), ())),
            sizes=standing.sizes,
            types=standing.types,
        )

    def found(self, run: Run, unless: Power | None = None, despite: str = "") -> Iterator[Resource]:
        """What the run selects there, and what of it is being patched; where AWS itself leaves that out,
        without what is in the condition `unless` and has not the tag `despite`."""
        found = self._found(run, unless, despite)
        return with_patches(found, self.kind, self.place, run.action, self.ports)

    def _found(self, run: Run, unless: Power | None, despite: str) -> Iterator[Resource]:
        """What a narrow run names must still be selected: tags and groups may have changed since."""
        switch = self.ports.switch_of(self.kind)
        if not run.only:
            yield from switch.find(run.spec.select, self.place, unless, despite)
            return
        select = replace(run.spec.select, tags=None, group=None, resources=run.only)
        found = list(switch.find(select, self.place))
        yield from selected(found, run.spec, self.kind, self.place, self.ports)

    def _others(self, fleet: str) -> Iterator[Claim]:
        """What other fleets claim there. One that only observes claims nothing."""
        for name, spec in self.specs.items():
            theirs = place_of(spec, self.place, self.kind, self.ports.home)
            if name != fleet and spec.mode != "observe" and theirs is not None:
                yield claim_of(spec, self.kind, self.place, self._members(spec, theirs))

    def _members(self, spec: FleetSpec, theirs: Place) -> Sequence[str]:
        """Of the other fleet's resource group, seen with its own role: what that may not see or AWS does not
        know the other fleet cannot touch either, and its own runs name it."""
        if not spec.select.group:
            return ()
        try:
            return list(self.ports.groups.members(spec.select.group, self.kind, theirs))
        except Rejected:
            return ()
