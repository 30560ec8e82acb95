"""Group commit: decisions of many threads become durable together, so that each waits for the disk but none in a line.

Whoever comes while nobody is writing writes at once, in its own thread: waking another thread takes longer than a
decision. Who comes meanwhile waits; the first of them is then woken to write for all that wait. A group is run, all its
events are appended at once, and it is committed once. Should a piece of work fail, all of the group is undone and done
again with each piece in a savepoint of its own: so work may run twice, and changes nothing but the database. Who handed
in a piece of work hears of it after that commit: what was reported as done survives a kill and a power cut, and one
that fails takes nothing else along.

    with GroupCommit(home.database, ledger) as commits:
        case = commits.run(lambda connection: decide(connection), [Event("check.decided", actor)])
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from safehold.home.database import Database
from safehold.ledger.admission import admit_all
from safehold.ledger.errors import CommitsClosedError, CommitsFullError
from safehold.vocabulary import Event

LONGEST_QUEUE = 1024
"""How many pieces of work may wait: at 600 a second, less than two seconds of them."""

LARGEST_GROUP = 64
"""How many are committed together; more would hold other processes up for longer, and save nothing more."""

T = TypeVar("T")


class Appending(Protocol):
    """The part of a ledger that is needed."""

    def append_all(self, new: Sequence[Event], connection: sa.Connection | None = None) -> range:
        """Record several events in the caller's transaction."""
        ...


class GroupCommit:
    """Commits the work of many threads together, in the thread of one of them.

    Make one a process, after any fork. Work gets the writing connection and nothing else to change, and may be run
    twice and in another thread: it is quick, waits for nothing outside the database, and leaves committing and rolling
    back alone.

    Args:
        database: of a home.
        ledger: where the events go.
        longest_queue: how many pieces of work may wait.
        largest_group: how many are committed together.
    """

    def __init__(
        self,
        database: Database,
        ledger: Appending,
        *,
        longest_queue: int = LONGEST_QUEUE,
        largest_group: int = LARGEST_GROUP,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._longest_queue = longest_queue
        self._largest_group = largest_group
        self._waiting: deque[_Submitted] = deque()
        self._changed = threading.Condition()
        self._is_writing = False
        self._is_closing = False

    @property
    def waiting(self) -> int:
        """Return how many pieces of work wait for the writer."""
        return len(self._waiting)

    def run(self, work: Callable[[sa.Connection], T], events: Sequence[Event] = ()) -> T:
        """Do a piece of work, and return what it returned once that is on the medium together with its events.

        Args:
            work: what to do in the transaction; whatever it raises undoes it and its events, and is raised here.
            events: what the ledger then says of it. Work that knows its events only while it runs may append them
                to the ledger itself, on its connection, at a little more cost.

        Raises:
            UnfitEventError: an event could carry content; the work was not begun.
            CommitsFullError: too much is waiting; the work was not begun.
            CommitsClosedError: the process is stopping; the work was not begun.
            HomeBusyError, HomeFullError: nothing was committed.
        """
        admit_all(events)
        submitted = _Submitted(work, tuple(events))
        self._line_up(submitted)
        if not submitted.is_writer:
            self._await(submitted)
        if submitted.is_writer:
            self._write()
        return cast("T", submitted.outcome())

    def close(self) -> None:
        """Take nothing more, and return once all that waits is committed; safe to repeat."""
        with self._changed:
            self._is_closing = True
            while self._is_writing:
                self._changed.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line_up(self, submitted: "_Submitted") -> None:
        """Line up; where nobody is writing, this thread is to."""
        with self._changed:
            if self._is_closing:
                raise CommitsClosedError("this process is stopping", advice="Send the request again, to another one.")
            if len(self._waiting) >= self._longest_queue:
                raise CommitsFullError(
                    "more is waiting to be committed than can be soon",
                    advice="Wait, then try again; if it stays so, the disk or the database is too slow for the load.",
                )
            self._waiting.append(submitted)
            if not self._is_writing:
                self._is_writing = submitted.is_writer = True

    def _await(self, submitted: "_Submitted") -> None:
        """Wait until the work was done, or until it is this thread's turn to write; if interrupted, stand back."""
        try:
            submitted.wait()
        except BaseException:
            with self._changed:
                if submitted in self._waiting:
                    self._waiting.remove(submitted)
                    if submitted.is_writer:
                        self._let_the_next_write()
            raise

    def _write(self) -> None:
        """Commit the first of the line with what waits behind it, let the next one write, and tell them."""
        with self._changed:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest_group))]
        fault: BaseException | None = None
        try:
            self._commit(group)
        except BaseException as error:  # noqa: BLE001  # told to whom it concerns; our own is raised by `outcome`
            fault = error
        self._let_the_next_write()
        group[0].tell(fault)
        for submitted in group[1:]:
            submitted.tell(fault if fault is None or isinstance(fault, Exception) else _interrupted())

    def _let_the_next_write(self) -> None:
        with self._changed:
            if self._waiting:
                self._waiting[0].is_writer = True
                self._waiting[0].wake()
                return
            self._is_writing = False
            if self._is_closing:
                self._changed.notify_all()

    def _commit(self, group: "Sequence[_Submitted]") -> None:
        """Commit a group: at first without savepoints, which cost more than a decision; work hardly ever fails."""
        try:
            self._together(group, _Submitted.do)
        except _WorkFailedError:
            self._together(group, _Submitted.do_apart)

    def _together(self, group: "Sequence[_Submitted]", do: "Callable[[_Submitted, sa.Connection], None]") -> None:
        with self._database.writing() as connection:
            for submitted in group:
                do(submitted, connection)
            events = [event for submitted in group for event in submitted.recorded()]
            if events:
                self._ledger.append_all(events, connection)


