"""Auto Scaling groups, scaled to nothing and back."""

from collections.abc import Iterator, Sequence

from signalbox.aws.fleets.answers import one_by_one
from signalbox.aws.fleets.groups import PAGE, resource_of, switch_group, with_names, with_tags
from signalbox.aws.fleets.selection import has_tags, missing, named_in, unsettled
from signalbox.fleets.model import Action, Kind, Place, Power, Resource
from signalbox.fleets.spec import Select
from signalbox.fleets.switches import Pace, Switched, Target


class AutoScalingSwitch:
    """Port `Switch`.

    Each group takes a call of its own; a batch is what shares the look at the groups that a start begins
    with. Auto Scaling publishes no rates of its API. A group of an Elastic Beanstalk environment says so in
    `member_of`.
    """

    kind = Kind.AUTOSCALING
    batch = PAGE
    tells_tags = True

    def pace(self, action: Action) -> Pace:
        return Pace()

    def find(
        self, select: Select, place: Place, unless: Power | None = None, despite: str = ""
    ) -> Iterator[Resource]:
        """By tags and by names 100 a call."""
        members, named = named_in(select, self.kind, place)
        seen: set[str] = set()
        for group in with_tags(select.tags, place) if select.tags else ():
            resource = resource_of(group)
            if has_tags(resource.tags, select.tags or {}):
                seen.add(resource.id)
                yield resource
        for group in with_names([name for name in (*members, *named) if name not in seen], place):
            seen.add(group["AutoScalingGroupName"])
            yield resource_of(group)
        yield from missing(self.kind, named, seen)

    def read(self, ids: Sequence[str], action: Action, place: Place) -> Iterator[Resource]:
        return unsettled(self.kind, ids, (resource_of(group) for group in with_names(ids, place)), action)

    def switch(self, action: Action, targets: Sequence[Target], place: Place) -> Switched:
        """Stops with minimum and desired capacity 0; starts with the target's, where it still is 0."""
        names = [target.id for target in targets] if action is Action.START else []
        now = {group["AutoScalingGroupName"]: group for group in with_names(names, place)}
        return one_by_one(
            targets, lambda target: switch_group(action, target.id, target, now.get(target.id), place)
        )
