"""What an AWS request asks for, read with the very service models that clients write it with."""

import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from botocore.exceptions import UnknownServiceError
from botocore.session import Session
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class AwsRequest:
    """An operation of a service and its decoded parameters.

    `service` is botocore's name (`elbv2`), `protocol` is the wire's (`json`, `query`, `ec2`, `rest-json`,
    `rest-xml`). An operation that no model knows is `Unknown`, without parameters.
    """

    service: str
    operation: str
    protocol: str
    parameters: Mapping[str, Any]


def read_aws_request(request: Request, moto_service: str) -> AwsRequest:
    """`moto_service` is moto's name of the backend that the request is for (`elb`, `awslambda`)."""
    service = _boto_service(moto_service, request)
    try:
        model = get_service_model(service)
    except UnknownServiceError:
        return unread_aws_request(request, service)
    plain = _decompressed(request)
    try:
        operation, labels = get_service_router(service).match(plain)
        protocol = determine_request_protocol(model, plain.content_type)
    except (NotFound, NotImplementedError):
        return AwsRequest(service, named_operation(request), _protocol_of(model, request), {})
    parameters = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": plain.method,
            "values": plain.values,
            "headers": plain.headers,
            "body": plain.data,
            "url_path": plain.path,
            "url_params": labels,
        }
    )
    return AwsRequest(service, operation.name, protocol, cast(Mapping[str, Any], parameters))


def unread_aws_request(request: Request, signing_name: str) -> AwsRequest:
    """The same for a service without a model: only what the wire itself says."""
    protocol = "json" if request.headers.get("X-Amz-Target") else "rest-json"
    if request.mimetype == "application/x-www-form-urlencoded":
        protocol = "query"
    return AwsRequest(signing_name, named_operation(request), protocol, {})


def named_operation(request: Request) -> str:
    """The operation that the header or the form names; REST requests name none."""
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return target or request.values.get("Action", "") or UNKNOWN


def _protocol_of(model: ServiceModel, request: Request) -> str:
    try:
        return determine_request_protocol(model, request.content_type)
    except NotImplementedError:
        return str(model.protocol)


def _boto_service(moto_service: str, request: Request) -> str:
    """Classic and v2 load balancers share host and name; the API version tells them apart."""
    if moto_service == "elb":
        return "elb" if request.values.get("Version") == "2012-06-01" else "elbv2"
    return _boto_names().get(moto_service, moto_service)


@cache
def _boto_names() -> dict[str, str]:
    names = {name.replace("-", ""): name for name in Session().get_available_services()}
    return {**names, "awslambda": "lambda"}


def _decompressed(request: Request) -> Request:
    """Clients may gzip large bodies (PutMetricData does); the signature covers the compressed form."""
    if request.headers.get("Content-Encoding") != "gzip":
        return request
    body = gzip.decompress(request.get_data())
    environ = {**request.environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    environ.pop("werkzeug.request", None)
    environ.pop("HTTP_CONTENT_ENCODING", None)
    return Request(environ)
