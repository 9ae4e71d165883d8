"""AWS Config's rules, evaluated: moto keeps them, and looks at nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.config.models import config_backends

from signalbox_local.config_rules.evaluators import EVALUATORS, Evaluated
from signalbox_local.config_rules.events import compliance_change
from signalbox_local.rounds import Rounds

Publish = Callable[[Mapping[str, Any]], object]
SECONDS = 1.0
"""Between two looks. AWS looks some minutes after a change, or once an hour."""


@dataclass(frozen=True)
class Evaluation:
    """What a rule says of a resource, since when."""

    compliance: str
    type: str
    at: datetime


class ConfigRules:
    """Evaluates the managed rules that are there, and tells what has changed. A rule that it does not know
    says nothing, as without data."""

    def __init__(self, publish: Publish, account: str, region: str) -> None:
        self._publish = publish
        self._account, self._region = account, region
        self._said: dict[tuple[str, str], Evaluation] = {}
        self._lock = threading.Lock()
        self._rounds = Rounds("config-rules", SECONDS, self.evaluate)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def evaluate(self) -> None:
        """One look at everything."""
        with self._lock:
            for rule in list(config_backends[self._account][self._region].config_rules.values()):
                evaluator = EVALUATORS.get(rule.source.source_identifier)
                if evaluator is not None:
                    given = rule.input_parameters_dict
                    self._compared(rule, evaluator.evaluate(self._account, self._region, given))

    def _compared(self, rule: Any, found: Evaluated) -> None:
        name = rule.config_rule_name
        gone = [id_ for of, id_ in self._said if of == name and id_ not in found]
        for id_ in gone:
            self._changed(rule, id_, self._said[name, id_].type, "NOT_APPLICABLE")
            del self._said[name, id_]
        for id_, (type_, is_compliant) in found.items():
            says = "COMPLIANT" if is_compliant else "NON_COMPLIANT"
            before = self._said.get((name, id_))
            if before is None or before.compliance != says:
                self._changed(rule, id_, type_, says)

    def _changed(self, rule: Any, id_: str, type_: str, compliance: str) -> None:
        key = (rule.config_rule_name, id_)
        before, now = self._said.get(key), _now()
        self._said[key] = Evaluation(compliance, type_, now)
        told = (before.compliance, before.at) if before else None
        place = (self._account, self._region)
        self._publish(compliance_change(rule, (type_, id_), (compliance, now), told, place))

    def non_compliant(self, rule: str) -> Iterator[tuple[str, str, datetime]]:
        """(type, id, since when) of what the rule found."""
        with self._lock:
            said = list(self._said.items())
        for (name, id_), evaluation in said:
            if name == rule and evaluation.compliance == "NON_COMPLIANT":
                yield evaluation.type, id_, evaluation.at


def _now() -> datetime:
    """Config records milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
