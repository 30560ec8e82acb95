"""The edge of the console: what holds for every request, whatever page answers it.

Rules: a page may load what is ours and nothing else, is shown in no frame, is kept by no cache and told to no other
site. An error becomes a calm page that repeats nothing of the request. A log line says which page, how it ended and how
long it took; never a path, an address, a name or a word of an error.

Source: W3C, Content Security Policy Level 3; Trusted Types (2024); HTML, "Cross-origin opener policies"; RFC 6797.
"""

import secrets
import time
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safehold.cases.enforcement.danger import DangerUnknownError
from safehold.cases.errors import UnknownCaseError, UnknownItemError, UnknownQueueError
from safehold.console.context import Console
from safehold.console.errors import PageMissingError, RefusedError
from safehold.console.rendering import Frame, Look, Renderer
from safehold.service.edge import where
from safehold.vocabulary import OutsidePartyError, SafeholdError, UsageError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": _POLICY,
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), display-capture=(), clipboard-read=()",
    "referrer-policy": "same-origin",  # with no-referrer a browser would not say that a form comes from here
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow, noimageindex",
}
_TLS_HEADER = ("strict-transport-security", "max-age=31536000")
_ID_BYTES = 8
_TOLD_ROOMS = ("safehold.cases.", "safehold.console.viewing.")
"""Rooms whose errors are written for people who work on cases, and name no path."""

_MISSING = (UnknownCaseError, UnknownItemError, UnknownQueueError, DangerUnknownError)


class Edge:
    """The outermost part of the app.

    Args:
        app: what it is around.
        console: log and clock.
        renderer: makes pages of errors.
    """

    def __init__(self, app: ASGIApp, console: Console, renderer: Renderer) -> None:
        self._app = app
        self.console = console
        self._renderer = renderer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["app"] = self  # so that what is not found is raised, and answered here
        exchange = _Exchange(self.console, self._renderer, scope, send)
        try:
            await exchange.answer(self._app, receive)
        finally:
            exchange.finish()


class _Exchange:
    """One request under way."""

    def __init__(self, console: Console, renderer: Renderer, scope: Scope, send: Send) -> None:
        self._console = console
        self._renderer = renderer
        self._scope = scope
        self._send_plain = send
        self._began = time.perf_counter()
        self._status = 0
        self._id = secrets.token_hex(_ID_BYTES)

    async def answer(self, app: ASGIApp, receive: Receive) -> None:
        """Let the app answer, and answer for it where it fails."""
        try:
            await app(self._scope, receive, self._send)
        except RefusedError as error:
            await self._refuse(error, receive)
        except HTTPException as error:
            await self._refuse(_of_framework(error), receive)
        except SafeholdError as error:
            self._console.journal.write("page.refused", request=self._id, **where(error))
            await self._refuse(_of_ours(error), receive)
        except Exception as error:  # noqa: BLE001 - the outermost edge: nothing of it may get into a log unread
            self._console.journal.write("page.failed", request=self._id, **where(error))
            await self._refuse(_unexpected(), receive)

    def finish(self) -> None:
        """Say that it was answered."""
        self._console.journal.write(
            "page.answered",
            request=self._id,
            page=self._scope.get("safehold.route", "none"),
            status=self._status,
            ms=(time.perf_counter() - self._began) * 1000,
        )

    async def _refuse(self, error: RefusedError, receive: Receive) -> None:
        if self._status:
            return
        await self._page(error)(self._scope, receive, self._send)

    def _page(self, error: RefusedError) -> Response:
        request = Request(self._scope)
        if "application/json" in request.headers.get("accept", ""):
            return JSONResponse({"title": error.title, "advice": error.advice}, error.status, error.headers)
        frame = self._scope.get("safehold.frame") or Frame(look=Look.read(request.cookies))
        values: dict[str, Any] = {"title": error.title, "advice": error.advice, "request_id": self._id}
        return HTMLResponse(self._renderer.render("layout/error.html", frame, values), error.status, error.headers)

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            own = list(message.get("headers", ()))
            named = {name.lower() for name, _ in own}
            usual = {**_HEADERS, "x-request-id": self._id}
            if self._scope["scheme"] == "https":
                usual[_TLS_HEADER[0]] = _TLS_HEADER[1]
            added = [(name.encode(), value.encode()) for name, value in usual.items() if name.encode() not in named]
            message["headers"] = [*own, *added]
        await self._send_plain(message)


def _of_framework(error: HTTPException) -> RefusedError:
    if error.status_code == 405:
        return RefusedError(405, "This can't be done here", advice="Go back and use the page's own buttons.")
    if error.status_code == 404:
        return RefusedError(404, "There is nothing here", advice="Check the address, or begin at the first page.")
    return RefusedError(error.status_code, "That can't be answered", advice="Go back and try again.")


def _of_ours(error: SafeholdError) -> RefusedError:
    """Return what somebody is told of an error that no page expected; what other rooms say may name a path."""
    if isinstance(error, _MISSING):
        return PageMissingError()
    if type(error).__module__.startswith(_TOLD_ROOMS):
        return RefusedError(409, str(error)[:1].upper() + str(error)[1:], advice=error.advice)
    if isinstance(error, UsageError):
        return RefusedError(409, "That can't be done now", advice="Look at the page again: something may have changed.")
    if isinstance(error, OutsidePartyError):
        return RefusedError(503, "Another system does not answer", advice="Nothing was lost. Try again shortly.")
    return _unexpected()


def _unexpected() -> RefusedError:
    return RefusedError(
        500, "Something unexpected happened", advice="Tell whoever runs this system the number below, please."
    )
