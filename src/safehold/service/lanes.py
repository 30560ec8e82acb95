"""Lanes: threads for blocking work, with an end to how many may wait.

Rules: text and media have lanes of their own, so that pictures that take long hold no prompt up. Whoever finds a lane
full is told so at once, instead of waiting for an answer that comes too late. Work that took too long goes on to its
end in its thread, and is recorded; only nobody waits for it any more.

    answer = await lanes.text.run(checks.check, request, caller, seconds=30)
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar

from safehold.service.problem import Problem

Result = TypeVar("Result")

TEXT_THREADS = 32
"""Threads that check text mostly wait for the disk: at 600 a second and 20 ms a commit, 12 wait at a time."""

WAITING_FOR_A_THREAD = 8
"""How many times as many as there are threads may wait."""


LATER_THREADS = 2
"""What may wait waits behind few: threads are for those who wait for their answer."""


class Lane:
    """Some threads and a bounded line before them; for one event loop.

    Args:
        name: of the threads.
        threads: how many.
        waiting: how many pieces of work may wait for a thread.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, f"safehold-{name}")
        self._room = threads + waiting
        self._taken = 0

    @property
    def taken(self) -> int:
        """Return how many pieces of work are done or wait."""
        return self._taken

    async def run(self, work: Callable[..., Result], *args: object, seconds: float | None = None) -> Result:
        """Do a piece of work in a thread and wait for it.

        Args:
            work: what to do; whatever it raises is raised here.
            args: its arguments.
            seconds: how long to wait; None for ever.

        Raises:
            Problem: 503, the line is full (`busy`) or the work took too long (`timed_out`).
        """
        waiting = asyncio.wrap_future(self.submit(work, *args))
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), seconds)
        except TimeoutError:
            waiting.add_done_callback(_forget)
            raise _too_late() from None

    def submit(self, work: Callable[..., Result], *args: object) -> "Future[Result]":
        """Hand a piece of work in; call on the event loop.

        Raises:
            Problem: 503, the line is full.
        """
        if self._taken >= self._room:
            raise busy()
        loop = asyncio.get_running_loop()
        future = self._pool.submit(partial(work, *args))
        self._taken += 1
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._left))
        return future

    def close(self) -> None:
        """Wait for what is being done; what waits for a thread is not begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _left(self) -> None:
        self._taken -= 1


@dataclass(frozen=True, slots=True)
class Lanes:
    """The lanes of a process.

    Attributes:
        text: for checks of text alone.
        media: for checks with media, and what fetches them.
        later: for checks that are answered later.
        desk: for everything else: keys, reports, messages.
    """

    text: Lane
    media: Lane
    later: Lane
    desk: Lane

    @classmethod
    def of(cls, cores: int) -> Self:
        """Return lanes for a machine with so many cores."""
        return cls(
            text=Lane("text", TEXT_THREADS, TEXT_THREADS * WAITING_FOR_A_THREAD),
            media=Lane("media", 2 * cores, 2 * cores * WAITING_FOR_A_THREAD),
            later=Lane("later", LATER_THREADS, LATER_THREADS),
            desk=Lane("desk", 8, 8 * WAITING_FOR_A_THREAD),
        )

    def close(self) -> None:
        """Wait for what is being done in each."""
        for lane in (self.text, self.media, self.later, self.desk):
            lane.close()


def busy() -> Problem:
    """Return the problem of a process that has too much to do."""
    return Problem(503, "busy", "Too much at a time", "Let nothing pass; ask again.", headers={"Retry-After": "1"})


def _too_late() -> Problem:
    return Problem(
        503,
        "timed_out",
        "Nothing was decided in time",
        "Let nothing pass; send smaller items, or ask for an answer later.",
        headers={"Retry-After": "1"},
    )


def _forget(future: "asyncio.Future[Any]") -> None:
    """Take note of an error that nobody waits for any more."""
    if not future.cancelled():
        future.exception()
