"""Seams of Config, and of what it records: rules are asked what they say, resources can be told apart."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import count
from typing import Any

from moto.config.responses import ConfigResponse
from moto.ec2.models.instances import InstanceBackend, MetadataOptions
from moto.rds.models import DBInstance

from signalbox_local.config_rules import ConfigRules
from signalbox_local.moto_seams.seams import Seams

# As moto's own call names it, and where it keeps it.
_OPTIONS = {
    "http_tokens": "http_tokens",
    "http_endpoint": "http_endpoint",
    "hop_limit": "http_put_response_hop_limit",
}


def config_evaluations(seams: Seams, rules: ConfigRules) -> None:
    """What a rule says of its resources, and asking it to look again."""

    # moto has neither call.
    def details(self: ConfigResponse) -> str:
        name, wanted = self._get_param("ConfigRuleName"), self._get_param("ComplianceTypes") or []
        found = list(rules.non_compliant(name)) if "NON_COMPLIANT" in wanted else []
        return json.dumps({"EvaluationResults": [_result(name, *each) for each in found]})

    def again(self: ConfigResponse) -> str:
        rules.evaluate()
        return "{}"

    seams.replace(ConfigResponse, "get_compliance_details_by_config_rule", details)
    seams.replace(ConfigResponse, "start_config_rules_evaluation", again)


def _result(rule: str, type_: str, id_: str, at: Any) -> dict[str, Any]:
    qualifier = {"ConfigRuleName": rule, "ResourceType": type_, "ResourceId": id_}
    return {
        "EvaluationResultIdentifier": {
            "EvaluationResultQualifier": qualifier,
            "OrderingTimestamp": at.timestamp(),
        },
        "ComplianceType": "NON_COMPLIANT",
        "ResultRecordedTime": at.timestamp(),
        "ConfigRuleInvokedTime": at.timestamp(),
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
