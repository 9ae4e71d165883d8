"""EC2 instances."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.blame import Batch, Look
from signalbox.aws.fleets.instances import CONDITIONS, GONE, of_many, resources, with_ids, with_tags
from signalbox.aws.fleets.selection import Wanted, has_tags, missing, named_in
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Bucket, Pace, Switched, Target

_NOT_YET = {
    Power.RUNNING: ("pending", "stopping", "stopped", *GONE),
    Power.STOPPED: ("pending", "running", "stopping", *GONE),
}
_ALL_STATES = (*CONDITIONS, *GONE)


class Ec2Switch:
    """Port `Switch`.

    Both calls take 1,000 instances. Buckets of an account in a Region, from `Request throttling for the
    Amazon EC2 API` in the EC2 Developer Guide: StartInstances 5 requests, refilled by 2 a second,
    StopInstances 50 by 5; of instances both 1,000, refilled by 2 a second for starts and by 20 for stops.

    What `disableApiStop` protects is found when EC2 refuses it: DescribeInstances does not tell. A shutdown
    behaviour of `terminate` is no obstacle: it concerns a shutdown from inside only.
    """

    kind = Kind.EC2
    batch = 1000
    tells_tags = True

    def pace(self, action: Action) -> Pace:
        if action is Action.START:
            return Pace(calls=Bucket(capacity=5, per_second=2), resources=Bucket(capacity=1000, per_second=2))
        return Pace(calls=Bucket(capacity=50, per_second=5), resources=Bucket(capacity=1000, per_second=20))

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """By tags 1,000 a call, page by page, so that no more is in memory; by ids 1,000 a call."""
        states = tuple(CONDITIONS) if unless is None else _NOT_YET[unless]
        members, named = named_in(select, self.kind, place)
        seen: set[str] = set()
        for resource in _with_tags(select.tags, states, place, unless, despite):
            if members or named:
                seen.add(resource.id)
            yield resource
        rest = [id_ for id_ in (*members, *named) if id_ not in seen]
        # By ids the tag takes no call more: what has it not is left out here.
        wider = (*states, str(unless)) if unless and despite else states
        for resource in resources(with_ids(rest, wider, place), place):
            seen.add(resource.id)
            if wider is states or str(resource.condition) != str(unless) or despite in resource.tags:
                yield resource
        if unless is None:
            yield from missing(self.kind, named, seen)

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        """What has not arrived, in one call or a few. What fell back after EC2 had accepted it is there, with
        what EC2 says of it; what was terminated is there too."""
        return resources(of_many(ids, _NOT_YET[action.power], place), place)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        """Reasons begin with EC2's name of the error: `InsufficientInstanceCapacity: …` comes back later."""
        ec2 = client_in(place, "ec2", once=True)
        call = ec2.start_instances if action is Action.START else ec2.stop_instances

        def look(ids: Sequence[str]) -> Mapping[str, Look]:
            return _looks(ids, place)

        return Batch(lambda ids: call(InstanceIds=list(ids)), look).ask(target.id for target in targets)


def _with_tags(
    wanted: Wanted | None, states: Collection[str], place: Place, unless: Power | None, despite: str
) -> Iterator[Resource]:
    """Those in one of the states, and of those in the condition `unless` the ones with the tag `despite`."""
    if not wanted:
        return
    pages = with_tags(wanted, states, place)
    if unless and despite:
        pages = chain(pages, with_tags(wanted, (str(unless),), place, despite))
    yield from (each for each in resources(pages, place) if has_tags(each.tags, wanted))


def _looks(ids: Sequence[str], place: Place) -> dict[str, Look]:
    found: dict[str, Look] = {}
    with aws_errors():
        for page in with_ids(ids, _ALL_STATES, place):
            for each in page:
                zone = each.get("Placement", {}).get("AvailabilityZone", "")
                found[each.get("InstanceId", "")] = Look(
                    state=str(each.get("State", {}).get("Name", "")),
                    capacity=f"{each.get('InstanceType', '')} in {zone}",
                )
    return found
