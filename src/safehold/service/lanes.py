"""Lanes: threads for blocking work, with an end to how many may wait.

Rules: text and media have lanes of their own, so that pictures that take long hold no prompt up. Whoever finds a lane
full is told so at once, instead of waiting for an answer that comes too late. Work that took too long goes on to its
end in its thread, and is recorded; only nobody waits for it any more.

    answer = await lanes.text.run(checks.check, request, caller, seconds=30)
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, Self, TypeVar

from safehold.service.problem import Problem

Result = TypeVar("Result")

TEXT_THREADS = 12
"""Threads that check text mostly wait for the disk: at 600 a second and 20 ms a commit, 12 wait at a time.

Fewer than a database's pool has connections (15 by SQLAlchemy's default), so that none waits for one."""

LATER_THREADS = 2
"""What may wait waits behind few: threads are for those who wait for their answer."""

WAITING_FOR_A_THREAD = 20
"""How many times as many as there are threads may wait: at 300 a second and 12 threads, less than a second of them."""

Job = Callable[[], None]


class Lane:
    """Some threads and a bounded line before them; for one event loop.

    Threads are made when they are first needed. They are our own since the standard library's pool costs more for each
    piece of work than a prompt takes to check.

    Args:
        name: of the threads.
        threads: how many at most.
        waiting: how many pieces of work may wait for a thread.
    """

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._name = name
        self._most_threads = threads
        self._room = threads + waiting
        self._taken = 0
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []

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
        if self._taken >= self._room:
            raise busy()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._begin(partial(self._do, loop, future, partial(work, *args)))
        timer = None if seconds is None else loop.call_later(seconds, _end, future)
        try:
            return await future
        finally:
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Wait for what is being done or waits."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _begin(self, job: Job) -> None:
        self._taken += 1
        if self._taken > len(self._threads) < self._most_threads:
            thread = Thread(target=self._serve, name=f"safehold-{self._name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._jobs.put(job)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, loop: asyncio.AbstractEventLoop, future: "asyncio.Future[Any]", work: Callable[[], object]) -> None:
        result: object = None
        failure: BaseException | None = None
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failure = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._hand_over, future, result, failure)
        failure = None  # or it would hold this frame, and what was sent, until the collector comes

    def _hand_over(self, future: "asyncio.Future[Any]", result: object, failure: BaseException | None) -> None:
        self._taken -= 1
        if future.done():  # too late, or whoever asked is gone
            return
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)


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


def _end(future: "asyncio.Future[Any]") -> None:
    if not future.done():
        future.set_exception(_too_late())


def _too_late() -> Problem:
    return Problem(
        503,
        "timed_out",
        "Nothing was decided in time",
        "Let nothing pass; send smaller items, or ask for an answer later.",
        headers={"Retry-After": "1"},
    )
