"""The guard of an application that runs on an event loop: `Guard` with the same methods, to await.

guard = AsyncGuard.over_http("https://safehold.internal", key)
(await guard.check_prompt("a red cube")).raise_for_refusal()
"""

import uuid
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from safehold.gateway.caller import Caller
from safehold.gateway.checks import Checks
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.guard import drafts
from safehold.guard.drafts import Draft, Message
from safehold.guard.fallback import FAILURES, GuardCounts, Tally, settle
from safehold.guard.guard import NOBODY
from safehold.guard.hold_back import Window, held_back_async
from safehold.guard.options import GuardOptions
from safehold.guard.outcome import GuardResult, unexamined, with_unexamined_part
from safehold.guard.ports import AsyncTransport
from safehold.guard.wire import read

if TYPE_CHECKING:
    import httpx


class AsyncGuard:
    """Check what enters and leaves a service, without blocking its event loop.

    Args:
        transport: how whatever decides is reached.
        options: what happens where nothing can be decided.
    """

    def __init__(self, transport: AsyncTransport, options: GuardOptions | None = None) -> None:
        self._transport = transport
        self._options = options or GuardOptions()
        self._tally = Tally()

    @classmethod
    def over_http(
        cls, url: str, key: str, *, options: GuardOptions | None = None, client: "httpx.AsyncClient | None" = None
    ) -> Self:
        """Return a guard that asks a Safehold service; arguments and errors as of `Guard.over_http`."""
        from safehold.guard.over_http import AsyncHttpTransport  # noqa: PLC0415  # one of two ways

        options = options or GuardOptions()
        return cls(AsyncHttpTransport(url, key, options, client=client), options)

    @classmethod
    def in_process(cls, home: Path | None = None, *, options: GuardOptions | None = None) -> Self:
        """Return a guard that decides here, in threads, on a home; arguments and errors as of `Guard.in_process`."""
        from safehold.guard.in_process import AsyncInProcessTransport  # noqa: PLC0415  # one of two ways
        from safehold.guard.opening import open_checks  # noqa: PLC0415  # numpy, the database, the index

        return cls(AsyncInProcessTransport(open_checks(home)), options)

    @classmethod
    def around(cls, checks: Checks, *, caller: Caller | None = None, options: GuardOptions | None = None) -> Self:
        """Return a guard over checks that are there already, in the name of `caller`."""
        from safehold.guard.in_process import (  # noqa: PLC0415  # one of two ways
            AsyncInProcessTransport,
            InProcessTransport,
        )

        return cls(AsyncInProcessTransport(InProcessTransport(checks, caller or Caller("guard"))), options)

    @property
    def counts(self) -> GuardCounts:
        """Return how often what happened so far."""
        return self._tally.now()

    async def check_prompt(self, prompt: str, *, negative_prompt: str = "", context: Context = NOBODY) -> GuardResult:
        """Check what somebody asks a model for."""
        return await self.check_draft(drafts.prompt(prompt, negative_prompt), context=context)

    async def check_messages(self, messages: Sequence[Message], *, context: Context = NOBODY) -> GuardResult:
        """Check a chat, oldest message first, with the pictures in it."""
        return await self.check_draft(drafts.messages(messages), context=context)

    async def check_image(self, image: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a picture that somebody gives."""
        return await self.check_draft(drafts.media(ItemKind.IMAGE, image), context=context)

    async def check_edit(
        self, source_image: bytes, prompt: str, *, negative_prompt: str = "", context: Context = NOBODY
    ) -> GuardResult:
        """Check a picture that is to be changed together with what is asked of it."""
        return await self.check_draft(drafts.edit(source_image, prompt, negative_prompt), context=context)

    async def check_output_text(self, text: str, *, context: Context = NOBODY) -> GuardResult:
        """Check text that a model made; for text that is still being made see `stream`."""
        return await self.check_draft(drafts.text(ItemKind.OUTPUT_TEXT, text), context=context)

    async def check_output_image(self, image: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a picture that a model made."""
        return await self.check_draft(drafts.media(ItemKind.OUTPUT_IMAGE, image), context=context)

    async def check_output_video(self, video: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a clip that a model made."""
        return await self.check_draft(drafts.media(ItemKind.OUTPUT_VIDEO, video), context=context)

    async def check(
        self, items: Sequence[Item], *, context: Context = NOBODY, idempotency_key: str | None = None
    ) -> GuardResult:
        """Check items of any kinds together; arguments and errors as of `Guard.check`."""
        request = drafts.request_of(items, context)
        try:
            result = read(await self._transport.send(request, idempotency_key or self._once()), request)
        except FAILURES as failure:
            self._tally.fail()
            result = settle(failure, request, self._options)
        self._tally.add(result)
        return result

    async def check_draft(self, draft: Draft, *, context: Context = NOBODY) -> GuardResult:
        """Check a draft; an incomplete one lets nothing pass."""
        if draft.is_complete:
            return await self.check(draft.items, context=context)
        if draft.items:
            return with_unexamined_part(await self.check(draft.items, context=context))
        self._tally.add(result := unexamined(CheckRequest((), context)))
        return result

    def stream(
        self, texts: AsyncIterable[str], *, context: Context = NOBODY, window: Window | None = None
    ) -> AsyncIterator[str]:
        """Yield a model's text as it is made, each piece after it was checked; as `Guard.stream`."""

        async def check(text: str) -> GuardResult:
            return await self.check_output_text(text, context=context)

        return held_back_async(texts, check, window or Window())

    def _once(self) -> str:
        """Return a key that no other request has; "" where nothing is sent twice, which spares the service a note."""
        return uuid.uuid4().hex if self._options.attempts > 1 else ""

    async def close(self) -> None:
        """Give back connections, or close the home."""
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
