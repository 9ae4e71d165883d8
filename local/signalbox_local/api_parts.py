"""API Gateway's resources of the template, gathered while the stack is made."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from signalbox_local.api_facts import ApiFacts, Quota, Route

_FUNCTION_IN_URI = re.compile(r"/functions/(?P<arn>arn:[^/]+)/invocations")


@dataclass
class ApiParts:
    """Ids and properties as they come, in any order; one API, one stage, one plan, one key."""

    rest_api_id: str | None = None
    stage: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    plan: Mapping[str, Any] = field(default_factory=dict)
    key_id: str | None = None
    key: str | None = None

    def facts(self, region: str, account: str) -> ApiFacts | None:
        """None without a REST API."""
        if self.rest_api_id is None:
            return None
        throttle, quota = self.plan.get("Throttle", {}), self.plan.get("Quota")
        return ApiFacts(
            region=region,
            account=account,
            rest_api_id=self.rest_api_id,
            stage=self.stage,
            routes=tuple(_routes(self.body)),
            api_key=self.key,
            api_key_id=self.key_id,
            rate=float(throttle["RateLimit"]) if "RateLimit" in throttle else None,
            burst=int(throttle["BurstLimit"]) if "BurstLimit" in throttle else None,
            quota=Quota(limit=int(quota["Limit"]), period=quota["Period"]) if quota else None,
        )


def _routes(body: Mapping[str, Any]) -> Iterator[Route]:
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            integration = operation.get("x-amazon-apigateway-integration", {})
            found = _FUNCTION_IN_URI.search(str(integration.get("uri", "")))
            if found:
                schemes = {name for scheme in operation.get("security", []) for name in scheme}
                yield Route(
                    method="ANY" if method == "x-amazon-apigateway-any-method" else method.upper(),
                    path=path,
                    function=found["arn"],
                    auth="AWS_IAM" if "AWS_IAM" in schemes else "NONE",
                    api_key_required="api_key" in schemes,
                )
