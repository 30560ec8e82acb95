"""A crew of decoding children that many threads share, each with a single request: for services.

Children are started before they are needed and by a thread of the crew's own, since a child dies with the thread that
started it. One that dies, stands still or breaks the rules costs the request that it had, and is replaced; so is one
that has served long enough, beside the others' work. Nothing is tried twice: who waits is told what could not be done.

    with Crew(module_argv("safehold.gateway.media_child"), Limits(), size=2) as crew:
        reply = crew.ask("examine", request, data=picture)
        reply.failure or reply.data
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, LifoQueue
from threading import Event, Lock
from typing import Self

from safehold.media.limits import Limits
from safehold.media.sandbox.child import START_SECONDS, Answer, Child, Died, Failed, Progress
from safehold.media.sandbox.inbox import Outcry
from safehold.vocabulary import GapReason, Seconds

MOST_REQUESTS = 1024
"""How many requests a child serves before another takes its place: one that a hostile file took over unseen does not
stay for ever. A start takes about half a second of a core."""

WAITING_SECONDS = Seconds(10.0)
"""How long a request may wait for a free child where the caller doesn't say."""

_NOT_TAKEN = "did not take a request"
_START_AGAIN_SECONDS = 1.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Reply:
    """How a request ended.

    Attributes:
        data: the answer; b"" where there is none. Who sent it has touched a hostile file: check what it says.
        failure: why there is no answer; None where there is one.
        why: the failure in a word or sentence; never content.
    """

    data: bytes
    failure: GapReason | None = None
    why: str = ""


class Crew:
    """Some children that threads share.

    Args:
        argv: the children's program, see `module_argv`.
        limits: each child's limits; a request may take `seconds` of wall-clock time.
        size: how many children, 1 or more.
        most_requests: how many requests a child serves before another takes its place.
    """

    def __init__(self, argv: Sequence[str], limits: Limits, *, size: int, most_requests: int = MOST_REQUESTS) -> None:
        self._argv, self._limits, self._most_requests = tuple(argv), limits, most_requests
        self._idle: LifoQueue[Child] = LifoQueue()
        self._living: set[Child] = set()
        self._lock = Lock()
        self._closed = Event()
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="safehold-crew")
        for _ in range(size):
            self._starter.submit(self._start)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def living(self) -> int:
        """Return how many children are there, at work or ready."""
        return len(self._living)

    def ask(
        self,
        task: str,
        request: Mapping[str, object],
        *,
        data: bytes | memoryview = b"",
        waiting_seconds: float = WAITING_SECONDS,
    ) -> Reply:
        """Return what a child answers; never raises for what a file does to it.

        Args:
            task: which of the children's tasks.
            request: JSON values.
            data: bytes for the child, see `Child.submit`.
            waiting_seconds: how long to wait for a child that is free.
        """
        deadline = time.monotonic() + waiting_seconds
        while True:
            try:
                child = self._idle.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                return Reply(b"", GapReason.TIMED_OUT, "no decoding child was free")
            try:
                reply = self._serve(child, task, request, data)
            finally:
                self._release(child)
            if reply.why != _NOT_TAKEN:  # one that died while it was idle: nothing was asked of it yet
                return reply

    def close(self) -> None:
        """Kill every child and start no more; repeating is safe. Requests under work fail."""
        with self._lock:
            self._closed.set()
        self._starter.shutdown(wait=True, cancel_futures=True)
        while True:
            try:
                self._end(self._idle.get_nowait())
            except Empty:
                return

    def _serve(self, child: Child, task: str, request: Mapping[str, object], data: bytes | memoryview) -> Reply:
        deadline = time.monotonic() + self._limits.seconds
        child.submit(task, request, data=data)
        while True:
            match child.poll(max(0.0, deadline - time.monotonic())):
                case Answer(answer):
                    return Reply(answer)
                case Failed(_, outcry):
                    if not outcry.is_ours:  # in what state it is now, nobody knows
                        child.kill()
                    return Reply(b"", _reason(outcry), outcry.error)
                case Died(_, why):
                    return Reply(b"", GapReason.TIMED_OUT if why == "signal SIGXCPU" else GapReason.CRASHED, why)
                case Progress() if time.monotonic() >= deadline:
                    child.kill()
                    return Reply(b"", GapReason.TIMED_OUT, "took too long")
                case Progress():
                    continue

    def _release(self, child: Child) -> None:
        """Give a child back for the next request, or have another started in its place."""
        if child.is_alive and child.requests < self._most_requests and not self._closed.is_set():
            self._idle.put(child)
            return
        self._end(child)
        with self._lock:
            if not self._closed.is_set():
                self._starter.submit(self._start)

    def _end(self, child: Child) -> None:
        child.kill()
        with self._lock:
            self._living.discard(child)

    def _start(self) -> None:
        """Start one child, in the starter's thread; try again until it starts or the crew is closed."""
        while not self._closed.is_set():
            child = Child(self._argv, self._limits)
            deadline = time.monotonic() + START_SECONDS
            while child.is_alive and child.confinement is None and not self._closed.is_set():
                child.poll(_LOOK_SECONDS)
                if time.monotonic() >= deadline:
                    child.kill()
            if child.is_alive and not self._closed.is_set():
                with self._lock:
                    self._living.add(child)
                self._idle.put(child)
                return
            child.kill()
            self._closed.wait(_START_AGAIN_SECONDS)


def _reason(outcry: Outcry) -> GapReason:
    if outcry.error == "MemoryError":
        return GapReason.OVER_LIMIT
    return next((reason for reason in GapReason if reason.value == outcry.reason), GapReason.DETECTOR_FAILED)
