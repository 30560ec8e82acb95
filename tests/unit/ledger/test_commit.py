import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from tests.conftest import Places
from tests.unit.home.rows import add_bank, banks

from safehold.home import HomeFullError
from safehold.home.home import Home
from safehold.ledger import (
    CommitsClosedError,
    CommitsFullError,
    GroupCommit,
    Ledger,
    SigningKey,
    UnfitEventError,
    open_ledger,
)
from safehold.vocabulary import Event, FixedClock, SystemClock

NOON = FixedClock(dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC))
EVENT = Event("test.happened", "system")
T = TypeVar("T")


@pytest.fixture
def home(places: Places, tmp_path: Path) -> Home:
    return places.open(tmp_path / "home", NOON)


@pytest.fixture
def ledger(home: Home) -> Ledger:
    return Ledger(home.database, NOON, SigningKey(bytes(32)))


@pytest.fixture
def commits(home: Home, ledger: Ledger) -> Iterator[GroupCommit]:
    with GroupCommit(home.database, ledger, longest_queue=8, largest_group=4) as made:
        yield made


class Stopper:
    """Work that keeps who writes until it is let go, so that what is handed in meanwhile is one group."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, connection: sa.Connection) -> None:
        del connection
        self.begun.set()
        assert self.let_go.wait(10)


class Crowd:
    """Threads that hand in work one after the other, and wait for it each for itself."""

    def __init__(self, commits: GroupCommit, threads: ThreadPoolExecutor) -> None:
        self._commits = commits
        self._threads = threads

    def hand_in(self, work: Callable[[sa.Connection], T], events: Sequence[Event] = ()) -> "Future[T]":
        before = self._commits.waiting
        future = self._threads.submit(self._commits.run, work, events)
        while self._commits.waiting == before and not future.done():
            time.sleep(0.0005)
        return future


@pytest.fixture
def crowd(commits: GroupCommit) -> Iterator[Crowd]:
    with ThreadPoolExecutor(32) as threads:
        yield Crowd(commits, threads)


@pytest.fixture
def stopper(commits: GroupCommit, crowd: Crowd) -> Iterator[Stopper]:
    del crowd  # its threads end after what holds them up
    made = Stopper()
    thread = threading.Thread(target=lambda: commits.run(made))
    thread.start()
    assert made.begun.wait(10)
    yield made
    made.let_go.set()
    thread.join()


def adding(name: str, *, then: Exception | None = None) -> Callable[[sa.Connection], str]:
    def work(connection: sa.Connection) -> str:
        add_bank(connection, name)
        if then:
            raise then
        return name.upper()

    return work


def names(home: Home) -> list[str]:
    with home.database.reading() as connection:
        return banks(connection)


def test_work_returns_its_result_and_is_there_with_its_events(home: Home, ledger: Ledger, commits: GroupCommit) -> None:
    assert commits.run(adding("a"), [EVENT, EVENT]) == "A"
    assert names(home) == ["a"]
    assert [entry.event for entry in ledger.events(1)] == [EVENT, EVENT]


def test_work_that_fails_leaves_nothing_and_harms_nobody_of_its_group(
    home: Home, ledger: Ledger, crowd: Crowd, stopper: Stopper
) -> None:
    futures = [
        crowd.hand_in(adding("a"), [Event("test.happened", "a")]),
        crowd.hand_in(adding("b", then=RuntimeError("b")), [Event("test.happened", "b")]),
        crowd.hand_in(adding("a"), [Event("test.happened", "a2")]),  # the same key again
        crowd.hand_in(adding("c"), [Event("test.happened", "c")]),
    ]
    stopper.let_go.set()
    assert (futures[0].result(10), futures[3].result(10)) == ("A", "C")
    with pytest.raises(RuntimeError, match="b"):
        futures[1].result(10)
    with pytest.raises(sa.exc.IntegrityError):
        futures[2].result(10)
    assert names(home) == ["a", "c"]
    assert [entry.event.actor for entry in ledger.events(1)] == ["a", "c"]


def test_nothing_is_reported_before_it_is_committed(home: Home, crowd: Crowd, stopper: Stopper) -> None:
    futures = [crowd.hand_in(adding(name)) for name in "abc"]
    assert names(home) == []
    stopper.let_go.set()
    assert futures[0].result(10) == "A"
    assert names(home) == ["a", "b", "c"]


def test_a_fault_of_the_whole_transaction_is_told_to_everybody_in_it(crowd: Crowd, stopper: Stopper) -> None:
    def undo_everything(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise HomeFullError("full", advice="Free space.")

    waiting: list[Future[Any]] = [crowd.hand_in(work) for work in (adding("a"), undo_everything, adding("c"))]
    stopper.let_go.set()
    for future in waiting:
        with pytest.raises(HomeFullError):
            future.result(10)


def test_an_event_that_could_carry_content_is_refused_before_the_work_is_begun(
    home: Home, commits: GroupCommit
) -> None:
    with pytest.raises(UnfitEventError):
        commits.run(adding("a"), [Event("test.happened", "system", details={"name": "a.jpg"})])
    assert names(home) == []


def test_more_than_the_queue_holds_is_refused_at_once(commits: GroupCommit, crowd: Crowd, stopper: Stopper) -> None:
    for number in range(8):
        crowd.hand_in(adding(str(number)))
    with pytest.raises(CommitsFullError) as caught:
        commits.run(adding("9"))
    assert "try again" in caught.value.advice
    stopper.let_go.set()


def test_who_waits_writes_for_all_that_came_meanwhile_in_the_order_in_which_they_came(
    ledger: Ledger, crowd: Crowd, stopper: Stopper
) -> None:
    writers: list[int] = []

    def noting(connection: sa.Connection) -> None:
        del connection
        writers.append(threading.get_ident())

    futures = [crowd.hand_in(noting, [Event("test.happened", name)]) for name in "abcdef"]
    stopper.let_go.set()
    for future in futures:
        future.result(10)
    assert [entry.event.actor for entry in ledger.events(1)] == [*"abcdef"]
    assert [len(set(writers[:4])), len(set(writers[4:]))] == [1, 1]  # a group holds four


class Interrupted(BaseException):
    """What Ctrl-C raises in a thread."""


def test_a_writer_that_is_interrupted_commits_nothing_and_lets_the_next_one_write(
    home: Home, commits: GroupCommit
) -> None:
    def interrupt(connection: sa.Connection) -> None:
        add_bank(connection, "a")
        raise Interrupted

    with pytest.raises(Interrupted):
        commits.run(interrupt)
    assert commits.run(adding("b")) == "B"
    assert names(home) == ["b"]


def test_an_interruption_is_the_writers_own_and_the_others_hear_that_nothing_was_committed(
    home: Home, crowd: Crowd, stopper: Stopper
) -> None:
    def interrupt(connection: sa.Connection) -> None:
        del connection
        raise Interrupted

    interrupted, waiting = crowd.hand_in(interrupt), crowd.hand_in(adding("b"))
    stopper.let_go.set()
    with pytest.raises(Interrupted):
        interrupted.result(10)
    with pytest.raises(CommitsClosedError):
        waiting.result(10)
    assert names(home) == []


def test_closing_commits_what_waits_and_takes_nothing_more(home: Home, commits: GroupCommit, stopper: Stopper) -> None:
    with ThreadPoolExecutor(9) as threads:
        crowd = Crowd(commits, threads)
        futures = [crowd.hand_in(adding(str(number))) for number in range(8)]
        closing = threads.submit(commits.close)
        stopper.let_go.set()
        closing.result(10)
        assert names(home) == [str(number) for number in range(8)]
        assert [future.result(10) for future in futures] == names(home)
    commits.close()
    with pytest.raises(CommitsClosedError):
        commits.run(adding("late"))


def test_work_of_many_threads_is_one_ledger_that_verifies(home: Home, ledger: Ledger) -> None:
    with GroupCommit(home.database, ledger) as commits, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: commits.run(adding(str(number)), [EVENT]), range(200)))
    assert answers == [str(number) for number in range(200)]
    assert ledger.verify(ledger.checkpoint()).size == 201


_COMMIT = """
import os, sys, threading
from pathlib import Path
from safehold.home.home import Home
from safehold.ledger import GroupCommit, open_ledger
from safehold.settings import load_settings
from safehold.vocabulary import Event, SystemClock

