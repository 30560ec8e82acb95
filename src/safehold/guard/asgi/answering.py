"""Answers of an app, kept back until they are checked.

The head of an answer says how its body is looked at: JSON by the route's parts, media and text as a whole, events and
plain text piece by piece. Whatever else it may be is refused. Answers that are no success, such as
404, pass: they carry nothing that was generated.
"""

from enum import Enum

from safehold.gateway.item import ItemKind
from safehold.guard.asgi.body import (
    Headers,
    UnreadableBodyError,
    is_json,
    media_type_of,
    parsed,
)
from safehold.guard.asgi.route import GuardedRoute
from safehold.guard.asgi.selection import draft_of
from safehold.guard.drafts import Draft, media

_MEDIA = {"image/": ItemKind.OUTPUT_IMAGE, "video/": ItemKind.OUTPUT_VIDEO, "audio/": ItemKind.OUTPUT_AUDIO}
_NO_BODY = frozenset({204, 205, 304})


class Manner(Enum):
    """How the body of an answer is looked at."""

    PASS = "pass"  # noqa: S105  # no password
    JSON = "json"
    MEDIA = "media"
    EVENTS = "events"
    TEXT = "text"
    REFUSE = "refuse"


def manner_of(status: int, headers: Headers, route: GuardedRoute) -> Manner:
    """Return how an answer with this head is looked at."""
    if status in _NO_BODY or not 200 <= status < 300:
        return Manner.PASS
    if any(name.lower() == b"content-encoding" for name, _ in headers):
        return Manner.REFUSE
    return _manner_of_type(media_type_of(headers), route)


def _manner_of_type(media_type: str, route: GuardedRoute) -> Manner:
    if is_json(media_type) and route.gives:
        return Manner.JSON
    if media_type == "text/event-stream" and route.streams:
        return Manner.EVENTS
    if route.gives_body and media_type.startswith(tuple(_MEDIA)):
        return Manner.MEDIA
    return Manner.TEXT if route.gives_body and media_type == "text/plain" else Manner.REFUSE


def draft_of_answer(body: bytes, headers: Headers, route: GuardedRoute) -> Draft:
    """Return what is to be checked of a whole answer, JSON or media; an incomplete draft where it can't be read."""
    media_type = media_type_of(headers)
    if not is_json(media_type):
        kind = next(kind for start, kind in _MEDIA.items() if media_type.startswith(start))
        return media(kind, body)
    try:
        return draft_of(parsed(body), tuple(route.gives))
    except UnreadableBodyError:
        return Draft((), is_complete=False)
