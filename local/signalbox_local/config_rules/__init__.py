"""AWS Config's rules, evaluated: moto keeps them, and looks at nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.config.exceptions import InvalidResultTokenException, NoSuchConfigRuleException
from moto.config.models import config_backends

from signalbox_local.config_rules.account_recorder import is_recording, records
from signalbox_local.config_rules.evaluators import EVALUATORS, Evaluated
from signalbox_local.config_rules.events import compliance_change
from signalbox_local.config_rules.own_rules import OwnRules
from signalbox_local.rounds import Rounds

Publish = Callable[[Mapping[str, Any]], object]
SECONDS = 1.0
"""Between two looks. AWS looks some minutes after a change, or once an hour."""


@dataclass(frozen=True)
class Evaluation:
    """What a rule says of a resource, since when; what it remarks, which is empty when nothing."""

    compliance: str
    type: str
    at: datetime
    remark: str = ""


class ConfigRules:
    """Evaluates the managed rules that are there, has those evaluated that have functions of their own, and
    tells what has changed, while the account's recorder is on: of the types that it records. A rule that it
    does not know says nothing, as without data; so does one with a function where there are no `own` rules.
    """

    def __init__(self, publish: Publish, account: str, region: str, own: OwnRules | None = None) -> None:
        self._publish, self._own = publish, own
        self._account, self._region = account, region
        self._said: dict[tuple[str, str], Evaluation] = {}
        self._about: dict[tuple[str, str], float] = {}
        self._looked: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._rounds = Rounds("config-rules", SECONDS, self.evaluate)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        self._rounds.stop()

    def evaluate(self, asked: Sequence[str] = ()) -> None:
        """One look at everything; somebody has `asked` for those rules."""
        with self._lock:
            recorded = is_recording(self._account, self._region)
            for rule in list(self._rules().values()) if recorded else ():
                evaluator = EVALUATORS.get(rule.source.source_identifier)
                if evaluator is not None:
                    given = rule.input_parameters_dict
                    self._looked[rule.config_rule_name] = _now()
                    self._compared(rule, evaluator.evaluate(self._account, self._region, given))
                elif self._own and rule.source.owner == "CUSTOM_LAMBDA":
                    self._own.look(rule, is_asked=rule.config_rule_name in asked)

    def _rules(self) -> dict[str, Any]:
        return config_backends[self._account][self._region].config_rules

    def take(self, token: str, evaluations: Iterable[Mapping[str, Any]]) -> None:
        """What the function of a rule has found, with the token of its invocation. What is about an earlier
        moment than what was told before comes too late. Raises InvalidResultTokenException."""
        if self._own is None:
            raise InvalidResultTokenException
        rule = self._rules()[self._own.rule_of(token)]
        with self._lock:
            self._looked[rule.config_rule_name] = _now()
            for each in evaluations:
                key = (rule.config_rule_name, str(each["ComplianceResourceId"]))
                about = float(each["OrderingTimestamp"])
                if about >= self._about.get(key, 0):
                    self._about[key] = about
                    self._told(rule, key, each)

    def _told(self, rule: Any, key: tuple[str, str], evaluation: Mapping[str, Any]) -> None:
        """What does not apply is not kept."""
        type_, says = str(evaluation["ComplianceResourceType"]), str(evaluation["ComplianceType"])
        before, remark = self._said.get(key), str(evaluation.get("Annotation", ""))
        if says == "NOT_APPLICABLE" and before is None:
            return
        if before is None or before.compliance != says:
            self._changed(rule, key[1], type_, says, remark)
        if says == "NOT_APPLICABLE":
            del self._said[key]
        else:
            self._said[key] = Evaluation(says, type_, _now(), remark)

    def _compared(self, rule: Any, found: Evaluated) -> None:
        """What was said of types that are not recorded any more stays so."""
        name = rule.config_rule_name
        said = [(id_, each.type) for (of, id_), each in self._said.items() if of == name]
        gone = [id_ for id_, type_ in said if id_ not in found and self._records(type_)]
        for id_ in gone:
            self._changed(rule, id_, self._said[name, id_].type, "NOT_APPLICABLE")
            del self._said[name, id_]
        recorded = {id_: each for id_, each in found.items() if self._records(each[0])}
        for id_, (type_, is_compliant) in recorded.items():
            says = "COMPLIANT" if is_compliant else "NON_COMPLIANT"
            before = self._said.get((name, id_))
            if before is None or before.compliance != says:
                self._changed(rule, id_, type_, says)

    def _records(self, type_: str) -> bool:
        return records(self._account, self._region, type_)

    def _changed(self, rule: Any, id_: str, type_: str, compliance: str, remark: str = "") -> None:
        key = (rule.config_rule_name, id_)
        before, now = self._said.get(key), _now()
        self._said[key] = Evaluation(compliance, type_, now, remark)
        told = (before.compliance, before.at, before.remark) if before else None
        place = (self._account, self._region)
        self._publish(compliance_change(rule, (type_, id_), (compliance, now, remark), told, place))

    def looked_at(self, rule: str) -> datetime | None:
        """When there was last a result of that rule. Raises NoSuchConfigRuleException."""
        if rule not in self._rules():
            raise NoSuchConfigRuleException(rule)
        with self._lock:
            return self._looked.get(rule)

    def non_compliant(self, rule: str) -> Iterator[tuple[str, Evaluation]]:
        """Id, and what the rule found."""
        with self._lock:
            said = list(self._said.items())
        for (name, id_), evaluation in said:
            if name == rule and evaluation.compliance == "NON_COMPLIANT":
                yield id_, evaluation


def _now() -> datetime:
    """Config records milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
