"""The outbox in the database of a home.

outbox = Outbox(home.database, home.clock)
with home.database.writing() as connection:
    ...                                                              # the decision
    outbox.enqueue(connection, "webhook.deliver", {"check": "chk_1"})       # and what follows from it: both or neither

for job in outbox.lease({"webhook.deliver"}, for_seconds=60):
    ...                                                              # the effect, under job.id
    outbox.done(job)
"""

import datetime as dt
import secrets
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.home.database import Database
from safehold.home.errors import LeaseLostError, UnknownJobError
from safehold.home.outbox.job import Acknowledged, DeadJob, Job, Payload, Retries, require_fit
from safehold.home.outbox.tables import jobs
from safehold.vocabulary import Clock

_WAITING = "waiting"
_DEAD = "dead"
_NOT_NOTED = {"acknowledged_at": None, "acknowledged_by": None, "acknowledged_reason": None}
_DIED_WITH_ITS_WORKER = "worker_lost"
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Backlog:
    """How far behind the workers are.

    Attributes:
        waiting: jobs that are not done, those that are leased or not yet due as well.
        dead: jobs that are tried no more, but for those that somebody took note of.
        overdue_seconds: how long the longest waiting one has been due; 0 where none is.
    """

    waiting: int
    dead: int
    overdue_seconds: float


