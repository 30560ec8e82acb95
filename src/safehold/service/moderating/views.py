"""The view of ``/v1/moderations``."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from safehold.gateway import CheckRequest, Scope
from safehold.service.checking.body import read_model
from safehold.service.checking.deciding import decided
from safehold.service.checking.translation import json_bytes
from safehold.service.context import Service, admit, service_of
from safehold.service.keys import Key
from safehold.service.moderating.translation import to_json_of_openai, to_request
from safehold.service.moderating.wire import ImageSent, ModerationSent, ModerationTold
from safehold.service.openapi import PROBLEMS, SECURED, body_of

router = APIRouter(tags=["moderations"])


@router.post(
    "/v1/moderations",
    responses={200: {"model": ModerationTold, "description": "What was decided."}, **PROBLEMS},
    openapi_extra=SECURED | body_of(ModerationSent),
)
async def moderate(request: Request) -> Response:
    """Check texts and pictures in the words of OpenAI's moderation endpoint.

    `flagged` says that the input is not to be used. Of the 13 categories only `sexual/minors` is judged.
    """
    service = service_of(request)
    key = await admit(request, Scope.CHECK)
    sent = await read_model(request, ModerationSent)
    has_pictures = not isinstance(sent.input, str) and any(isinstance(part, ImageSent) for part in sent.input)
    lane = service.lanes.media if has_pictures else service.lanes.text
    return Response(
        await lane.run(_moderate, service, key, sent, seconds=service.settings.request_seconds),
        media_type="application/json",
    )


def _moderate(service: Service, key: Key, sent: ModerationSent) -> bytes:
    asked: CheckRequest = to_request(sent, service.fetch)
    return json_bytes(to_json_of_openai(sent, decided(service, asked, key.caller), key.caller))
