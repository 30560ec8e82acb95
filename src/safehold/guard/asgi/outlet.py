"""The `send` that an app is given in place of the server's: nothing of a guarded answer passes it unchecked."""

from safehold.gateway.item import ItemKind
from safehold.guard.asgi.answering import Manner, draft_of_answer, manner_of
from safehold.guard.asgi.body import AsgiMessage
from safehold.guard.asgi.exchange import Exchange
from safehold.guard.asgi.flow import Flow, UnexaminableStreamError, events, plain_text
from safehold.guard.asgi.refusal import Refused
from safehold.guard.drafts import Draft, text
from safehold.guard.hold_back import Window

_UNREADABLE = 502
"""The app's answer can't be examined: a fault behind the middleware, RFC 9110 section 15.6.3."""


class Outlet:
    """Take an app's messages; send them on, or a refusal, once it is known which.

    Args:
        exchange: the request that is answered.
        limit: the most bytes that are held.
    """

    def __init__(self, exchange: Exchange, limit: int) -> None:
        self._exchange = exchange
        self._limit = limit
        self._manner = Manner.REFUSE
        self._start: AsgiMessage | None = None
        self._held: list[bytes] = []
        self._length = 0
        self._flow: Flow | None = None
        self._has_started = False
        self._is_over = False

    async def __call__(self, message: AsgiMessage) -> None:
        """Take one message of the app."""
        if self._is_over:
            return
        match message["type"]:
            case "http.response.start":
                await self._take_start(message)
            case "http.response.body":
                await self._take_body(message.get("body", b""), ended=not message.get("more_body", False))
            case _ if self._manner is Manner.PASS:
                await self._exchange.send(message)
            case _:
                await self._refuse(_unexamined(self._exchange))

    async def _take_start(self, message: AsgiMessage) -> None:
        self._start = message
        self._manner = manner_of(message["status"], list(message.get("headers", ())), self._exchange.route)
        match self._manner:
            case Manner.PASS:
                await self._exchange.send(message)
            case Manner.EVENTS:
                self._flow = events(self._exchange.route.stream_parts, Window(), self._limit)
            case Manner.TEXT:
                self._flow = plain_text(Window(), self._limit)
            case Manner.REFUSE:
                await self._refuse(_unexamined(self._exchange))
            case Manner.JSON | Manner.MEDIA:
                pass

    async def _take_body(self, part: bytes, *, ended: bool) -> None:
        if self._manner is Manner.PASS:
            await self._exchange.send({"type": "http.response.body", "body": part, "more_body": not ended})
        elif self._flow is not None:
            await self._take_flowing(self._flow, part, ended=ended)
        else:
            await self._take_whole(part, ended=ended)

    async def _take_whole(self, part: bytes, *, ended: bool) -> None:
        self._length += len(part)
        if self._length > self._limit:
            await self._refuse(_unexamined(self._exchange))
            return
        self._held.append(part)
        if ended and self._start is not None:
            body = b"".join(self._held)
            draft = draft_of_answer(body, list(self._start.get("headers", ())), self._exchange.route)
            refused = await self._exchange.judge(draft, incomplete=_UNREADABLE)
            await (self._refuse(refused) if refused is not None else self._pass(body, ended=True))

    async def _take_flowing(self, flow: Flow, part: bytes, *, ended: bool) -> None:
        try:
            flow.push(part, ended=ended)
        except UnexaminableStreamError:
            await self._refuse(_unexamined(self._exchange))
            return
        while (words := flow.due(ended=ended)) is not None:
            refused = await self._exchange.judge(_words(words), incomplete=_UNREADABLE)
            if refused is not None:
                await self._refuse(refused)
                return
            flow.pass_on()
        leaving = flow.release()
        if leaving or ended:
            await self._pass(leaving, ended=ended)

    async def _pass(self, body: bytes, *, ended: bool) -> None:
        if self._start is not None and not self._has_started:
            self._has_started = True
            await self._exchange.send(self._start)
        self._is_over = ended
        await self._exchange.send({"type": "http.response.body", "body": body, "more_body": not ended})

    async def _refuse(self, refused: Refused) -> None:
        self._is_over = True
        self._held.clear()
        if not self._has_started:
            await self._exchange.refuse(refused)
            return
        body = b""
        if self._manner is Manner.EVENTS:
            body = b"event: error\ndata: " + self._exchange.say(refused).body.replace(b"\n", b" ") + b"\n\n"
        await self._exchange.send({"type": "http.response.body", "body": body, "more_body": False})


def _unexamined(exchange: Exchange) -> Refused:
    return Refused(_UNREADABLE, "not_examined", None, exchange.scope)


def _words(words: str) -> Draft:
    return text(ItemKind.OUTPUT_TEXT, words)
