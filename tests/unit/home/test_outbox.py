import datetime as dt
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import Places

from safehold.home import LeaseLostError, UnfitJobError, UnknownJobError
from safehold.home.database import Database
from safehold.home.outbox import Job, Outbox, Retries
from safehold.vocabulary import FixedClock

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
KIND = "webhook.deliver"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def database(places: Places, tmp_path: Path) -> Database:
    return places.open(tmp_path / "home", FixedClock(NOON)).database


@pytest.fixture
def outbox(database: Database, clock: FixedClock) -> Outbox:
    return Outbox(database, clock, retries=Retries(first_seconds=10, longest_seconds=60, attempts=3))


def put(database: Database, outbox: Outbox, number: int = 1, *, after_seconds: float = 0) -> str:
    with database.writing() as connection:
        due = NOON + dt.timedelta(seconds=after_seconds)
        return outbox.enqueue(connection, KIND, {"number": number}, not_before=due)


def take(outbox: Outbox, for_seconds: float = 30, limit: int = 16) -> tuple[Job, ...]:
    return outbox.lease({KIND}, for_seconds, limit=limit)


def later(clock: FixedClock, seconds: float) -> None:
    clock.at += dt.timedelta(seconds=seconds)


def test_a_job_commits_together_with_what_it_follows_from(database: Database, outbox: Outbox) -> None:
    def decide_and_fail() -> None:
        with database.writing() as connection:
            outbox.enqueue(connection, KIND, {})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        decide_and_fail()
    assert take(outbox) == ()
    job_id = put(database, outbox)
    assert [(job.id, job.kind, job.payload, job.attempt) for job in take(outbox)] == [(job_id, KIND, {"number": 1}, 1)]


def test_a_job_that_is_put_off_waits_and_is_never_given_up_for_it(
    database: Database, outbox: Outbox, clock: FixedClock
) -> None:
    put(database, outbox)
    for _ in range(9):  # three tries are all it has
        (job,) = take(outbox)
        assert job.attempt == 1
        outbox.put_off(job, "waiting", 60)
        with pytest.raises(LeaseLostError):
            outbox.put_off(job, "waiting", 60)
        later(clock, 59)
        assert take(outbox) == ()
        later(clock, 1)
    assert outbox.dead() == ()


def test_a_leased_job_is_nobody_elses_until_its_time_is_up(
    database: Database, outbox: Outbox, clock: FixedClock
) -> None:
    job_id = put(database, outbox)
    (first,) = take(outbox, 30)
    later(clock, 29)
    assert take(outbox) == ()
    later(clock, 1)
    (second,) = take(outbox, 30)
    assert (second.id, second.attempt) == (job_id, 2)
    with pytest.raises(LeaseLostError):
        outbox.done(first)
    with pytest.raises(LeaseLostError):
        outbox.failed(first, "timed_out")
    outbox.done(second)
    later(clock, 1000)
    assert take(outbox) == ()


def test_a_late_worker_undoes_what_it_did_in_the_transaction_that_says_so(
    database: Database, outbox: Outbox, clock: FixedClock
) -> None:
    put(database, outbox)
    (first,) = take(outbox, 30)
    later(clock, 30)
    take(outbox, 30)

    def finish() -> None:
        with database.writing() as connection:
            outbox.enqueue(connection, KIND, {"number": 2})  # an effect
            outbox.done(first, connection)

    with pytest.raises(LeaseLostError):
        finish()
    assert outbox.backlog().waiting == 1


def test_jobs_come_when_they_are_due_the_longest_due_first(
    database: Database, outbox: Outbox, clock: FixedClock
) -> None:
    ids = [put(database, outbox, after_seconds=seconds) for seconds in (30, 10, 20, 40)]
    later(clock, 30)
    assert [job.id for job in take(outbox, limit=2)] == [ids[1], ids[2]]
    assert [job.id for job in take(outbox)] == [ids[0]]


def test_a_worker_gets_the_kinds_that_it_does(database: Database, outbox: Outbox) -> None:
    put(database, outbox)
    assert outbox.lease({"report.file"}, 30) == ()
    assert len(outbox.lease({"report.file", KIND}, 30)) == 1


