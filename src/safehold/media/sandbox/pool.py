"""A pool of decoding children: every request ends in an outcome, whatever its records do to a child.

What happens when a child dies, stands still on a record, or its task raises something unexpected:

    1. The child is killed and replaced.
    2. The request is tried once more from its start.
    3. When the same record was under work twice, it is skipped from then on (`"skip": [...]` in the request, and
       `"skip_reasons": {"3": "timed_out"}`) and named in the outcome, so that it becomes a gap.
    4. A request that fails twice before any record, or has to skip too many, fails as a whole.

A child serves `MOST_REQUESTS` requests at most, so that one that a hostile file took over unseen, or whose memory is
in pieces, does not stay for ever.

So a record that kills costs at most two more runs of its shard, and no request runs for ever.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Self

from safehold.media.errors import ChildStartError, PoolSpentError
from safehold.media.limits import Limits
from safehold.media.sandbox.child import Answer, Child, Died, Failed, Progress
from safehold.media.sandbox.inbox import Outcry
from safehold.media.sandbox.wire import NO_RECORD, wait_readable
from safehold.vocabulary import GapReason

MAX_SKIPS = 32
"""How many records of one request may be skipped before the request fails as a whole."""

MOST_REQUESTS = 64
"""How many requests a child serves before it is replaced; a start takes about half a second, a request often more."""

_BLAMED_AT = 2
_TICK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Skipped:
    """A record that was left out, since the child died or stood still on it twice.

    Attributes:
        record: its number in the request.
        reason: CRASHED or TIMED_OUT; OVER_LIMIT when memory ran out.
        why: "signal SIGSEGV", "MemoryError"...; never content.
    """

    record: int
    reason: GapReason
    why: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a request has no answer.

    Attributes:
        reason: the gap that the whole shard becomes.
        why: one word or sentence; never content.
        outcry: the task's own error, if it raised one.
    """

    reason: GapReason
    why: str
    outcry: Outcry | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended.

    Attributes:
        number: the request's place in what was given to `Pool.run`, from 0.
        data: the answer; b"" when there is a failure.
        skipped: records that the answer does not cover.
        failure: why there is no answer; None when there is one.
        attempts: how often the request was sent.
    """

    number: int
    data: bytes
    skipped: tuple[Skipped, ...] = ()
    failure: Failure | None = None
    attempts: int = 1


@dataclass(slots=True)
class _Job:
    """A request under work."""

    number: int
    request: Mapping[str, object]
    attempts: int = 0
    blame: Counter[int] = field(default_factory=Counter)
    skipped: list[Skipped] = field(default_factory=list)

    def to_send(self) -> dict[str, object]:
        """Return the request with the records to skip."""
        given = self.request.get("skip", ())
        listed = list(given) if isinstance(given, Iterable) else []
        reasons = {str(skipped.record): skipped.reason.value for skipped in self.skipped}
        skip = [*listed, *(skipped.record for skipped in self.skipped)]
        return {**self.request, "skip": skip, "skip_reasons": reasons}

    def blame_record(self, record: int, reason: GapReason, why: str, outcry: Outcry | None = None) -> "Outcome | _Job":
        """Decide what becomes of the job after a fault: itself, to be tried again, or its outcome."""
        self.blame[record] += 1
        if self.attempts >= 2 * MAX_SKIPS:
            return self.ended(failure=Failure(reason, why, outcry))
        if self.blame[record] < _BLAMED_AT:
            return self
        if record == NO_RECORD or self.blame[record] > _BLAMED_AT or len(self.skipped) == MAX_SKIPS:
            return self.ended(failure=Failure(reason, why, outcry))
        self.skipped.append(Skipped(record, reason, why))
        return self

    def ended(self, data: bytes = b"", failure: Failure | None = None) -> Outcome:
        """Return the outcome."""
        return Outcome(self.number, data, tuple(self.skipped), failure, self.attempts)


@dataclass(slots=True)
class _Seat:
    """A place for a child and the job it has."""

    child: Child
    job: _Job
    activity: tuple[int, int] = (-1, -1)
    since: float = 0.0

    def stands_still(self, limits: Limits) -> bool:
        """Whether the child has shown no activity for longer than its record may take."""
        now = time.monotonic()
        if (activity := self.child.activity) != self.activity:
            self.activity, self.since = activity, now
        return now - self.since > (limits.opening_seconds if self.child.record == NO_RECORD else limits.seconds)


def _quietly(_records: int) -> None:
    """Take no notice."""


class Pool:
    """Some children that serve requests side by side. Not for threads."""

    def __init__(
        self,
        argv: Sequence[str],
        limits: Limits,
        *,
        size: int,
        environment: Mapping[str, str] | None = None,
        tick: Callable[[int], object] = _quietly,
        most_requests: int = MOST_REQUESTS,
    ) -> None:
        """Prepare the pool; children start with the first requests.

        Args:
            argv: the children's program, see `module_argv`.
            limits: each child's limits.
            size: the most children at a time, 1 or more.
            environment: see `Child`.
            tick: is told a few times a second how many records the children are through in the requests under work.
            most_requests: how many requests a child serves before another takes its place.
        """
        self._most_requests = most_requests
        self._argv, self._limits, self._size, self._environment = tuple(argv), limits, size, environment
        self._tick = tick
        self._idle: list[Child] = []
        self._is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Kill the idle children; a running `run` kills its own when it is left. Repeating is safe."""
        self._is_open = False
        while self._idle:
            self._idle.pop().kill()

    def run(self, task: str, requests: Iterable[Mapping[str, object]]) -> Iterator[Outcome]:
        """Yield the outcome of every request, in the order in which they end.

        Requests are taken one by one, when a child is free.

        Raises:
            ChildStartError: the children's program does not start.
            PoolSpentError: the pool was closed.
        """
        if not self._is_open:
            raise PoolSpentError("a pool is used after it was closed", advice="This is a defect: please report it.")
        waiting = (_Job(number, request) for number, request in enumerate(requests))
        again: deque[_Job] = deque()
        seats: list[_Seat] = []
        ended: list[Outcome] = []
        try:
            while seats := [*seats, *self._fill(self._size - len(seats), task, chain(_drain(again), waiting))]:
                yield from ended  # only now: the children have work again while the caller looks at an outcome
                ended = []
                wait_readable([source for seat in seats for source in seat.child.sources], _TICK_SECONDS)
                for seat in tuple(seats):
                    end = self._attend(seat)
                    if end is None:
                        continue
                    seats.remove(seat)
                    if isinstance(end, Outcome):
                        ended.append(end)
                    else:
                        again.append(end)
                self._tick(sum(max(seat.child.record, 0) for seat in seats))
            yield from ended
        finally:
            for seat in seats:
                seat.child.kill()

    def _fill(self, free: int, task: str, jobs: Iterator[_Job]) -> list[_Seat]:
        """Give jobs to as many children; all are started before the first is waited for."""
        seats = [_Seat(self._seat_child(), job) for job in islice(jobs, free)]
        try:
            for seat in seats:
                seat.job.attempts += 1
                self._submit(seat, task)
        except ChildStartError:
            for seat in seats:
                seat.child.kill()
            raise
        return seats

    def _submit(self, seat: _Seat, task: str) -> None:
        """Send a job; a child that was killed while it started is replaced once."""
        try:
            seat.child.submit(task, seat.job.to_send())
        except ChildStartError:
            seat.child.kill()
            seat.child = self._seat_child()
            seat.child.submit(task, seat.job.to_send())

    def _seat_child(self) -> Child:
        return self._idle.pop() if self._idle else Child(self._argv, self._limits, environment=self._environment)

    def _release(self, child: Child) -> None:
        """Keep a child for the next request, or end it when it has served enough of them."""
        if child.requests < self._most_requests:
            self._idle.append(child)
        else:
            child.kill()

    def _attend(self, seat: _Seat) -> Outcome | _Job | None:
        """Look after a busy child: None to go on, an outcome, or the job when it is to be tried again."""
        child, job = seat.child, seat.job
        match child.poll(0):
            case Progress():
                if not seat.stands_still(self._limits):
                    return None
                record = child.record
                child.kill()
                return job.blame_record(record, GapReason.TIMED_OUT, "stood still")
            case Answer(data):
                self._release(child)
                return job.ended(data)
            case Failed(_, outcry) if outcry.is_ours:
                self._release(child)
                return job.ended(failure=Failure(_reason(outcry), outcry.message, outcry))
            case Failed(record, outcry):
                child.kill()
                return job.blame_record(record, _reason(outcry), outcry.error, outcry)
            case Died(record, why):
                reason = GapReason.TIMED_OUT if why == "signal SIGXCPU" else GapReason.CRASHED
                return job.blame_record(record, reason, why)


def _drain(jobs: deque[_Job]) -> Iterator[_Job]:
    while jobs:
        yield jobs.popleft()


def _reason(outcry: Outcry) -> GapReason:
    if outcry.error == "MemoryError":
        return GapReason.OVER_LIMIT
    return next((reason for reason in GapReason if reason.value == outcry.reason), GapReason.CRASHED)
