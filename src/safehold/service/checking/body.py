"""Reading JSON bodies: those that take less than handing them to a thread at once, others in a thread."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from safehold.service.context import service_of
from safehold.service.errors import ClientGoneError
from safehold.service.problem import Problem, invalid

JSON = "application/json"
INLINE_BYTES = 16 * 1024
"""Bodies up to here are read on the event loop, whatever is in them."""

INLINE_COPIED_BYTES = 1024 * 1024
INLINE_VALUES = 1000
"""Bodies up to here, with no more values than that, are read there too: a picture in base64 is copied in 0.1 ms, while
a megabyte of numbers takes 20. Every value but the first of each list or object follows a comma; base64 has none."""

Model = TypeVar("Model", bound=BaseModel)


async def read_model(request: Request, model: type[Model]) -> Model:
    """Return what a JSON body says.

    Raises:
        Problem: 400 it is no JSON; 415 it doesn't say that it is; 422 it has not the right shape.
    """
    if media_type(request) != JSON:
        raise not_understood(JSON)
    body = await read_body(request)
    if _is_soon_read(body):
        return parse(body, model)
    return await service_of(request).lanes.media.run(parse, body, model)


async def read_body(request: Request) -> bytes:
    """Return the body of a request; the edge sees to its limits.

    Raises:
        ClientGoneError: not all of it arrived.
    """
    message = await request.receive()
    parts = [message.get("body", b"")]
    while message.get("more_body", False):
        message = await request.receive()
        parts.append(message.get("body", b""))
    if message["type"] == "http.disconnect":
        raise ClientGoneError("the client is gone", advice="Nothing was decided, and nobody waits.")
    return parts[0] if len(parts) == 1 else b"".join(parts)


def media_type(request: Request) -> str:
    """Return of what type a request says that its body is; "" for none."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _is_soon_read(body: bytes) -> bool:
    return len(body) <= INLINE_BYTES or (len(body) <= INLINE_COPIED_BYTES and body.count(b",") <= INLINE_VALUES)


def parse(body: bytes, model: type[Model]) -> Model:
    """Return what JSON says.

    Raises:
        Problem: 400 it is none; 422 it has not the right shape.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_context=False, include_input=False)
        if errors and errors[0]["type"] == "json_invalid":
            raise malformed() from None
        raise invalid(errors) from None


def malformed() -> Problem:
    """Return the problem of a body that is no JSON."""
    return Problem(400, "malformed", "The body can't be read", "Send one JSON object in UTF-8.")


def not_understood(*known: str) -> Problem:
    """Return the problem of a body of another type than those that are known."""
    return Problem(415, "media_type", "This kind of body is not understood", f"Send {' or '.join(known)}.")
