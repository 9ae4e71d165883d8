"""The tags by which what a fix has made, holds or keeps is known."""

from collections.abc import Mapping

# Of what is made: whose it is, which kind of snapshot, and where it belongs.
FINDING_TAG = "signalbox:finding"
TAKEN_TAG = "signalbox:taken"
INSTANCE_TAG = "signalbox:instance"
DATABASE_TAG = "signalbox:database"
# Of an instance, while one of its volumes is swapped: of another one the swap waits.
HELD_FOR_TAG = "signalbox:held-for"
# Of what is kept.
KEPT_FOR_TAG = "signalbox:kept-for"
KEPT_SINCE_TAG = "signalbox:kept-since"
OUR_TAGS = frozenset({
    FINDING_TAG, TAKEN_TAG, INSTANCE_TAG, DATABASE_TAG, HELD_FOR_TAG, KEPT_FOR_TAG, KEPT_SINCE_TAG,
})  # fmt: skip
MANAGED = {"signalbox:managed": "true"}


def as_tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """As AWS takes them, in one order: an approval is of the same writes."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
