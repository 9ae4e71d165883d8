"""What is said of findings, in sentences. Pure."""

import json
from collections.abc import Iterator

from signalbox_cli.rollout_words import Json, caller_name

_OUTCOMES = {
    "act": "It would be put right when it has its turn",
    "wait": "It would wait for an approval",
    "skip": "It would be left as it is",
    "undo": "It would be undone",
}
WOULD = {
    "act": "be put right",
    "wait": "wait for an approval",
    "skip": "be left",
    "unknown": "fail: it cannot be looked at",
}
_DANGERS = {
    "refuses": "That may refuse some of those who use the resource.",
    "interrupts": "That may interrupt all who use the resource.",
}


def resource_name(finding: Json) -> str:
    """What people call it, or else its id."""
    return str(finding["resource"]["name"] or finding["resource"]["id"])


def in_json(value: object) -> str:
    """A value of a configuration, as AWS Config would write it."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def variations(event: Json) -> list[Json]:
    """The fields in which a resource differed from its baseline when that was told."""
    found: list[Json] = event["data"].get("facts", {}).get("variations", [])
    return found


def finding_sentences(finding: Json, last_turn_at: str | None = None) -> Iterator[str]:
    """How it is and why, when at about the last of its queue has its turn, and then what happened, oldest
    first."""
    resource, evidence = finding["resource"], finding["evidence"]
    named = f"{resource['type']} {resource_name(finding)}"
    yield f"{named} is {finding['state']} for {finding['rule']}: {finding['reason']}."
    if last_turn_at:
        yield f"It has its turn by about {last_turn_at[:19]}Z, if all goes well."
    for event in evidence["timeline"]:
        because = f": {event['reason']}" if event["reason"] else ""
        yield f"{event['at'][:19]}Z {event['type'].lower()} by {caller_name(event['actor'])}{because}."
        for each in variations(event):
            found = in_json(each["found"]) if each["found"] is not None else "nothing"
            yield f"    {each['field']}: {in_json(each['expected'])} was expected, {found} was found."
    yield from _proposed(evidence["proposal"], finding["danger"])
    if not evidence["chain_verified"]:
        yield "The record does not hold: somebody has changed it."


def _proposed(writes: list[Json], danger: str | None) -> Iterator[str]:
    for write in writes:
        yield f"It would take {write['service']}:{write['operation']}."
    if writes and danger in _DANGERS:
        yield _DANGERS[danger]


def outlook_sentences(outlook: Json) -> Iterator[str]:
    """What a dry run found."""
    yield f"{_OUTCOMES[outlook['outcome']]}: {outlook['reason']}."
    for write in outlook["writes"]:
        given = ", ".join(f"{name}={value}" for name, value in write["parameters"].items())
        yield f"{write['service']}:{write['operation']}({given})"
