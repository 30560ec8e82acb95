"""Streams of an app, held back: every event, and every byte of plain text, leaves after the text up to it was checked.

Nothing is sent or asked here: `push` takes bytes, `due` names texts to check, `release` gives the bytes that may leave.
"""

import codecs
import re
from collections.abc import Callable, Sequence

from safehold.guard.asgi.body import UnreadableBodyError, parsed
from safehold.guard.asgi.selection import Key, Part, values_at
from safehold.guard.held_chunks import HeldChunks, TooManyTextsError
from safehold.guard.hold_back import Window

_EVENT_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINE_END = re.compile(r"\r\n|\n|\r")
_DONE = "[DONE]"
TextKey = tuple[int, Key]


class UnexaminableStreamError(Exception):
    """A stream holds what can't be checked. Inside this package only: the middleware ends the stream."""


class Flow:
    """Bytes that wait for the texts in them to be checked.

    Args:
        window: how much is held back.
        texts_in: gives, for one chunk, its texts by key.
        cut: cuts bytes into chunks that leave as wholes.
        limit: the most bytes that may wait.
    """

    def __init__(
        self, window: Window, texts_in: Callable[[bytes], Sequence[tuple[TextKey, str]]], cut: "Cutter", limit: int
    ) -> None:
        self._held: HeldChunks[bytes] = HeldChunks(window)
        self._texts_in = texts_in
        self._cut = cut
        self._limit = limit
        self._waiting = 0

    def push(self, data: bytes, *, ended: bool) -> None:
        """Add what the app sent.

        Raises:
            UnexaminableStreamError: something in it can't be checked, or too much would wait.
        """
        self._waiting += len(data)
        if self._waiting > self._limit:
            raise UnexaminableStreamError
        try:
            for chunk in self._cut(data, ended=ended):
                self._held.add(chunk, self._texts_in(chunk))
        except TooManyTextsError as error:
            raise UnexaminableStreamError from error

    def due(self, *, ended: bool) -> str | None:
        """Return a text to check now, or None; call `pass_on` once it is known to be allowed."""
        return self._held.due(ended=ended)

    def pass_on(self) -> None:
        """Let what was last due leave."""
        self._held.pass_on()

    def release(self) -> bytes:
        """Return the bytes that may leave now, in their order."""
        leaving = b"".join(self._held.leaving())
        self._waiting -= len(leaving)
        return leaving


class Cutter:
    """Cuts a stream into chunks that leave as wholes."""

    def __call__(self, data: bytes, *, ended: bool) -> list[bytes]:  # noqa: ARG002  # plain text leaves as it came
        """Return the chunks that are whole now."""
        return [data] if data else []


class EventCutter(Cutter):
    """Cuts server-sent events apart at the empty lines between them."""

    def __init__(self) -> None:
        self._rest = b""

    def __call__(self, data: bytes, *, ended: bool) -> list[bytes]:
        """Return the events that are whole now."""
        self._rest += data
        chunks, start = [], 0
        for found in _EVENT_END.finditer(self._rest):
            chunks.append(self._rest[start : found.end()])
            start = found.end()
        self._rest = self._rest[start:]
        if ended and self._rest:
            chunks.append(self._rest)
            self._rest = b""
        return chunks


def events(parts: Sequence[Part], window: Window, limit: int) -> Flow:
    """Return the flow of server-sent events whose text stands at `parts`."""

    def texts_in(event: bytes) -> list[tuple[TextKey, str]]:
        told = _told(event)
        if told is None:
            return []
        found = [(place, key, value) for place, part in enumerate(parts) for key, value in values_at(told, part.steps)]
        if any(value is not None and not isinstance(value, str) for _, _, value in found):
            raise UnexaminableStreamError
        return [((place, key), value) for place, key, value in found if isinstance(value, str)]

    return Flow(window, texts_in, EventCutter(), limit)


def _told(event: bytes) -> object:
    """Return the JSON values of an event; None where it carries none.

    Source: HTML Living Standard, section 9.2.6 "Interpreting an event stream".
    """
    try:
        lines = _LINE_END.split(event.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise UnexaminableStreamError from error
    if any(line and not line.startswith((":", "data", "event:", "id:", "retry:")) for line in lines):
        raise UnexaminableStreamError
    words = "\n".join(line.removeprefix("data:").removeprefix(" ") for line in lines if line.startswith("data"))
    if not words.strip() or words.strip() == _DONE:
        return None
    try:
        return parsed(words.encode())
    except UnreadableBodyError as error:
        raise UnexaminableStreamError from error


def plain_text(window: Window, limit: int) -> Flow:
    """Return the flow of plain text in UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")

    def texts_in(chunk: bytes) -> list[tuple[TextKey, str]]:
        try:
            return [((0, ()), decoder.decode(chunk))]
        except UnicodeDecodeError as error:
            raise UnexaminableStreamError from error

    return Flow(window, texts_in, Cutter(), limit)
