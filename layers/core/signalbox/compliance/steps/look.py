"""How soon a resource is looked at again, by how long AWS may take with it."""

from datetime import timedelta

from signalbox.compliance.rules.rule import Rule
from signalbox.kernel.again import later

SOONEST = 5  # seconds between two looks; each round twice as many
LONGEST_WAIT = 60  # seconds, when a change can be seen soon
LOOKS = 100  # or so: an execution has 25,000 events, and each look takes eleven of them
UNTIL_LATER = 3600  # seconds, for what AWS applies in a window of its own


def until_next_look(rule: Rule, rounds: int) -> int:
    """Seconds."""
    within = int(rule.playbook.within.total_seconds())
    return later(rounds, SOONEST, max(LONGEST_WAIT, within // LOOKS))


def longest_rest(rule: Rule) -> timedelta:
    """The most between two looks."""
    within = int(rule.playbook.within.total_seconds())
    return timedelta(seconds=max(LONGEST_WAIT, within // LOOKS, min(within, UNTIL_LATER)))
