"""What a refused request is told: a stable code and which message to show. Never what was found, nor by whom.

Source: RFC 9457 (July 2023), section 3: members `type`, `title`, `status`, and extensions.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from safehold.gateway.answer import Refusal
from safehold.guard.outcome import GuardResult

_TYPE = "urn:safehold:refused:"
_MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request, or its answer, goes no further.

    Attributes:
        status: the HTTP status that fits: 400, 413, 415, 422 for what can't be read, 403 for what is refused, 429 for
            too much of it, 502 for an answer of the app that can't be examined, 503 where nothing could be decided.
        code: stable, for programs.
        result: what was decided; None where the body could not even be read.
        scope: the request's ASGI scope.
    """

    status: int
    code: str
    result: GuardResult | None = None
    scope: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer.

    Attributes:
        status: of HTTP.
        body: its bytes.
        media_type: what they are.
    """

    status: int
    body: bytes = field(repr=False)
    media_type: str = _MEDIA_TYPE


Refuse = Callable[[Refused], Reply]
"""An app's own way of saying it."""


def refused_by(result: GuardResult, scope: Mapping[str, Any]) -> Refused:
    """Return a refusal for a result that lets nothing pass."""
    refusal = result.refusal or Refusal.UNEXAMINED
    nobody_decided = refusal is Refusal.UNEXAMINED and not result.id
    status = {Refusal.LIMITED: 429}.get(refusal, 503 if nobody_decided else 403)
    return Refused(status, refusal.value, result, scope)


def problem(refused: Refused) -> Reply:
    """Return a refusal as problem+json."""
    told: dict[str, Any] = {
        "type": _TYPE + refused.code,
        "title": _TITLES.get(refused.code, "This is not allowed"),
        "status": refused.status,
        "code": refused.code,
    }
    if refused.result is not None:
        told["message_key"] = refused.result.message_key
        told["case_id"] = refused.result.case_id
    return Reply(refused.status, json.dumps(told).encode())


_TITLES = {
    Refusal.UNEXAMINED.value: "This could not be checked",
    Refusal.LIMITED.value: "Too many requests",
    "unreadable": "The body can't be read",
    "too_large": "The body is too large",
    "media_type": "A body of this type can't be checked",
}
