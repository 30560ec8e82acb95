"""Whether the service lives, whether it is ready, and what it counts."""

import ipaddress

from fastapi import APIRouter, Request
from starlette.responses import Response

from safehold.gateway import Scope
from safehold.service.checking.translation import json_bytes
from safehold.service.context import Service, admit, service_of
from safehold.service.openapi import PROBLEMS, SECURED
from safehold.service.problem import Problem
from safehold.vocabulary import SafeholdError

router = APIRouter(tags=["health"])


@router.get("/health/live", responses={200: {"description": "This process answers."}})
async def live() -> Response:
    """Say that this process answers: one that doesn't should be started again."""
    return Response(json_bytes({"live": True}), 200, media_type="application/json")


@router.get(
    "/health/ready",
    responses={
        200: {"description": "This process decides."},
        503: {"description": "It doesn't: send no requests here; why is told in words of ours."},
    },
)
async def ready(request: Request) -> Response:
    """Say whether this process can decide: database, index, and not about to stop."""
    service = service_of(request)
    try:
        failures = await service.work(service.readiness.failures)
    except Problem:
        failures = ["busy"]
    service.measures.ready.set(not failures)
    told = {"ready": not failures, "failures": list(failures)}
    return Response(json_bytes(told), 503 if failures else 200, media_type="application/json")


@router.get(
    "/metrics",
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus' text format."}, **PROBLEMS},
    openapi_extra=SECURED,
)
async def metrics(request: Request) -> Response:
    """Tell what was counted; to this machine itself, or with a key that has the metrics scope."""
    service = service_of(request)
    if not _is_local(request):
        await admit(request, Scope.METRICS)
    return Response(await service.work(_measured, service), media_type="text/plain; version=0.0.4; charset=utf-8")


def _measured(service: Service) -> bytes:
    """Return what was counted, with what waits for the vault at this moment."""
    try:
        found = None if service.awaited is None else service.awaited()
    except SafeholdError:  # what was counted is worth telling above all while the database can't be read
        found = None
    service.measures.tell_evidence(found)
    return service.measures.text()


def _is_local(request: Request) -> bool:
    """Whether a request comes from this machine itself, and through nothing that speaks for others."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
