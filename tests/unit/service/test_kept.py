"""Kept answers: one answer a request, whoever asks, in however many processes, on both databases."""

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from safehold.gateway import Scope
from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.ledger.commit import GroupCommit
from safehold.service.checking.kept import Asked, KeptAnswers
from safehold.service.checking.state import State
from safehold.service.keys import KeyRing
from safehold.service.problem import Problem
from safehold.vocabulary import FixedClock

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


class Processes:
    """A home with kept answers as several processes see them.

    Attributes:
        clock: theirs.
        asked: a request.
    """

    def __init__(self, home: Home, clock: FixedClock) -> None:
        ledger = open_ledger(home)
        self.clock = clock
        self._home, self._ledger, self._commits = home, ledger, list[GroupCommit]()
        key, _ = KeyRing(home.database, ledger, clock).create("web", (Scope.CHECK,))
        self.asked = Asked(key.id, "repeat", "body")

    def one(self) -> KeptAnswers:
        self._commits.append(GroupCommit(self._home.database, self._ledger))
        return KeptAnswers(self._home.database, self._commits[-1], self.clock, hours=1)

    def close(self) -> None:
        for commits in self._commits:
            commits.close()


@pytest.fixture
def processes(places: Any, tmp_path: Path) -> Iterator[Processes]:
    clock = FixedClock(NOW)
    made = Processes(places.open(tmp_path / "home", clock), clock)
    yield made
    made.close()


def answered(kept: KeptAnswers, asked: Asked, answer: str) -> str:
    with kept.once(asked) as earlier:
        return kept.keep(asked, answer) if earlier is None else earlier


def refused(kept: KeptAnswers, asked: Asked) -> str:
    with pytest.raises(Problem) as caught:
        answered(kept, asked, "late")
    return caught.value.code


def test_the_first_answer_is_everybodys(processes: Processes) -> None:
    one, other = processes.one(), processes.one()
    assert [answered(one, processes.asked, "first"), answered(other, processes.asked, "second")] == ["first", "first"]


def test_of_two_processes_at_one_moment_both_give_what_was_kept_first(processes: Processes) -> None:
    one, other = processes.one(), processes.one()
    with one.once(processes.asked) as earlier, other.once(processes.asked) as also_earlier:
        assert (earlier, also_earlier) == (None, None)
        assert one.keep(processes.asked, "first") == "first"
        assert other.keep(processes.asked, "second") == "first"


def test_within_a_process_the_second_is_told_to_ask_again(processes: Processes) -> None:
    kept, gate = processes.one(), Event()

    def slowly() -> str:
        with kept.once(processes.asked):
            gate.wait(5)
            return kept.keep(processes.asked, "first")

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(slowly)
        while not kept._under_way:
            pass
        assert refused(kept, processes.asked) == "under_way"
        gate.set()
        assert first.result() == "first"
    assert answered(kept, processes.asked, "second") == "first"


def test_another_request_under_the_same_key_is_refused(processes: Processes) -> None:
    kept = processes.one()
    answered(kept, processes.asked, "first")
    assert refused(kept, Asked(processes.asked.key, "repeat", "another")) == "repeated_otherwise"


def test_what_failed_leaves_nothing_behind(processes: Processes) -> None:
    kept = processes.one()
    with pytest.raises(ZeroDivisionError), kept.once(processes.asked):
        raise ZeroDivisionError
    assert answered(kept, processes.asked, "first") == "first"


def test_after_its_time_a_key_is_free_again(processes: Processes) -> None:
    kept = processes.one()
    answered(kept, processes.asked, "first")
    processes.clock.at += dt.timedelta(hours=1)
    assert answered(kept, Asked(processes.asked.key, "repeat", "another"), "second") == "second"
    processes.clock.at += dt.timedelta(hours=1)
    assert kept.expire() == 1


def test_what_a_killed_process_had_taken_is_marked_once_and_may_be_sent_again(processes: Processes) -> None:
    kept, told = processes.one(), list[tuple[str, str | None]]()

    def note(_connection: object, check: str, callback: str | None) -> None:
        told.append((check, callback))

    taken = kept.begin(processes.asked, seconds=60, callback="hook")
    assert kept.interrupt_lost(note) == 0
    assert refused(kept, processes.asked) == "under_way"
    kept.renew([taken.id], 120)
    processes.clock.at += dt.timedelta(seconds=119)
    assert kept.interrupt_lost(note) == 0
    processes.clock.at += dt.timedelta(seconds=1)
    assert (kept.interrupt_lost(note), kept.interrupt_lost(note)) == (1, 0)
    assert told == [(taken.id, "hook")]
    found = kept.find(taken.id, processes.asked.key)
    assert found is not None
    assert found.state is State.INTERRUPTED
    again = kept.begin(processes.asked, seconds=60)
    assert (again.id, again.is_ours) == (taken.id, True)
    kept.finish(taken.id, 200, "answer")
    assert kept.begin(processes.asked, seconds=60).answer == "answer"
    assert kept.find(taken.id, "another-key") is None
