"""The edge of the app: what holds for every request, whatever view answers it.

Rules: a request has an end, in bytes and in time, before any of it is understood. All that one process holds at a
time has an end too. Every response says that it is to be kept by nobody. An unexpected error becomes a problem and a
log line that says where in our code it was, never what it said: an exception's own words may hold content.
"""

import asyncio
import secrets
import time
import traceback
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from safehold.service.context import Service
from safehold.service.errors import ClientGoneError
from safehold.service.lanes import busy
from safehold.service.problem import Problem, problem_of, unexpected
from safehold.vocabulary import SafeholdError

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_ID_BYTES = 8
_MIB = 1024 * 1024


class Edge:
    """The outermost part of the app.

    Args:
        app: what it is around.
        service: limits, log and measures.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(self._service, scope, receive, send)
        self._service.measures.under_way.inc()
        try:
            with self._service.traces.span(scope) as span:
                await request.answer(self._app)
                span.set_attribute("safehold.route", request.route)
                span.set_attribute("http.response.status_code", request.status)
        finally:
            self._service.measures.under_way.dec()
            request.finish()


class _Request:
    """One request under way."""

    def __init__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        self._service = service
        self._scope = scope
        self._receive_plain = receive
        self._send_plain = send
        self._began = time.perf_counter()
        self._most = service.settings.largest_request_mib * _MIB
        self._received = self._held = 0
        self._is_all_there = False
        self.status = 0
        self.id = secrets.token_hex(_ID_BYTES)

    @property
    def route(self) -> str:
        """Return the name of the view that answers, one of our own words."""
        found = self._scope.get("route")
        return self._scope.get("safehold.route") or getattr(found, "name", None) or "none"

    async def answer(self, app: ASGIApp) -> None:
        """Let the app answer, and answer for it where it fails."""
        try:
            self._require_bounded()
            await app(self._scope, self._receive, self._send)
        except Problem as problem:
            await self._respond(problem.response())
        except ClientGoneError:
            self._service.journal.write("request.abandoned", request=self.id)
        except SafeholdError as error:
            await self._respond(problem_of(error).response())
        except Exception as error:  # noqa: BLE001 - the outermost edge: nothing of it may get into a log unread
            self._service.measures.failures.inc()
            self._service.journal.write("request.failed", request=self.id, **where(error))
            await self._respond(unexpected().response())

    def finish(self) -> None:
        """Give back what it held, and say that it was answered."""
        self._service.load.give(self._held)
        seconds = time.perf_counter() - self._began
        self._service.measures.count_request(self.route, self.status, seconds)
        state: dict[str, Any] = self._scope.get("state", {})
        key = state.get("key")
        self._service.journal.write(
            "request.answered",
            request=self.id,
            route=self.route,
            status=self.status,
            ms=seconds * 1000,
            bytes=self._received,
            key=None if key is None else key.id,
        )

    def _require_bounded(self) -> None:
        if _declared(self._scope) > self._most:
            raise _too_large()

    def _hold(self) -> None:
        """Make room for what has arrived; what is only announced takes none, or announcing would be enough to block."""
        if self._received > self._most:
            raise _too_large()
        if not self._service.load.take(self._received - self._held):
            raise busy()
        self._held = self._received

    async def _receive(self) -> Message:
        left = self._service.settings.request_seconds - (time.perf_counter() - self._began)
        if self._is_all_there:
            return await self._receive_plain()
        try:
            async with asyncio.timeout(max(left, 0)):
                message = await self._receive_plain()
        except TimeoutError:
            raise _too_slow() from None
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self._is_all_there = not message.get("more_body", False)
            self._hold()
        return message

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = list(message.get("headers", ()))
            named = {name.lower() for name, _ in own}  # a view that lets its answer be kept says so itself
            usual = [header for header in _HEADERS if header[0] not in named]
            message["headers"] = [*own, *usual, (b"x-request-id", self.id.encode())]
        await self._send_plain(message)

    async def _respond(self, response: Response) -> None:
        if self.status == 0:
            await response(self._scope, self._receive_plain, self._send)


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def where(error: BaseException) -> dict[str, str | int]:
    """Return the kind of an error and the place in our code where it was, nothing of its words."""
    steps = traceback.extract_tb(error.__traceback__)
    ours = [step for step in steps if "/safehold/" in step.filename] or list(steps)
    if not ours:
        return {"kind": type(error).__name__}
    module = ours[-1].filename.rpartition("/")[2].removesuffix(".py")
    return {"kind": type(error).__name__, "module": module, "line": ours[-1].lineno or 0}


def _too_large() -> Problem:
    return Problem(413, "too_large", "The request is too large", "Send fewer or smaller items.")


def _too_slow() -> Problem:
    return Problem(408, "too_slow", "The request did not arrive in time", "Send it faster, or in parts.")
