"""How a resource differs from the baseline of its type."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import jmespath  # type: ignore[import-untyped]

from signalbox.compliance.model import Configuration, Item, Judgement, Verdict
from signalbox.compliance.record import Baseline
from signalbox.kernel.events import JsonObject

LONGEST_ANNOTATION = 256  # characters that AWS Config takes
_BASELINE = "Baseline"
_MOST_TOLD = 20  # variations in the timeline
_LONGEST_TOLD = 1000  # characters of JSON of a value there


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """One field that is not as expected; `found` is None where there is no such field."""

    field: str
    expected: object
    found: object


def value_of(field: str, configuration: Configuration) -> object:
    """What stands there; None when there is no such field."""
    found: object = jmespath.search(field, configuration)
    return found


def variations(expected: Mapping[str, object], configuration: Configuration) -> tuple[Variation, ...]:
    """By field. AWS keeps no order in its lists, and leaves out what is null: neither counts."""
    found = {field: value_of(field, configuration) for field in sorted(expected)}
    return tuple(
        Variation(field=field, expected=expected[field], found=value)
        for field, value in found.items()
        if _compared(expected[field]) != _compared(value)
    )


def under(baseline: Baseline | None, item: Item) -> Configuration:
    """What `judge` looks at: the recorded configuration, beside what is expected of it."""
    if baseline is None or baseline.is_ended:
        return dict(item.configuration)
    said: JsonObject = {"version": baseline.version, "expected": dict(baseline.expected)}
    return {**item.configuration, _BASELINE: said}


def judge(configuration: Configuration) -> Judgement:
    """Without a baseline there is nothing to compare with."""
    baseline = configuration.get(_BASELINE)
    if not isinstance(baseline, dict):
        return Judgement(verdict=Verdict.NOT_APPLICABLE, reason="its type has no baseline")
    called = f"baseline {baseline['version']} of its type"
    found = variations(baseline["expected"], configuration)
    if not found:
        return Judgement(verdict=Verdict.COMPLIANT, reason=f"it is as {called} says")
    return Judgement(
        verdict=Verdict.NON_COMPLIANT,
        reason=_named(f"it differs from {called} in ", [each.field for each in found]),
        facts={"variations": [_told(each) for each in found[:_MOST_TOLD]]},
    )


def _named(begin: str, names: Sequence[str]) -> str:
    """As many names as an annotation has room for, and how many there are beside."""
    whole = begin + ", ".join(names)
    if len(whole) <= LONGEST_ANNOTATION:
        return whole
    more = f" and {len(names)} more"  # at least as long as what is written in the end
    kept = [name for number, name in enumerate(names) if _fits(begin, names[: number + 1], more)]
    if not kept:
        return f"{begin}{len(names)} of its fields"
    return f"{begin}{', '.join(kept)} and {len(names) - len(kept)} more"


def _fits(begin: str, names: Sequence[str], more: str) -> bool:
    return len(begin + ", ".join(names) + more) <= LONGEST_ANNOTATION


def _told(variation: Variation) -> JsonObject:
    return {
        "field": variation.field,
        "expected": _in_short(variation.expected),
        "found": _in_short(variation.found),
    }


def _in_short(value: object) -> object:
    """The value, or the beginning of its JSON: timelines and events are bounded."""
    whole = json.dumps(value, sort_keys=True)
    return value if len(whole) <= _LONGEST_TOLD else f"{whole[:_LONGEST_TOLD]}…"


def _compared(value: object) -> str:
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: object) -> object:
    match value:
        case dict():
            return {name: _plain(part) for name, part in value.items() if part is not None}
        case list() | tuple():
            return _unordered(_plain(part) for part in value)
        case float() if value.is_integer():
            return int(value)
        case _:
            return value


def _unordered(parts: Iterable[object]) -> list[object]:
    return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True))
