"""The guard of an application: asks before content is used, and before it is shown.

    guard = Guard.over_http("https://safehold.internal", key)
    guard.check_prompt("a red cube").raise_for_refusal()

Where nothing could be decided, nothing is allowed; see `GuardOptions`. Threads may share a guard.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from safehold.gateway.caller import Caller
from safehold.gateway.checks import Checks
from safehold.gateway.item import CheckRequest, Context, Item, ItemKind
from safehold.guard import drafts
from safehold.guard.drafts import Draft, Message
from safehold.guard.fallback import FAILURES, GuardCounts, Tally, settle
from safehold.guard.hold_back import Window, held_back
from safehold.guard.options import GuardOptions
from safehold.guard.outcome import GuardResult, unexamined, with_unexamined_part
from safehold.guard.ports import Transport
from safehold.guard.wire import read

if TYPE_CHECKING:
    import httpx

NOBODY = Context()


class Guard:
    """Check what enters and leaves a service.

    Args:
        transport: how whatever decides is reached.
        options: what happens where nothing can be decided.
    """

    def __init__(self, transport: Transport, options: GuardOptions | None = None) -> None:
        self._transport = transport
        self._options = options or GuardOptions()
        self._tally = Tally()

    @classmethod
    def over_http(
        cls, url: str, key: str, *, options: GuardOptions | None = None, client: "httpx.Client | None" = None
    ) -> Self:
        """Return a guard that asks a Safehold service.

        Args:
            url: its address.
            key: with the scope `check`.
            options: how long to wait, how often to ask, what happens without an answer.
            client: an HTTP client to use in place of an own one.

        Raises:
            GuardSetupError: address or key can't be used, or httpx is not installed.
        """
        from safehold.guard.over_http import HttpTransport  # noqa: PLC0415  # one of two ways

        options = options or GuardOptions()
        return cls(HttpTransport(url, key, options, client=client), options)

    @classmethod
    def in_process(cls, home: Path | None = None, *, options: GuardOptions | None = None) -> Self:
        """Return a guard that decides here, on a home; close it in the end.

        Args:
            home: the folder; by default the one that the command line takes.
            options: what happens where nothing can be decided.

        Raises:
            SafeholdError: the home can't be opened.
        """
        from safehold.guard.opening import open_checks  # noqa: PLC0415  # numpy, the database, the index

        return cls(open_checks(home), options)

    @classmethod
    def around(cls, checks: Checks, *, caller: Caller | None = None, options: GuardOptions | None = None) -> Self:
        """Return a guard over checks that are there already, in the name of `caller`."""
        from safehold.guard.in_process import InProcessTransport  # noqa: PLC0415  # one of two ways

        return cls(InProcessTransport(checks, caller or Caller("guard")), options)

    @property
    def counts(self) -> GuardCounts:
        """Return how often what happened so far."""
        return self._tally.now()

    def check_prompt(self, prompt: str, *, negative_prompt: str = "", context: Context = NOBODY) -> GuardResult:
        """Check what somebody asks a model for."""
        return self.check_draft(drafts.prompt(prompt, negative_prompt), context=context)

    def check_messages(self, messages: Sequence[Message], *, context: Context = NOBODY) -> GuardResult:
        """Check a chat, oldest message first, with the pictures in it."""
        return self.check_draft(drafts.messages(messages), context=context)

    def check_image(self, image: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a picture that somebody gives."""
        return self.check_draft(drafts.media(ItemKind.IMAGE, image), context=context)

    def check_edit(
        self, source_image: bytes, prompt: str, *, negative_prompt: str = "", context: Context = NOBODY
    ) -> GuardResult:
        """Check a picture that is to be changed together with what is asked of it."""
        return self.check_draft(drafts.edit(source_image, prompt, negative_prompt), context=context)

    def check_output_text(self, text: str, *, context: Context = NOBODY) -> GuardResult:
        """Check text that a model made; for text that is still being made see `stream`."""
        return self.check_draft(drafts.text(ItemKind.OUTPUT_TEXT, text), context=context)

    def check_output_image(self, image: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a picture that a model made."""
        return self.check_draft(drafts.media(ItemKind.OUTPUT_IMAGE, image), context=context)

    def check_output_video(self, video: bytes, *, context: Context = NOBODY) -> GuardResult:
        """Check the file of a clip that a model made."""
        return self.check_draft(drafts.media(ItemKind.OUTPUT_VIDEO, video), context=context)

    def check(
        self, items: Sequence[Item], *, context: Context = NOBODY, idempotency_key: str | None = None
    ) -> GuardResult:
        """Check items of any kinds together.

        Args:
            items: at least one: what holds nothing is not allowed.
            context: whom they belong to.
            idempotency_key: the same for the same request sent twice, so that it counts once; made up by default.

        Raises:
            GuardUnavailableError, GuardLimitedError, RejectedRequestError: if the options say so.
        """
        request = drafts.request_of(items, context)
        try:
            result = read(self._transport.send(request, idempotency_key or self._once()), request)
        except FAILURES as failure:
            self._tally.fail()
            result = settle(failure, request, self._options)
        self._tally.add(result)
        return result

    def check_draft(self, draft: Draft, *, context: Context = NOBODY) -> GuardResult:
        """Check a draft; an incomplete one lets nothing pass."""
        if draft.is_complete:
            return self.check(draft.items, context=context)
        if draft.items:
            return with_unexamined_part(self.check(draft.items, context=context))
        self._tally.add(result := unexamined(CheckRequest((), context)))
        return result

    def stream(self, texts: Iterable[str], *, context: Context = NOBODY, window: Window | None = None) -> Iterator[str]:
        """Yield a model's text as it is made, each piece after it was checked.

        Args:
            texts: pieces of any size.
            context: whom they belong to.
            window: how much is held back.

        Raises:
            RefusedError: what follows is not allowed; nothing of it was yielded.
        """

        def check(text: str) -> GuardResult:
            return self.check_output_text(text, context=context)

        return held_back(texts, check, window or Window())

    def _once(self) -> str:
        """Return a key that no other request has; "" where nothing is sent twice, which spares the service a note."""
        return uuid.uuid4().hex if self._options.attempts > 1 else ""

    def close(self) -> None:
        """Give back connections, or close the home."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
