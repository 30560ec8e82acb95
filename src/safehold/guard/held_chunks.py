"""Chunks of a stream that wait for the texts in them to be checked, and leave in their order.

A stream may carry several texts side by side, such as the choices of one answer: each is held back by itself, and a
chunk leaves once all that came of every text until then was allowed. Nothing is sent or asked here.

    held.add(chunk, {"0": "more words"})
    while (words := held.due(ended=False)) is not None:      # to be checked
        held.pass_on()                                       # only after they were allowed
    send(held.leaving())
"""

from collections import deque
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from safehold.guard.hold_back import HoldBack, Window

Chunk = TypeVar("Chunk")

MOST_TEXTS = 16
"""Texts that one stream may carry side by side: choices, and kinds of text in each."""


class TooManyTextsError(Exception):
    """A stream carries more texts than are told apart. For whoever reads the stream: refuse it."""


class _Text:
    """One of the texts, and how much of it has come and may leave, in characters."""

    __slots__ = ("came", "hold", "may_leave")

    def __init__(self, window: Window) -> None:
        self.hold = HoldBack(window)
        self.came = 0
        self.may_leave = 0


class HeldChunks(Generic[Chunk]):
    """What waits of one stream.

    Args:
        window: how much of each text is held back.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._texts: dict[Hashable, _Text] = {}
        self._queue: deque[tuple[Chunk, dict[Hashable, int]]] = deque()
        self._due: _Text | None = None

    def add(self, chunk: Chunk, texts: Iterable[tuple[Hashable, str]]) -> None:
        """Add a chunk with the texts in it, each under the name that tells it from others of the stream.

        Raises:
            TooManyTextsError: there are more than `MOST_TEXTS`.
        """
        for name, words in texts:
            if name not in self._texts and len(self._texts) >= MOST_TEXTS:
                raise TooManyTextsError
            text = self._texts.setdefault(name, _Text(self._window))
            text.hold.add(words)
            text.came += len(words)
        self._queue.append((chunk, {name: text.came for name, text in self._texts.items()}))

    def due(self, *, ended: bool) -> str | None:
        """Return a text to check now, or None; call `pass_on` once it is known to be allowed."""
        for text in self._texts.values():
            words = text.hold.due(ended=ended)
            if words is not None:
                self._due = text
                return words
        return None

    def pass_on(self) -> None:
        """Let what was last due leave."""
        if self._due is not None:
            text, self._due = self._due, None
            text.may_leave += len(text.hold.release())

    def leaving(self) -> list[Chunk]:
        """Return the chunks that may leave now, oldest first."""
        found = []
        while self._queue and all(self._texts[name].may_leave >= end for name, end in self._queue[0][1].items()):
            found.append(self._queue.popleft()[0])
        return found
