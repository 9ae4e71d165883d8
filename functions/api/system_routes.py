"""Routes about Signalbox itself."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import Router
from openapi import document

router = Router()
BUILT = Path(__file__).with_name("openapi.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`ok` when the function answers."""

    status: str


@router.get("/health", summary="Whether the API answers", tags=["system"])
def health() -> Health:
    """Looks at nothing else."""
    return Health(status="ok")


@router.get("/openapi.json", summary="This document", tags=["system"], include_in_schema=False)
def openapi() -> Response[str]:
    """Generated at build time; where nothing was built, now."""
    body = BUILT.read_text(encoding="utf-8") if BUILT.exists() else document(router.api_resolver)
    return Response(status_code=HTTPStatus.OK, content_type="application/json", body=body)
