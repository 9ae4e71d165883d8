"""What contradicts itself in the rest of a fleet: fields that exclude or need each other."""

import re
from collections.abc import Iterator, Sequence

from signalbox.fleets.model import Kind
from signalbox.fleets.spec import FleetSpec, Period, Select
from signalbox.kernel.errors import Violation

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_CALENDAR = re.compile(r"arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:document/.+")


def contradictions(spec: FleetSpec) -> Iterator[Violation]:
    """All of them."""
    yield from _selection(spec.select)
    places = [(place, kind) for place, kinds in enumerate(spec.order) for kind in kinds]
    for index, kind in _repeated([kind for _, kind in places]):
        yield Violation(f"order.{places[index][0]}", f"{kind} has its place already: name each kind once")
    yield from _alternates(spec)
    if spec.calendar is not None and not _CALENDAR.fullmatch(spec.calendar):
        message = "give the ARN of a Change Calendar: arn:aws:ssm:<region>:<account>:document/<name>"
        yield Violation("calendar", message)
    if spec.mode == "enforce" and spec.schedule and all(_only_stops(period) for period in spec.schedule):
        message = (
            "enforce would stop again what is started: say also when the fleet starts, or take mode schedule"
        )
        yield Violation("mode", message)


def _alternates(spec: FleetSpec) -> Iterator[Violation]:
    if spec.alternates and Kind.EC2 not in spec.select.kinds:
        kinds = ", ".join(spec.select.kinds)
        message = f"only instances of EC2 take another type, and none of {kinds}: leave it out"
        yield Violation("alternates", message)
    for own, others in (spec.alternates or {}).items():
        for _, type_ in _repeated((own, *others)):
            yield Violation(f"alternates.{own}", f"{type_} is named already: name it once")


def _only_stops(period: Period) -> bool:
    return period.stop is not None and period.start is None


def _selection(select: Select) -> Iterator[Violation]:
    if not select.tags and not select.group and not select.resources:
        yield Violation("select", "give tags, group or resources: a fleet of everything is not meant")
    for name in ("kinds", "regions", "resources"):
        for index, value in _repeated(getattr(select, name) or ()):
            yield Violation(f"select.{name}.{index}", f"{value} is named already: name it once")
    roles = [account.role_arn for account in select.accounts or ()]
    for index, role in _repeated(roles):
        yield Violation(f"select.accounts.{index}.role_arn", f"{role} is named already: name it once")
    for index, role in enumerate(roles):
        if not _ROLE.fullmatch(role):
            message = "give the ARN of a role: arn:aws:iam::<account>:role/<name>"
            yield Violation(f"select.accounts.{index}.role_arn", message)


def _repeated(values: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What has been there before, with where it is."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield index, value
        seen.add(value)
