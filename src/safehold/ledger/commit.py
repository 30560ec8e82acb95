"""Group commit: decisions of many threads become durable together, so that each waits for the disk but none in a line.

One writer takes what is waiting, runs it, appends all their events at once, and commits once. Should a piece of work
fail, all of it is undone and done again with each piece in a savepoint of its own: so work may run twice, and changes
nothing but the database. Who submitted a piece of work hears of it after that commit: what was reported as done
survives a kill and a power cut, and one that fails takes nothing else along.

    with GroupCommit(home.database, ledger) as commits:
        case = commits.run(lambda connection: decide(connection), [Event("check.decided", actor)])
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
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
    """A writer of its own thread that commits the work of many threads together.

    Make one a process, after any fork. Work gets the writing connection and nothing else to change, and may be run
    twice: it is quick, waits for nothing outside the database, and leaves committing and rolling back alone.

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
        self._is_closing = False
        self._writer = threading.Thread(target=self._write, name="group-commit", daemon=True)
        self._writer.start()

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
        return self.submit(work, events).result()

    def submit(self, work: Callable[[sa.Connection], T], events: Sequence[Event] = ()) -> "Future[T]":
        """Hand in a piece of work as :meth:`run` does, without waiting; the future is done after the commit.

        Work that was not begun yet can be cancelled.

        Raises:
            UnfitEventError, CommitsFullError, CommitsClosedError: as :meth:`run`.
        """
        admit_all(events)
        submitted = _Submitted(work, tuple(events))
        with self._changed:
            if self._is_closing:
                raise CommitsClosedError("this process is stopping", advice="Send the request again, to another one.")
            if len(self._waiting) >= self._longest_queue:
                raise CommitsFullError(
                    "more is waiting to be committed than can be soon",
                    advice="Wait, then try again; if it stays so, the disk or the database is too slow for the load.",
                )
            self._waiting.append(submitted)
            self._changed.notify()
        return cast("Future[T]", submitted.future)

    def close(self) -> None:
        """Take nothing more, commit what is waiting, and stop; safe to repeat."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._writer.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self) -> None:
        while (group := self._next_group()) is not None:
            try:
                self._commit(group)
            except Exception as error:  # noqa: BLE001  # the worker loop: the fault is told to whom it concerns
                for submitted in group:
                    submitted.fail(error)
            else:
                for submitted in group:
                    submitted.report()

    def _next_group(self) -> "list[_Submitted] | None":
        """Wait for work and take as much as may be committed together; None once all is done and we are to stop."""
        with self._changed:
            while not self._waiting and not self._is_closing:
                self._changed.wait()
            if not self._waiting:
                return None
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._largest_group))]
        return [submitted for submitted in taken if submitted.future.set_running_or_notify_cancel()]

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


class _WorkFailedError(Exception):
    """A piece of work raised; the whole transaction was undone. Never seen outside this module."""


class _Submitted:
    """A piece of work with its events, and what became of it."""

    def __init__(self, work: Callable[[sa.Connection], object], events: tuple[Event, ...]) -> None:
        self.future: Future[object] = Future()
        self._work = work
        self._events = events
        self._result: object = None
        self._error: Exception | None = None

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

    def report(self) -> None:
        """Tell the submitter, after the commit."""
        if self._error is None:
            self.future.set_result(self._result)
        else:
            self.future.set_exception(self._error)

    def fail(self, error: Exception) -> None:
        """Tell the submitter that nothing was committed; the work's own error says more, where it has one."""
        self.future.set_exception(self._error or error)
