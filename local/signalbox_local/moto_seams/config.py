"""Seams of Config, and of what it records: rules are asked what they say, resources can be told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import Any

from moto.config.exceptions import ResourceNotDiscoveredException
from moto.config.responses import ConfigResponse
from moto.ec2.models.instances import InstanceBackend, MetadataOptions
from moto.rds.models import DBInstance

from signalbox_local.config_rules import ConfigRules, Evaluation
from signalbox_local.config_rules.recorder import Parts, Recorder
from signalbox_local.moto_seams.seams import Seams

# As moto's own call names it, and where it keeps it.
_OPTIONS = {
    "http_tokens": "http_tokens",
    "http_endpoint": "http_endpoint",
    "hop_limit": "http_put_response_hop_limit",
}


def config_evaluations(seams: Seams, rules: ConfigRules) -> None:
    """What a rule says of its resources and when it looked, asking it to look again, and what its own
    function tells."""

    # moto has none of these calls.
    def details(self: ConfigResponse) -> str:
        name, wanted = self._get_param("ConfigRuleName"), self._get_param("ComplianceTypes") or []
        found = list(rules.non_compliant(name)) if "NON_COMPLIANT" in wanted else []
        return json.dumps({"EvaluationResults": [_result(name, *each) for each in found]})

    def again(self: ConfigResponse) -> str:
        rules.evaluate(self._get_param("ConfigRuleNames") or ())
        return "{}"

    def statuses(self: ConfigResponse) -> str:
        named = {name: rules.looked_at(name) for name in self._get_param("ConfigRuleNames") or ()}
        return json.dumps({"ConfigRulesEvaluationStatus": [_status(*each) for each in named.items()]})

    # moto knows no tokens.
    def put(self: ConfigResponse) -> str:
        if not self._get_param("TestMode"):
            rules.take(self._get_param("ResultToken"), self._get_param("Evaluations") or ())
        return json.dumps({"FailedEvaluations": []})

    seams.replace(ConfigResponse, "get_compliance_details_by_config_rule", details)
    seams.replace(ConfigResponse, "start_config_rules_evaluation", again)
    seams.replace(ConfigResponse, "describe_config_rule_evaluation_status", statuses)
    seams.replace(ConfigResponse, "put_evaluations", put)


def configuration_items(seams: Seams, recorder: Recorder) -> None:
    """What Config has recorded of resources."""

    # moto has items of buckets only.
    def history(self: ConfigResponse) -> str:
        type_, id_ = self._get_param("resourceType"), self._get_param("resourceId")
        item = recorder.items(type_).get(id_)
        if item is None:
            raise ResourceNotDiscoveredException(type_, id_)
        return json.dumps({"configurationItems": [_as_text(item)]})

    def several(self: ConfigResponse) -> str:
        asked = [(key["resourceType"], key["resourceId"]) for key in self._get_param("resourceKeys")]
        known = {type_: recorder.items(type_) for type_, _ in asked}
        found = [_as_text(known[type_][id_]) for type_, id_ in asked if id_ in known[type_]]
        return json.dumps({"baseConfigurationItems": found, "unprocessedResourceKeys": []})

    # On one page: hundreds of resources are not made here.
    def listed(self: ConfigResponse) -> str:
        type_ = self._get_param("resourceType")
        found = [{"resourceType": type_, "resourceId": id_} for id_ in recorder.items(type_)]
        return json.dumps({"resourceIdentifiers": found})

    seams.replace(ConfigResponse, "get_resource_config_history", history)
    seams.replace(ConfigResponse, "batch_get_resource_config", several)
    seams.replace(ConfigResponse, "list_discovered_resources", listed)


def _as_text(item: Parts) -> Parts:
    """As the API writes it."""
    return {
        **item,
        "configurationItemCaptureTime": item["configurationItemCaptureTime"].timestamp(),
        "configuration": json.dumps(item["configuration"]),
        "supplementaryConfiguration": {
            name: json.dumps(part) for name, part in item["supplementaryConfiguration"].items()
        },
    }


def _status(rule: str, looked_at: datetime | None) -> dict[str, Any]:
    looked = {"LastSuccessfulEvaluationTime": looked_at.timestamp()} if looked_at else {}
    return {"ConfigRuleName": rule, "FirstEvaluationStarted": bool(looked_at), **looked}


def _result(rule: str, id_: str, said: Evaluation) -> dict[str, Any]:
    qualifier = {"ConfigRuleName": rule, "ResourceType": said.type, "ResourceId": id_}
    at = said.at
    return {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": qualifier,
            "OrderingTimestamp": at.timestamp(),
        },
        "ComplianceType": "NON_COMPLIANT",
        "ResultRecordedTime": at.timestamp(),
        "ConfigRuleInvokedTime": at.timestamp(),
        **({"Annotation": said.remark} if said.remark else {}),
    }


def recorded_resources(seams: Seams) -> None:
    """What Config records of databases and instances."""
    numbers = count(1)

    # moto gives all databases one resource id, by which Config names them.
    def told_apart(original: Callable[..., None]) -> Callable[..., None]:
        def init(self: Any, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            self.dbi_resource_id = f"db-{next(numbers):026d}"

        return init

    # moto forgets the metadata options that a change does not name.
    def kept(original: Callable[..., MetadataOptions]) -> Callable[..., MetadataOptions]:
        def modify(self: Any, instance_id: str, *args: Any, **given: Any) -> MetadataOptions:
            before = self.get_instance(instance_id).metadata_options
            after = original(self, instance_id, *args, **given)
            for name, attribute in _OPTIONS.items():
                if given.get(name) is None:
                    setattr(after, attribute, getattr(before, attribute))
            return after

        return modify

    seams.wrap(DBInstance, "__init__", told_apart)
    seams.wrap(InstanceBackend, "modify_instance_metadata_options", kept)
