"""One request and its answer, as the middleware goes through them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from dataclasses import replace as changed

from safehold.gateway.answer import Refusal
from safehold.gateway.item import CheckRequest, Context
from safehold.guard.asgi.body import AsgiMessage
from safehold.guard.asgi.refusal import Refuse, Refused, refused_by
from safehold.guard.asgi.route import AsgiScope, GuardedRoute
from safehold.guard.async_guard import AsyncGuard
from safehold.guard.drafts import Draft
from safehold.guard.fallback import FAILURES
from safehold.guard.outcome import GuardResult, unexamined

Send = Callable[[AsgiMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What belongs together while one request is answered.

    Attributes:
        guard: what is asked.
        route: what is expected of the request and its answer.
        scope: the request's.
        send: towards whoever asked.
        say: how refusals are said.
        context: whom the request belongs to.
    """

    guard: AsyncGuard
    route: GuardedRoute
    scope: AsgiScope
    send: Send
    say: Refuse
    context: Context = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "context", self.route.context(self.scope))

    async def judge(self, draft: Draft, *, incomplete: int) -> Refused | None:
        """Return why a draft is refused; None where it is allowed, or complete and empty.

        Args:
            draft: what to check.
            incomplete: the status where a part could not be sent, and nothing worse was said of the rest.
        """
        if not draft.items and draft.is_complete:
            return None
        result = await self._checked(draft)
        if result.allowed:
            return None
        refused = refused_by(result, self.scope)
        is_ours = result.refusal is Refusal.UNEXAMINED and not draft.is_complete
        return changed(refused, status=incomplete) if is_ours else refused

    async def _checked(self, draft: Draft) -> GuardResult:
        try:
            return await self.guard.check_draft(draft, context=self.context)
        except FAILURES:
            return unexamined(CheckRequest(draft.items, self.context))

    async def refuse(self, refused: Refused) -> None:
        """Send a refusal as the whole answer."""
        reply = self.say(refused)
        headers = [
            (b"content-type", reply.media_type.encode("latin-1")),
            (b"content-length", str(len(reply.body)).encode("ascii")),
            (b"cache-control", b"no-store"),
        ]
        await self.send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await self.send({"type": "http.response.body", "body": reply.body, "more_body": False})