class Outbox:
    """Jobs that outlive a process.

    Args:
        database: of a home.
        clock: where the time comes from.
        retries: when a failed job is tried again, and how often.
    """

    def __init__(self, database: Database, clock: Clock, *, retries: Retries | None = None) -> None:
        self._database = database
        self._clock = clock
        self._retries = retries or Retries()

    def enqueue(
        self, connection: sa.Connection, kind: str, payload: Payload, *, not_before: dt.datetime | None = None
    ) -> str:
        """Put a job in and return its id.

        Args:
            connection: the caller's *writing* transaction, so that the job and what it follows from commit together.
            kind: what is to be done.
            payload: ids, digests, counts and words only.
            not_before: when it is due, aware; now where it is not said.

        Raises:
            UnfitJobError: the job could carry content; nothing is put in.
        """
        require_fit(kind, payload)
        job_id, now = f"job_{secrets.token_hex(_ID_BYTES)}", self._clock.now()
        row = {"id": job_id, "kind": kind, "payload": dict(payload), "state": _WAITING, "attempts": 0}
        told = {"due_at": _text(not_before or now), "created_at": _text(now), "lease": "", "reason": ""}
        connection.execute(sa.insert(jobs), {**row, **told})
        return job_id

    def lease(self, kinds: Collection[str], for_seconds: float, *, limit: int = 16) -> tuple[Job, ...]:
        """Take jobs that are due, longest due first; nobody else gets them until they are done, failed, or time is up.

        A job whose worker was lost at its last try is dead, like one that failed so often.

        Args:
            kinds: which kinds this worker does.
            for_seconds: until when the worker has to be done; a worker that is late may do what another does again.
            limit: how many at most.
        """
        now = self._clock.now()
        due = sa.select(jobs).where(jobs.c.state == _WAITING, jobs.c.due_at <= _text(now), jobs.c.kind.in_(kinds))
        with self._database.reading() as connection:
            if connection.execute(due.with_only_columns(jobs.c.id).limit(1)).first() is None:
                return ()  # nothing to do is the usual case, and needs no write lock
        lease, until = secrets.token_hex(_ID_BYTES), _text(now + dt.timedelta(seconds=for_seconds))
        with self._database.writing() as connection:
            self._bury(connection, now, kinds)
            rows = connection.execute(due.order_by(jobs.c.due_at, jobs.c.id).limit(limit)).mappings().all()
            taken = sa.update(jobs).where(jobs.c.id.in_([row["id"] for row in rows]))
            connection.execute(taken.values(lease=lease, due_at=until, attempts=jobs.c.attempts + 1))
        return tuple(
            Job(row["id"], row["kind"], row["payload"], row["attempts"] + 1, row["created_at"], lease) for row in rows
        )

    def done(self, job: Job, connection: sa.Connection | None = None) -> None:
        """Say that a job is done: it is gone, in the caller's *writing* transaction where one is given.

        Raises:
            LeaseLostError: another worker got the job meanwhile; in a transaction of the caller's, let it roll back.
        """
        with self._writing(connection) as joined:
            if joined.execute(sa.delete(jobs).where(*_held(job))).rowcount == 0:
                raise _lost()

    def failed(self, job: Job, reason: str, *, for_good: bool = False) -> bool:
        """Say that a try failed; it is tried again later, or is dead. Return whether it will be tried again.

        Args:
            job: which.
            reason: why, in one word: "timed_out". Never what an answer said.
            for_good: give it up at once: trying again can't help. Whoever took note of an earlier failure knew nothing
                of that: it alarms again.

        Raises:
            LeaseLostError: another worker got the job meanwhile.
        """
        require_fit(job.kind, {"reason": reason})
        now = self._clock.now()
        again = job.attempt < self._retries.attempts and not for_good
        due = now + self._retries.wait(job.id, job.attempt) if again else now
        state = _WAITING if again else _DEAD
        values: dict[str, str | None] = {"state": state, "due_at": _text(due), "lease": "", "reason": reason}
        if for_good:
            values |= _NOT_NOTED
        with self._database.writing() as connection:
            if connection.execute(sa.update(jobs).where(*_held(job)).values(values)).rowcount == 0:
                raise _lost()
        return again

    def put_off(self, job: Job, reason: str, seconds: float) -> None:
        """Say that a job can't be done yet and that nobody is to blame: it waits, and this try does not count.

        Args:
            job: which.
            reason: what it waits for, in one word.
            seconds: until it is due again.

        Raises:
            LeaseLostError: another worker got the job meanwhile.
        """
        require_fit(job.kind, {"reason": reason})
        due = _text(self._clock.now() + dt.timedelta(seconds=seconds))
        values = {"due_at": due, "lease": "", "reason": reason, "attempts": job.attempt - 1}
        with self._database.writing() as connection:
            if connection.execute(sa.update(jobs).where(*_held(job)).values(values)).rowcount == 0:
                raise _lost()

    def dead(self) -> tuple[DeadJob, ...]:
        """Return the jobs that are tried no more, latest first."""
        query = sa.select(jobs).where(jobs.c.state == _DEAD).order_by(jobs.c.due_at.desc(), jobs.c.id)
        with self._database.reading() as connection:
            return tuple(
                DeadJob(
                    row["id"],
                    row["kind"],
                    row["payload"],
                    row["attempts"],
                    reason=row["reason"],
                    created_at=row["created_at"],
                    died_at=row["due_at"],
                    acknowledged=_acknowledged(row),
                )
                for row in connection.execute(query).mappings()
            )

    def revive(self, job_id: str, connection: sa.Connection | None = None, *, is_note_kept: bool = False) -> None:
        """Try a dead job again from now on, as often as a new one; its id stays.

        Args:
            job_id: which.
            connection: the caller's writing transaction, if any.
            is_note_kept: whether who took note of it need not do so again: where nobody asked for it to be tried.

        Raises:
            UnknownJobError: no dead job has this id.
        """
        due = {"state": _WAITING, "due_at": _text(self._clock.now()), "attempts": 0, "reason": ""}
        values = due if is_note_kept else {**due, **_NOT_NOTED}
        with self._writing(connection) as joined:
            found = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == _DEAD)
            if joined.execute(found.values(values)).rowcount == 0:
                raise _unknown()

    def acknowledge(self, connection: sa.Connection, job_id: str, *, by: str, reason: str) -> None:
        """Take note of a dead job: it stays, and alarms nobody any more; again: the later word counts.

        Args:
            connection: the caller's writing transaction, in which the event is.
            job_id: which.
            by: who takes note.
            reason: why that is well, in one word.

        Raises:
            UnknownJobError: no dead job has this id.
            UnfitJobError: the reason is more than a word.
        """
        require_fit("job.acknowledge", {"reason": reason})
        noted = {"acknowledged_at": _text(self._clock.now()), "acknowledged_by": by, "acknowledged_reason": reason}
        found = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == _DEAD)
        if connection.execute(found.values(noted)).rowcount == 0:
            raise _unknown()

    def backlog(self) -> Backlog:
        """Return how far behind the workers are."""
        now = self._clock.now()
        is_counted = sa.or_(jobs.c.state == _WAITING, jobs.c.acknowledged_at.is_(None))
        counted = sa.select(jobs.c.state, sa.func.count()).where(is_counted).group_by(jobs.c.state)
        oldest = sa.select(sa.func.min(jobs.c.due_at)).where(jobs.c.state == _WAITING, jobs.c.due_at <= _text(now))
        with self._database.reading() as connection:
            counts = {row[0]: row[1] for row in connection.execute(counted)}
            due_at = connection.execute(oldest).scalar()
        overdue = 0.0 if due_at is None else (now - dt.datetime.fromisoformat(due_at)).total_seconds()
        return Backlog(counts.get(_WAITING, 0), counts.get(_DEAD, 0), overdue)

    def _bury(self, connection: sa.Connection, now: dt.datetime, kinds: Collection[str]) -> None:
        """Give up the jobs whose last try ended with its worker."""
        spent = sa.update(jobs).where(
            jobs.c.state == _WAITING,
            jobs.c.due_at <= _text(now),
            jobs.c.kind.in_(kinds),
            jobs.c.attempts >= self._retries.attempts,
        )
        connection.execute(spent.values(state=_DEAD, due_at=_text(now), lease="", reason=_DIED_WITH_ITS_WORKER))

    def _writing(self, connection: sa.Connection | None) -> AbstractContextManager[sa.Connection]:
        return self._database.writing() if connection is None else nullcontext(connection)


def _held(job: Job) -> tuple[sa.ColumnElement[bool], ...]:
    return (jobs.c.id == job.id, jobs.c.lease == job.lease, jobs.c.state == _WAITING)


def _acknowledged(row: sa.RowMapping) -> Acknowledged | None:
    at = row["acknowledged_at"]
    return None if at is None else Acknowledged(row["acknowledged_by"], at, row["acknowledged_reason"])


def _unknown() -> UnknownJobError:
    return UnknownJobError("no job that was given up has this id", advice="See: safehold job list")


def _lost() -> LeaseLostError:
    return LeaseLostError(
        "another worker has got this job meanwhile", advice="Give workers longer leases than their work takes."
    )


def _text(moment: dt.datetime) -> str:
    """Return a time as RFC 3339 text in UTC with microseconds, which sorts by time."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
