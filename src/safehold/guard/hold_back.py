"""Hold text back until it is checked: for text that is shown while a model still makes it.

Text is released in pieces that end with a sentence, or at a set length where no sentence ends. Each piece is checked
together with what was released just before it, so that words which are harmless apart and not together are seen
together, however the text was cut. Nothing is released that was not part of an allowed check.

for piece in guard.stream(model.answer()):
    show(piece)
"""

import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

from safehold.guard.errors import GuardSetupError
from safehold.guard.outcome import GuardResult

_SENTENCE_END = re.compile("[.!?\u2026]+[\"'\u201d\u2019\u00bb)\\]]*\\s|[\u3002\uff01\uff1f\\n]")
"""Full stop, exclamation and question mark, ellipsis, then quotes and a space; their ideographic forms; lines."""


@dataclass(frozen=True, slots=True)
class Window:
    """How much text is held back and looked at together, in characters.

    Attributes:
        shortest: the least that is checked at once, so that a chat costs tens of checks and not thousands; about two
            sentences by default.
        longest: the most that is held back where no sentence ends; about a paragraph by default.
        overlap: how much of what was released is looked at again with the next piece. Words further apart than this
            are not seen together; by default two paragraphs, more than any rule that is shipped spans.
    """

    shortest: int = 160
    longest: int = 800
    overlap: int = 1600

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest or self.overlap < 0:
            raise GuardSetupError(
                "a window whose lengths can't be", advice="Give 1 <= shortest <= longest, and an overlap of 0 or more."
            )


class HoldBack:
    """What was released of a text, and what waits to be checked. Decides nothing and asks nobody.

    hold = HoldBack(Window())
    hold.add("more text")
    while (text := hold.due()) is not None:      # to be checked
        show(hold.release())                     # only after it was allowed
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._before = ""
        self._waiting = ""
        self._cut = 0

    def add(self, text: str) -> None:
        """Add what the model made next."""
        self._waiting += text

    def due(self, *, ended: bool = False) -> str | None:
        """Return the text to check now, or None where it is too early.

        Args:
            ended: nothing follows any more, so that all that waits is due.
        """
        self._cut = self._end() or (len(self._waiting) if ended else 0)
        return self._before + self._waiting[: self._cut] if self._cut else None

    def release(self) -> str:
        """Return what was last due, which the caller knows to be allowed."""
        released, self._waiting = self._waiting[: self._cut], self._waiting[self._cut :]
        self._cut = 0
        if released:
            self._before = _tail(self._before + released, self._window.overlap)
        return released

    def _end(self) -> int:
        """Return where the piece ends that is due; 0 for nowhere yet."""
        window = self._window
        ends = [found.end() for found in _SENTENCE_END.finditer(self._waiting, 0, window.longest)]
        if ends and ends[-1] >= window.shortest:
            return ends[-1]
        return window.longest if len(self._waiting) >= window.longest else 0


def _tail(text: str, length: int) -> str:
    return text[-length:] if length else ""


def held_back(texts: Iterable[str], check: Callable[[str], GuardResult], window: Window) -> Iterator[str]:
    """Yield text after it was checked.

    Args:
        texts: pieces of any size.
        check: asked for each piece, together with what went before it.
        window: how much is held back.

    Raises:
        RefusedError: what follows is not allowed.
    """
    hold = HoldBack(window)
    for text in texts:
        hold.add(text)
        while (due := hold.due()) is not None:
            check(due).raise_for_refusal()
            yield hold.release()
    while (due := hold.due(ended=True)) is not None:
        check(due).raise_for_refusal()
        yield hold.release()


async def held_back_async(
    texts: AsyncIterable[str], check: Callable[[str], Awaitable[GuardResult]], window: Window
) -> AsyncIterator[str]:
    """Yield text after it was checked, as `held_back` does, without blocking the event loop."""
    hold = HoldBack(window)
    async for text in texts:
        hold.add(text)
        while (due := hold.due()) is not None:
            (await check(due)).raise_for_refusal()
            yield hold.release()
    while (due := hold.due(ended=True)) is not None:
        (await check(due)).raise_for_refusal()
        yield hold.release()
