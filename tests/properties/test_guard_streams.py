"""Held-back text, however it is cut: nothing leaves unexamined or changed, and no cut hides what stands together."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from safehold.guard import Action, GuardResult, GuardSetupError, HoldBack, Refusal, RefusedError, Window
from safehold.guard.hold_back import held_back, held_back_async

PAIR = ("red cube", "blue ball")
WORDS = ["a", "green", "cone", "red", "cube", "blue", "ball", ". ", ".\n", "! ", " ", "\u3002", "red cube", "blue ball"]
texts = st.lists(st.sampled_from(WORDS), max_size=60).map("".join)
windows = st.builds(
    lambda shortest, more, overlap: Window(shortest, shortest + more, overlap),
    st.integers(1, 30),
    st.integers(0, 40),
    st.integers(0, 80),
)


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(texts)
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


class Checking:
    """Refuses what holds both of a pair; remembers what it was asked."""

    def __init__(self, *, allows: bool = False) -> None:
        self.asked: list[str] = []
        self._allows = allows

    def __call__(self, text: str) -> GuardResult:
        self.asked.append(text)
        if not self._allows and all(words in text for words in PAIR):
            return GuardResult(Action.DENY, Refusal.POLICY)
        return GuardResult(Action.ALLOW)

    async def later(self, text: str) -> GuardResult:
        return self(text)


def collected(pieces: Iterator[str]) -> tuple[list[str], bool]:
    """Return what was yielded, and whether it ended with a refusal."""
    came = []
    try:
        for piece in pieces:
            came.append(piece)  # noqa: PERF402  # what came before the refusal counts
    except RefusedError:
        return came, True
    return came, False


@given(cut_texts(), windows)
def test_text_that_is_allowed_arrives_whole_and_in_order(chunks: Sequence[str], window: Window) -> None:
    came, refused = collected(held_back(chunks, Checking(allows=True), window))
    assert not refused
    assert "".join(came) == "".join(chunks)
    assert all(came), "no empty piece"


@given(cut_texts(), windows)
def test_nothing_is_released_that_was_not_part_of_an_allowed_check(chunks: Sequence[str], window: Window) -> None:
    checking = Checking()
    hold, released = HoldBack(window), ""

    def release(due: str) -> bool:
        nonlocal released
        allowed = checking(due).allowed
        if allowed:
            piece = hold.release()
            assert due.endswith(piece)
            released += piece
        return allowed

    for chunk in chunks:
        hold.add(chunk)
        while (due := hold.due()) is not None:
            if not release(due):
                return
    while (due := hold.due(ended=True)) is not None:
        if not release(due):
            return
    assert released == "".join(chunks)


@given(cut_texts(), windows)
@example(["red cu", "be. " + 40 * "a ", "bl", "ue ball"], Window(1, 8, 100))
def test_what_must_not_stand_together_within_the_overlap_never_leaves_together(
    chunks: Sequence[str], window: Window
) -> None:
    came, _ = collected(held_back(chunks, Checking(), window))
    seen = "".join(came)
    for start in range(len(seen)):
        assert not all(words in seen[start : start + window.overlap + 1] for words in PAIR)


@given(cut_texts(), windows)
@settings(max_examples=30)
def test_the_awaited_stream_gives_the_same(chunks: Sequence[str], window: Window) -> None:
    async def source() -> AsyncIterator[str]:
        for chunk in chunks:
            yield chunk

    async def gathered() -> tuple[list[str], bool]:
        came = []
        try:
            async for piece in held_back_async(source(), Checking().later, window):
                came.append(piece)  # noqa: PERF401  # as above
        except RefusedError:
            return came, True
        return came, False

    assert asyncio.run(gathered()) == collected(held_back(chunks, Checking(), window))


def test_a_refusal_stops_reading_the_model() -> None:
    read = []

    def model() -> Iterator[str]:
        for word in ["A red cube. ", "A blue ball. ", "More. "]:
            read.append(word)
            yield word

    came, refused = collected(held_back(model(), Checking(), Window(1, 100, 100)))
    assert (came, refused, len(read)) == (["A red cube. "], True, 2)


def test_few_checks_are_asked_for_a_long_answer() -> None:
    checking = Checking(allows=True)
    words = ["A green cone stands on a table. "] * 100
    collected(held_back(words, checking, Window()))
    assert len(checking.asked) == 20, "one for five sentences of 32 characters"


@pytest.mark.parametrize("lengths", [(0, 1, 1), (2, 1, 1), (1, 1, -1)])
def test_windows_that_mean_nothing_are_refused(lengths: tuple[int, int, int]) -> None:
    with pytest.raises(GuardSetupError):
        Window(*lengths)
