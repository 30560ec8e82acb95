"""The middleware: check what a route takes, let the app work, check what it gives.

Procedure for a request on a guarded route:
1. Read the whole body, up to a limit; understand it; check it. Refused: the app never sees the request.
2. Call the app with the bytes that were checked.
3. Keep its answer back, check it, and send it as it is, or a refusal in its place.

It belongs nearest to the app: what compresses answers goes around it. Web sockets on a guarded path are closed. An
error of the app goes on to the server, with nothing of its answer sent.
"""

from collections.abc import Awaitable, Callable, Sequence

from safehold.guard.asgi.body import ClientGoneError, Receive, UnreadableBodyError, draft_of_request, replayed, whole
from safehold.guard.asgi.exchange import Exchange, Send
from safehold.guard.asgi.outlet import Outlet
from safehold.guard.asgi.refusal import Refuse, Refused, problem
from safehold.guard.asgi.route import AsgiScope, BodyLimits, GuardedRoute
from safehold.guard.async_guard import AsyncGuard
from safehold.guard.errors import GuardSetupError

App = Callable[[AsgiScope, Receive, Send], Awaitable[None]]

_NOT_ACCEPTED = 1008
"""A web socket closed for what it is used for. Source: RFC 6455 (December 2011), section 7.4.1."""
_KEPT_EXTENSIONS = frozenset({"tls", "http.response.debug"})
"""Others let an app send files past the middleware."""


class GuardMiddleware:
    """An ASGI app around another.

    Args:
        app: what is guarded.
        guard: what is asked.
        routes: which of its routes; the first that fits counts.
        refuse: how refusals are said; problem+json by default.
        limits: how much of a body is held.
    """

    def __init__(
        self,
        app: App,
        *,
        guard: AsyncGuard,
        routes: Sequence[GuardedRoute],
        refuse: Refuse = problem,
        limits: BodyLimits | None = None,
    ) -> None:
        if not routes:
            raise GuardSetupError("no route is guarded", advice="Name at least one.")
        self._app = app
        self._guard = guard
        self._routes = tuple(routes)
        self._refuse = refuse
        self._limits = limits or BodyLimits()

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        route = None
        if scope["type"] in {"http", "websocket"}:
            route = next((route for route in self._routes if route.fits(scope)), None)
        if route is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _NOT_ACCEPTED})
        else:
            exchange = Exchange(self._guard, route, scope, send, self._refuse)
            await self._guarded(exchange, receive)

    async def _guarded(self, exchange: Exchange, receive: Receive) -> None:
        if exchange.route.checks_requests:
            try:
                body = await whole(receive, self._limits.request)
            except ClientGoneError:
                return
            except UnreadableBodyError as error:
                await exchange.refuse(Refused(error.status, error.code, None, exchange.scope))
                return
            if await _is_refused(body, exchange):
                return
            receive = replayed(body, receive)
        if not exchange.route.checks_answers:
            await self._app(exchange.scope, receive, exchange.send)
            return
        scope = _without_shortcuts(exchange.scope)
        await self._app(scope, receive, Outlet(exchange, self._limits.response))


async def _is_refused(body: bytes, exchange: Exchange) -> bool:
    try:
        draft = draft_of_request(body, exchange.scope["headers"], exchange.route)
    except UnreadableBodyError as error:
        refused: Refused | None = Refused(error.status, error.code, None, exchange.scope)
    else:
        refused = await exchange.judge(draft, incomplete=422)
    if refused is not None:
        await exchange.refuse(refused)
    return refused is not None


def _without_shortcuts(scope: AsgiScope) -> AsgiScope:
    extensions = scope.get("extensions") or {}
    return {**scope, "extensions": {name: how for name, how in extensions.items() if name in _KEPT_EXTENSIONS}}
