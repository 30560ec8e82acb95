"""Problems: what a request is told when it can't be answered, as ``application/problem+json``.

Rules: every sentence stands in our code. Nothing of the request is repeated: no value, no name of an unknown field, no
file name, no address; and nothing of ours either: no path, no traceback, no word of the database.

Source: RFC 9457 (July 2023), sections 3 and 4: members `type`, `title`, `status`, `detail`, and extensions.

    raise Problem(404, "check_missing", "There is no such check", "It was never there, or its time is over.")
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from safehold.gateway.errors import EmptyRequestError, GatewayError, MalformedItemError, RequestTooLargeError
from safehold.service.errors import KeyRefusedError
from safehold.vocabulary import SafeholdError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:safehold:problem:"
RETRY_SECONDS = 1
"""When to ask again after 503: locks and restarts of a database are over, or not, in about this time."""


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """What is wrong with a request.

    Attributes:
        status: of the HTTP response.
        code: stable, for programs; documented in docs/service.md.
        title: the same for every problem of this code.
        detail: what to do about it.
        headers: of the response, beside the usual ones.
        errors: places in the request, without what stands there.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.errors = tuple(errors)

    def response(self) -> Response:
        """Return it as a response."""
        told: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code,
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            told["detail"] = self.detail
        if self.errors:
            told["errors"] = list(self.errors)
        return Response(json.dumps(told), self.status, self.headers, MEDIA_TYPE)


def unavailable() -> Problem:
    """Return the problem of a database, an index or another part that can't be reached: nothing was decided."""
    return Problem(
        503,
        "unavailable",
        "Nothing can be decided now",
        "Let nothing pass, and ask again shortly.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def unexpected() -> Problem:
    """Return the problem of a defect of ours: nothing was decided."""
    return Problem(500, "unexpected", "Something unexpected happened", "Let nothing pass. The log says where it was.")


def problem_of(error: SafeholdError) -> Problem:
    """Return what a request is told of an error of ours; of its words nothing is taken, since they may name a path."""
    match error:
        case KeyRefusedError():
            return unauthorised()
        case RequestTooLargeError():
            return Problem(413, "too_large", "The request is too large", "Send fewer or smaller items.")
        case EmptyRequestError():
            return Problem(422, "no_items", "The request holds nothing to check", "Send at least one item.")
        case MalformedItemError():
            detail = "Text kinds take `text`, messages take `turns`, every other kind takes bytes; nothing else."
            return Problem(422, "malformed_item", "An item lacks what its kind asks for", detail)
        case GatewayError():
            return Problem(422, "unusable", "The request can't be used", "See the OpenAPI document.")
        case _:
            return unavailable()


def unauthorised() -> Problem:
    """Return the problem of a key that is missing, unknown, revoked or expired: one answer for all of them."""
    return Problem(
        401,
        "key_refused",
        "A valid API key is needed",
        "Send it as `Authorization: Bearer KEY` or as `X-Api-Key`.",
        headers={"WWW-Authenticate": "Bearer"},
    )


def listen_for_problems(app: FastAPI) -> None:
    """Answer every error of a request as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(SafeholdError, _on_error_of_ours)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_anything)


def places(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return where pydantic's errors are and of which type, without input, message or the names of unknown fields."""
    return [{"at": _place(error), "problem": str(error["type"])} for error in errors[:_MOST_PLACES]]


_MOST_PLACES = 16


def _place(error: Mapping[str, Any]) -> str:
    steps = [str(step) for step in error["loc"] if step != "body"]
    if error["type"] == "extra_forbidden":
        steps = [*steps[:-1], "?"]  # the name is the sender's
    return ".".join(steps)


async def _on_problem(_request: Request, error: Exception) -> Response:
    return error.response() if isinstance(error, Problem) else unexpected().response()


async def _on_error_of_ours(_request: Request, error: Exception) -> Response:
    return (problem_of(error) if isinstance(error, SafeholdError) else unexpected()).response()


async def _on_invalid(_request: Request, error: Exception) -> Response:
    errors = error.errors() if isinstance(error, RequestValidationError) else ()
    return invalid(errors).response()


def invalid(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem of a request whose shape is wrong."""
    detail = "Compare it with the OpenAPI document; fields that it doesn't name are refused."
    return Problem(422, "invalid", "The request has not the right shape", detail, errors=places(errors))


async def _on_anything(_request: Request, _error: Exception) -> Response:
    return unexpected().response()


_HTTP = {
    404: ("missing", "There is nothing here"),
    405: ("method", "This can't be done here"),
    413: ("too_large", "The request is too large"),
}


async def _on_http(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    code, title = _HTTP.get(status, ("refused", HTTPStatus(status).phrase))
    return Problem(status, code, title, headers=headers).response()
