"""What a fleet selects: by tags, as members of a resource group, or by name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from signalbox.aws.errors import aws_errors
from signalbox.aws.fleets.membership import ResourceGroups
from signalbox.aws.places import client_in
from signalbox.fleets.model import Action, Condition, Kind, Place, Resource
from signalbox.fleets.named import id_in, own
from signalbox.fleets.spec import Select

Tags = Mapping[str, str]
Wanted = Mapping[str, Sequence[str]]
Each = TypeVar("Each")

_TAGGED_PAGE = 100
_MOST_ARNS = 100
_MOST_VALUES = 20  # of one tag, in GetResources


def has_tags(tags: Tags, wanted: Wanted) -> bool:
    """Whether it has each of the tags, with one of its values; no value means more than itself."""
    return all(tags.get(key) in values for key, values in wanted.items())


def tags_in(pairs: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Of the list of `Key` and `Value` that most services give."""
    return {pair["Key"]: pair.get("Value", "") for pair in pairs}


def chunks(ids: Iterable[Each], size: int) -> Iterator[list[Each]]:
    """At most so many at a time."""
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk


def named_in(select: Select, kind: Kind, place: Place) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(the members of the resource group, what is named) of a kind, as ids, each in one of them."""
    named = own(select, kind, place)
    found = ResourceGroups().members(select.group, kind, place) if select.group else ()
    return tuple(dict.fromkeys(each for each in found if each not in named)), named


def tagged(wanted: Wanted | None, kind: Kind, type_: str, place: Place) -> dict[str, Tags]:
    """Id → tags of what has the tags, for services whose own calls know no filter by tag. GetResources takes
    100 a page, and up to 20 values of a tag: with more it gives all that have the tag, and we choose."""
    if not wanted:
        return {}
    filters: Any = [
        {"Key": key, "Values": list(values) if len(values) <= _MOST_VALUES else []}
        for key, values in wanted.items()
    ]
    found: dict[str, Tags] = {}
    with aws_errors():
        paginator = client_in(place, "resourcegroupstaggingapi").get_paginator("get_resources")
        pages = paginator.paginate(
            TagFilters=filters, ResourceTypeFilters=[type_], PaginationConfig={"PageSize": _TAGGED_PAGE}
        )
        for page in pages:
            for each in page.get("ResourceTagMappingList", []):
                tags = tags_in(each.get("Tags", []))  # type: ignore[arg-type]
                id_ = id_in(each.get("ResourceARN", ""), kind)
                if id_ and has_tags(tags, wanted):
                    found[id_] = tags
    return found


def tags_of(arns: Sequence[str], place: Place) -> dict[str, Tags]:
    """ARN → tags; what never had any is not in it. GetResources takes 100 ARNs."""
    found: dict[str, Tags] = {}
    for chunk in chunks(arns, _MOST_ARNS):
        with aws_errors():
            answer = client_in(place, "resourcegroupstaggingapi").get_resources(ResourceARNList=chunk)
        for each in answer.get("ResourceTagMappingList", []):
            found[each.get("ResourceARN", "")] = tags_in(each.get("Tags", []))  # type: ignore[arg-type]
    return found


def missing(kind: Kind, named: Iterable[str], seen: Iterable[str]) -> Iterator[Resource]:
    """What is named and not there, for all to see: a slip of the pen never passes as `nothing to do`."""
    there = set(seen)
    for id_ in named:
        if id_ not in there:
            yield Resource(kind=kind, id=id_, condition=Condition.BROKEN, detail="there is no such resource")


def unsettled(
    kind: Kind, ids: Iterable[str], found: Iterable[Resource], action: Action
) -> Iterator[Resource]:
    """Those of the ids that are not where the action leads: what has gone meanwhile is not there either."""
    seen: set[str] = set()
    for resource in found:
        seen.add(resource.id)
        if resource.condition is not Condition(action.power.value):
            yield resource
    yield from missing(kind, ids, seen)
