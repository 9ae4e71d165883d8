"""Rules with a function of their own: Config invokes it with what has changed and each hour, and is told."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from moto.config.exceptions import InvalidResultTokenException

from signalbox_local.config_rules.events import stamp
from signalbox_local.config_rules.recorder import Parts, Recorder
from signalbox_local.functions import Functions

PRINCIPAL = "config.amazonaws.com"
EACH_HOUR = timedelta(hours=1)
CHANGED, DUE = "ConfigurationItemChangeNotification", "ScheduledNotification"
log = logging.getLogger(__name__)
Key = tuple[str, str, str]
"""The name of a rule, and type and id of a resource."""


class OwnRules:
    """`now` is the local clock. Items of any size are sent: none is too large here."""

    def __init__(self, recorder: Recorder, functions: Functions, now: Callable[[], datetime]) -> None:
        self._recorder, self._functions, self._now = recorder, functions, now
        self._sent: dict[Key, Parts] = {}
        self._due: dict[str, datetime] = {}
        self._rules: dict[str, str] = {}

    def look(self, rule: Any, *, is_asked: bool = False) -> None:
        """Sends what has changed since the last look, and that it is time, each hour or when somebody asks:
        what it is about then is up to the function."""
        for type_ in rule.scope.compliance_resource_types if rule.scope else ():
            if self._recorder.records(type_):  # what was sent of others stays so
                self._look_at(rule, type_)
        name, now = rule.config_rule_name, self._now()
        if is_asked or now >= self._due.get(name, now):
            self._due[name] = now + EACH_HOUR
            self._invoke(rule, DUE)

    def _look_at(self, rule: Any, type_: str) -> None:
        name = rule.config_rule_name
        items = self._recorder.items(type_)
        sent = {id_: item for (of, its, id_), item in self._sent.items() if (of, its) == (name, type_)}
        for id_ in sent.keys() - items.keys():
            gone = {**sent[id_], "configurationItemStatus": "ResourceDeleted", "configuration": None}
            del self._sent[name, type_, id_]
            self._invoke(rule, CHANGED, {**gone, "configurationItemCaptureTime": self._recorder.now()})
        for id_, item in items.items():
            if sent.get(id_) != item:
                status = {} if id_ in sent else {"configurationItemStatus": "ResourceDiscovered"}
                self._sent[name, type_, id_] = item
                self._invoke(rule, CHANGED, {**item, **status})

    def _invoke(self, rule: Any, message: str, item: Parts | None = None) -> None:
        """As Lambda lets Config do it, which does not wait for the answer. Of messages only those are sent
        that the rule wants."""
        if message not in {each.message_type for each in rule.source.source_details}:
            return
        function = rule.source.source_identifier
        if not self._functions.permits(function, PRINCIPAL, rule.config_rule_arn):
            log.error("%s may not be invoked for %s", function, rule.config_rule_name)
            return
        token = str(uuid.uuid4())
        self._rules[token] = rule.config_rule_name
        event = json.dumps(self._event(rule, message, token, item))
        self._functions.invoke_async(function, event.encode())

    def _event(self, rule: Any, message: str, token: str, item: Parts | None) -> Parts:
        changed = {"configurationItemDiff": None, "configurationItem": item} if item else {}
        told = {
            **changed,
            "awsAccountId": rule.account_id,
            "notificationCreationTime": stamp(self._recorder.now()),
            "messageType": message,
            "recordVersion": "1.3",
        }
        return {
            "version": "1.0",
            "invokingEvent": json.dumps(told, default=stamp),
            "ruleParameters": rule.input_parameters or "{}",
            "resultToken": token,
            "eventLeftScope": False,
            "executionRoleArn": f"arn:aws:iam::{rule.account_id}:role/config",
            "configRuleArn": rule.config_rule_arn,
            "configRuleName": rule.config_rule_name,
            "configRuleId": rule.config_rule_id,
            "accountId": rule.account_id,
        }

    def rule_of(self, token: str) -> str:
        """The name of the rule to which an invocation belonged. Raises InvalidResultTokenException."""
        if token not in self._rules:
            raise InvalidResultTokenException
        return self._rules[token]