def test_a_failed_job_waits_twice_as_long_each_time_and_then_is_dead(
    database: Database, outbox: Outbox, clock: FixedClock
) -> None:
    job_id = put(database, outbox)
    for wait in (10, 20):
        (job,) = take(outbox)
        assert outbox.failed(job, "timed_out")
        later(clock, wait - 0.1)
        assert take(outbox) == ()
        later(clock, wait * 0.25 + 0.1)
    (job,) = take(outbox)
    assert not outbox.failed(job, "refused")
    later(clock, 10_000)
    assert take(outbox) == ()
    assert [(dead.id, dead.attempts, dead.reason) for dead in outbox.dead()] == [(job_id, 3, "refused")]


def test_what_trying_again_cannot_help_is_dead_at_once_and_comes_back_when_asked_for(
    database: Database, outbox: Outbox
) -> None:
    job_id = put(database, outbox)
    assert not outbox.failed(take(outbox)[0], "revoked", for_good=True)
    outbox.revive(job_id)
    assert [(job.id, job.attempt) for job in take(outbox)] == [(job_id, 1)]
    with pytest.raises(UnknownJobError):
        outbox.revive(job_id)


def test_who_took_note_of_a_dead_job_does_so_again_only_where_that_is_asked_for_or_it_is_given_up_for_good(
    database: Database, outbox: Outbox
) -> None:
    job_id = put(database, outbox)

    def note() -> None:
        with database.writing() as connection:
            outbox.acknowledge(connection, job_id, by="amira", reason="known")

    outbox.failed(take(outbox)[0], "timed_out", for_good=True)
    note()
    outbox.revive(job_id, is_note_kept=True)
    assert (outbox.backlog().waiting, outbox.backlog().dead) == (1, 0)
    outbox.failed(take(outbox)[0], "gone", for_good=True)
    assert outbox.backlog().dead == 1
    note()
    outbox.revive(job_id)
    outbox.failed(take(outbox)[0], "timed_out", for_good=True)
    assert [one.acknowledged for one in outbox.dead()] == [None]


def test_a_job_that_kills_its_workers_is_dead_in_the_end(database: Database, outbox: Outbox, clock: FixedClock) -> None:
    put(database, outbox)
    for _ in range(3):
        assert len(take(outbox, 30)) == 1
        later(clock, 30)
    assert take(outbox) == ()
    assert [dead.reason for dead in outbox.dead()] == ["worker_lost"]


@pytest.mark.parametrize("payload", [{"file": "a/b.jpg"}, {"text": "two words"}, {"A": 1}, {"n": 2**53}])
def test_what_could_be_content_does_not_get_into_a_job(
    database: Database, outbox: Outbox, payload: dict[str, str | int]
) -> None:
    with database.writing() as connection, pytest.raises(UnfitJobError):
        outbox.enqueue(connection, KIND, payload)


def test_the_backlog_says_how_far_behind_the_workers_are(database: Database, outbox: Outbox, clock: FixedClock) -> None:
    assert (outbox.backlog().waiting, outbox.backlog().overdue_seconds) == (0, 0)
    put(database, outbox)
    put(database, outbox, after_seconds=3600)
    later(clock, 60)
    assert (outbox.backlog().waiting, outbox.backlog().dead, outbox.backlog().overdue_seconds) == (2, 0, 60)


def test_several_workers_at_once_do_every_job_once(database: Database, outbox: Outbox) -> None:
    put_in = {put(database, outbox, number) for number in range(40)}

    def work() -> list[str]:
        done = []
        while leased := take(outbox, limit=3):
            for job in leased:
                outbox.done(job)
                done.append(job.id)
        return done

    with ThreadPoolExecutor(3) as pool:
        answers = [pool.submit(work) for _ in range(3)]
        done = list(itertools.chain.from_iterable(answer.result(timeout=30) for answer in answers))
    assert sorted(done) == sorted(put_in)


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    waits = {Retries().wait(f"job_{number}", 4).total_seconds() for number in range(50)}
    assert len(waits) > 10
    assert min(waits) >= 40
    assert max(waits) <= 50