folder = Path(sys.argv[1])
home = Home.open(folder, SystemClock(), server=load_settings(folder, os.environ).server())
ledger = open_ledger(home)
commits = GroupCommit(home.database, ledger)
lock = threading.Lock()

def work(thread):
    for number in range(10_000):
        event = Event("test.happened", "system", details={"thread": thread, "number": number})
        commits.run(lambda connection: None, [event])
        with lock:
            print(thread, number, flush=True)

for thread in range(4):
    threading.Thread(target=work, args=(thread,)).start()
"""


def started(places: Places, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _COMMIT, str(path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=places.environment(path))


def test_a_killed_process_loses_nothing_that_it_reported(places: Places, tmp_path: Path) -> None:
    processes = [started(places, tmp_path) for _ in range(2)]
    reported: list[tuple[int, int]] = []
    for process in processes:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(60)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        reported += [tuple(map(int, line.split())) for line in lines if line.endswith("\n")]  # type: ignore[misc]
        process.wait()
        process.stdout.close()
    with places.open(tmp_path, SystemClock()) as home:
        ledger = open_ledger(home)
        recorded = [
            (entry.event.details["thread"], entry.event.details["number"])
            for entry in ledger.events(1)
            if entry.event.kind == "test.happened"
        ]
        assert ledger.verify(ledger.checkpoint()).size == len(recorded) + 1
    for one in reported:
        recorded.remove(one)
    assert len(recorded) <= 8  # one for each thread may have been recorded and not yet reported
