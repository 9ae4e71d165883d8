"""Texts that tests compare with a file beside them: how values become words, and what is told shorter."""

from collections.abc import Iterator

from tests.unit.builders import BLUE, GREEN, IMAGE, OLD_IMAGE, ROLLOUT, RULE, TEMPLATE

SHORT = {
    BLUE: "blue",
    GREEN: "green",
    RULE: "rule",
    TEMPLATE: "template",
    IMAGE: "ami-b",
    OLD_IMAGE: "ami-a",
    ROLLOUT: "r-1",
}
UNTOLD = ("Tags", "ClientToken", "LaunchTemplateId", "Type", "Order", "ShouldDecrementDesiredCapacity")


def shortened(text: str) -> str:
    for long, short in SHORT.items():
        text = text.replace(long, short)
    return text


def leaves(value: object, key: str = "", *, but: str = "") -> Iterator[str]:
    """Each single value after its name, without the one that would be said twice."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from () if name in UNTOLD else leaves(inner, name, but=but)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, key, but=but)
    elif value != but:
        yield f"{key} {value}"
