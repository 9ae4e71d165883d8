"""Switches the rule that wakes the reconciler each minute."""

from signalbox.aws.clients import client
from signalbox.aws.errors import aws_errors


class SweepRule:
    """Port `Sweeping`."""

    def __init__(self, rule: str) -> None:
        self._rule = rule

    def enable(self) -> None:
        """Sweep each minute from now on."""
        with aws_errors():
            client("events").enable_rule(Name=self._rule)

    def disable(self) -> None:
        """Leave it to the hourly sweep."""
        with aws_errors():
            client("events").disable_rule(Name=self._rule)
