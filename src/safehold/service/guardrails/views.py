"""The view of LiteLLM's Generic Guardrail endpoint."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from safehold.gateway import Scope
from safehold.service.checking.body import read_model
from safehold.service.checking.deciding import decided
from safehold.service.checking.translation import json_bytes
from safehold.service.context import Service, admit, service_of
from safehold.service.guardrails.translation import UNHAD, blocked_unexamined, to_json_of_litellm, to_request
from safehold.service.guardrails.wire import GuardrailSent, GuardrailTold
from safehold.service.keys import Key
from safehold.service.openapi import PROBLEMS, SECURED, body_of
from safehold.service.problem import Problem

router = APIRouter(tags=["litellm"])


@router.post(
    "/beta/litellm_basic_guardrail_api",
    responses={200: {"model": GuardrailTold, "description": "What LiteLLM is to do."}, **PROBLEMS},
    openapi_extra=SECURED | body_of(GuardrailSent),
)
async def guardrail(request: Request) -> Response:
    """Check what LiteLLM's proxy sends to models and what it gets from them.

    Give LiteLLM this service's address as `api_base` and a key as `api_key`. Let it fail closed, which is its default.
    """
    service = service_of(request)
    key = await admit(request, Scope.CHECK)
    sent = await read_model(request, GuardrailSent)
    lane = service.lanes.media if sent.images else service.lanes.text
    return Response(
        await lane.run(_answer, service, key, sent, seconds=service.settings.request_seconds),
        media_type="application/json",
    )


def _answer(service: Service, key: Key, sent: GuardrailSent) -> bytes:
    try:
        asked = to_request(sent, service.fetch)
    except Problem as problem:
        if problem.code not in UNHAD:
            raise
        service.journal.write("guardrail.media_not_had", code=problem.code, key=key.id)
        return json_bytes(blocked_unexamined())
    return json_bytes(to_json_of_litellm(decided(service, asked, key.caller), key.caller))
