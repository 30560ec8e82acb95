"""The views of ``/v1/checks``."""

import json

from fastapi import APIRouter, Request
from starlette.responses import Response

from safehold.gateway import Scope
from safehold.service.checking.body import JSON, media_type, not_understood, read_body, read_model
from safehold.service.checking.deciding import Decided, decide
from safehold.service.checking.deferred import Deferred
from safehold.service.checking.form import FORM, read_form
from safehold.service.checking.kept import Asked, Begun
from safehold.service.checking.order import Order, digest, size_of
from safehold.service.checking.state import State
from safehold.service.checking.translation import json_bytes, to_request
from safehold.service.checking.wire import MOST_REPEAT_LETTERS, AnswerTold, CheckSent, LaterTold
from safehold.service.context import Service, admit, service_of, shown_token
from safehold.service.keys import Key
from safehold.service.openapi import PROBLEMS, REPEAT, SECURED, body_of
from safehold.service.problem import Problem

router = APIRouter(tags=["checks"])

_FORM = "multipart/form-data"


@router.post(
    "/v1/checks",
    responses={
        200: {"model": AnswerTold, "description": "What was decided."},
        202: {"model": LaterTold, "description": "It will be decided; ask at `Location`."},
        **PROBLEMS,
    },
    openapi_extra=SECURED | body_of(CheckSent, form=FORM, parameters=(REPEAT,)),
)
async def check(request: Request) -> Response:
    """Check items together: prompts, messages, pictures, clips, sounds, files, links, outputs.

    As JSON, or as a form whose fields are named like item kinds. With an `Idempotency-Key`, sending the same again
    gives the same answer and decides nothing twice.
    """
    service = service_of(request)
    key = await admit(request, Scope.CHECK)
    sent, contents = await _read(request, service)
    lane = service.lanes.text if all(item.kind.is_text for item in sent.items) else service.lanes.media
    seconds = service.settings.request_seconds
    if sent.mode == "async":
        await _require_callback(service, sent)
        order = await lane.run(_order, request, key, sent, contents, seconds=seconds)
        size = sum(map(size_of, order.request.items))
        return later(await _deferred(request).take(order, size))
    if sent.callback is not None:
        raise Problem(422, "callback", "Only async checks have a callback", "Send `mode` as async, or no callback.")
    decided = await lane.run(_decide, request, key, sent, contents, seconds=seconds)
    headers = {"Idempotent-Replayed": "true"} if decided.is_repeated else {}
    return Response(decided.body, 200, headers, JSON)


@router.get("/v1/checks/{check_id}", responses={200: {"model": LaterTold}, **PROBLEMS}, openapi_extra=SECURED)
async def check_later(request: Request, check_id: str) -> Response:
    """Ask for the answer of a check that is answered later; with the key that sent it, or one with operator scope."""
    service = service_of(request)
    key = await admit(request, Scope.CHECK)
    owner = None if key.allows(Scope.OPERATOR) else key.id
    found = await service.work(service.kept.find, check_id, owner)
    if found is None:
        raise Problem(404, "check_missing", "There is no such check", "It was never there, or its time is over.")
    return later(found)


def later(begun: Begun) -> Response:
    """Return what is told of a check that is answered later."""
    told: dict[str, object] = {"id": begun.id, "state": begun.state.value}
    if begun.answer is not None:
        told["answer" if begun.status == 200 else "problem"] = json.loads(begun.answer)
    status = 202 if begun.state is State.PENDING else 200
    return Response(json_bytes(told), status, {"Location": f"/v1/checks/{begun.id}"}, JSON)


async def _read(request: Request, service: Service) -> tuple[CheckSent, tuple[bytes, ...]]:
    kind = media_type(request)
    if kind == JSON:
        return await read_model(request, CheckSent), ()
    if kind == _FORM:
        return await service.lanes.media.run(read_form, await read_body(request), request.headers["content-type"])
    raise not_understood(JSON, _FORM)


def _order(request: Request, key: Key, sent: CheckSent, contents: tuple[bytes, ...]) -> Order:
    asked = to_request(sent, service_of(request).fetch, contents)
    repeated = _repeated(request, sent)
    if repeated is None and sent.mode == "sync":
        return Order(asked, key, Asked(key.id, None, ""))
    token = shown_token(request)
    repeat = None if repeated is None else token.sign(repeated.encode())
    fetched = [item.data for item, told in zip(asked.items, sent.items, strict=True) if told.url is not None]
    same = digest(sent, contents or fetched, token)  # what an address gives now, not what it gave before
    return Order(asked, key, Asked(key.id, repeat, same), callback=sent.callback)


def _repeated(request: Request, sent: CheckSent) -> str | None:
    """Return the idempotency key of a request; the header's before the body's.

    Raises:
        Problem: 422 the header's is empty or too long.
    """
    told = request.headers.get("idempotency-key")
    if told is not None and not 0 < len(told) <= MOST_REPEAT_LETTERS:
        raise Problem(422, "idempotency_key", "The idempotency key can't be used", "Send 1 to 256 characters.")
    return sent.idempotency_key if told is None else told


def _decide(request: Request, key: Key, sent: CheckSent, contents: tuple[bytes, ...]) -> Decided:
    return decide(service_of(request), _order(request, key, sent, contents))


def _deferred(request: Request) -> Deferred:
    deferred: Deferred = request.app.state.deferred
    return deferred


async def _require_callback(service: Service, sent: CheckSent) -> None:
    if sent.callback is None:
        return
    if service.webhooks is None or not await service.work(service.webhooks.is_registered, sent.callback):
        raise Problem(422, "callback", "No webhook is registered under this name", "Register it, then send it again.")
