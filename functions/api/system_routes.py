"""Routes about Signalbox itself."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from openapi import document
from routing import new_router
from statuses import answers

router = new_router()
BUILT = Path(__file__).with_name("openapi.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`ok` when the function answers."""

    status: str


@router.get(
    "/health", summary="Whether the API answers", tags=["system"], responses=answers(Health, HTTPStatus.OK)
)
def health() -> Health:
    """Looks at nothing else."""
    return Health(status="ok")


@router.get("/openapi.json", summary="This document", tags=["system"], responses=answers(None, HTTPStatus.OK))
def openapi() -> Response[str]:
    """Generated at build time; where nothing was built, now."""
    resolver = router.api_resolver
    assert isinstance(resolver, APIGatewayRestResolver)
    body = BUILT.read_text(encoding="utf-8") if BUILT.exists() else document(resolver)
    return Response(status_code=HTTPStatus.OK, content_type="application/json", body=body)