def _interrupted() -> CommitsClosedError:
    """Return what those are told whose work was in the hands of a thread that was interrupted, say by Ctrl-C."""
    return CommitsClosedError(
        "the thread that was committing was interrupted; nothing was answered, and hardly anything can be kept",
        advice="Send the request again, to another process if this one is stopping.",
    )


class _WorkFailedError(Exception):
    """A piece of work raised; the whole transaction was undone. Never seen outside this module."""


class _Submitted:
    """A piece of work with its events, and what became of it."""

    def __init__(self, work: Callable[[sa.Connection], object], events: tuple[Event, ...]) -> None:
        self.is_writer = False
        self._work = work
        self._events = events
        self._result: object = None
        self._error: BaseException | None = None
        self._woken = threading.Lock()
        self._woken.acquire()

    def do(self, connection: sa.Connection) -> None:
        """Do the work in everybody's transaction.

        Raises:
            _WorkFailedError: it failed, and the transaction can't be used any more.
        """
        try:
            self._result = self._work(connection)
        except Exception as error:
            raise _WorkFailedError from error

    def do_apart(self, connection: sa.Connection) -> None:
        """Do the work in a savepoint, or leave nothing of it."""
        connection.exec_driver_sql("SAVEPOINT submitted")
        try:
            self._result = self._work(connection)
        except Exception as error:  # noqa: BLE001  # the worker loop: one that fails harms no other
            self._error = error
            self._undo(connection, error)
        connection.exec_driver_sql("RELEASE SAVEPOINT submitted")

    def _undo(self, connection: sa.Connection, error: Exception) -> None:
        try:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT submitted")
        except DBAPIError:  # the fault (a full disk, a lost server) took the whole transaction along
            raise error from None

    def recorded(self) -> tuple[Event, ...]:
        """Return the events of work that was done."""
        return self._events if self._error is None else ()

    def wait(self) -> None:
        """Wait until it is woken: what became of it is told, or it is its turn to write."""
        self._woken.acquire()

    def wake(self) -> None:
        """Let its thread go on."""
        self._woken.release()

    def tell(self, fault: BaseException | None) -> None:
        """Say what became of it, after the commit; with a fault nothing was committed."""
        self._error = self._error or fault
        self.wake()

    def outcome(self) -> object:
        """Return what the work returned, or raise what it raised or what undid it."""
        if self._error is not None:
            raise self._error
        return self._result
