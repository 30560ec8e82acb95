"""Bodies of requests: read whole, understood strictly, and given on to the app as the very bytes that were checked.

What two readers could understand differently is refused: a name that stands twice in an object, another encoding than
UTF-8, a compressed body.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from safehold.gateway.item import Item
from safehold.guard.asgi.form import draft_of_form
from safehold.guard.asgi.route import GuardedRoute
from safehold.guard.asgi.selection import draft_of
from safehold.guard.drafts import Draft

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Headers = Sequence[tuple[bytes, bytes]]


_FORMS = ("multipart/", "application/x-www-form-urlencoded")


class UnreadableBodyError(Exception):
    """A body can't be checked. Inside this package only: the middleware answers it.

    Attributes:
        status: the HTTP status that says so.
        code: stable, for programs.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class ClientGoneError(Exception):
    """Who asked is gone before the whole request was there. Inside this package only."""


async def whole(receive: Receive, limit: int) -> bytes:
    """Return a request's body.

    Args:
        receive: ASGI's.
        limit: the most bytes that are held.

    Raises:
        UnreadableBodyError: it is longer.
        ClientGoneError: nobody waits for the answer any more.
    """
    parts, length = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        part = message.get("body", b"")
        length += len(part)
        if length > limit:
            raise UnreadableBodyError(413, "too_large")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body which was read already, then whatever comes after it."""
    waiting: list[AsgiMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> AsgiMessage:
        return waiting.pop() if waiting else await receive()

    return receive_again


def draft_of_request(body: bytes, headers: Headers, route: GuardedRoute) -> Draft:
    """Return what is to be checked of a request.

    Raises:
        UnreadableBodyError: it can't be understood, or not in one way only.
    """
    if any(name == b"content-encoding" for name, _ in headers):
        raise UnreadableBodyError(415, "media_type")
    media_type = media_type_of(headers)
    if is_json(media_type) and route.takes:
        return draft_of(parsed(body), tuple(route.takes))
    if media_type in {"multipart/form-data", "application/x-www-form-urlencoded"} and route.takes:
        draft = draft_of_form(body, header(headers, b"content-type"), tuple(route.takes))
        if draft is None:
            raise UnreadableBodyError(400, "unreadable")
        return draft
    if route.takes_body is None or is_json(media_type) or media_type.startswith(_FORMS):
        raise UnreadableBodyError(415, "media_type")
    if not route.takes_body.is_text:
        return Draft((Item(route.takes_body, data=body),))
    return Draft((Item(route.takes_body, text=decoded(body)),))


def parsed(body: bytes) -> object:
    """Return the JSON values of a body.

    Raises:
        UnreadableBodyError: it is not JSON in UTF-8, or a name stands twice in one object.
    """
    try:
        return json.loads(decoded(body), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise UnreadableBodyError(400, "unreadable") from error


def decoded(body: bytes) -> str:
    """Return a body as text.

    Raises:
        UnreadableBodyError: it is not UTF-8.
    """
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBodyError(400, "unreadable") from error


def _once(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name that stands twice")
    return named


def _no_constant(_name: str) -> None:
    raise ValueError("not a number of JSON")


def header(headers: Headers, name: bytes) -> str:
    """Return a header's value, "" where there is none or more than one."""
    found = [value for key, value in headers if key.lower() == name]
    return found[0].decode("latin-1") if len(found) == 1 else ""


def media_type_of(headers: Headers) -> str:
    """Return the media type of a body in lower case, without parameters; "" where that is not said once."""
    return header(headers, b"content-type").partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Return whether bodies of a type are JSON."""
    return media_type == "application/json" or media_type.endswith("+json")
