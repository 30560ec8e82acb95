"""Queues: give each waiting case to one person at a time, the most urgent first.

    queues = Queues(home.database, ledger, home.clock)
    claim = queues.next(person, "gateway")          # None: nothing waits for them
    claim = queues.renew(claim)                     # while they work on it
    queues.give_back(claim, "unsure")

A claim ends by itself: whoever loses their connection, or never comes back, keeps nothing from the others. It counts in
the queue that it was made in: once a case was escalated, say, a specialist need not wait for who held it before.
Deciding requires the claim in the transaction of the decision (:meth:`Queues.finish`), so that nobody decides what has
gone to somebody else meanwhile.
"""

import datetime as dt
import secrets
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.errors import ClaimLostError, UnfitWordError
from safehold.cases.events import Events
from safehold.cases.item import Form
from safehold.cases.queues.claim import Claim, Wellbeing
from safehold.cases.queues.definition import LEASE_SECONDS, QUEUES, QueueDefinition, definition
from safehold.cases.queues.offering import admitted, claimed, declined_in, held_in, not_for_them, offered, require_free
from safehold.cases.queues.stored import (
    FIRST_DECISION,
    GIVEN_BACK,
    claim_of,
    prolong,
    to_claim,
    withhold,
    write_claim,
)
from safehold.cases.queues.tables import case_claims, case_withheld
from safehold.cases.rows import case_row
from safehold.cases.staff import Person
from safehold.home.database import Database
from safehold.ledger import is_fit
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Clock, Event, Seconds

PASSED_SECONDS = Seconds(12 * 3600)
"""How long a case that somebody gave back is not offered to them again: the rest of a working day. Ours."""

_LEASE_BYTES = 16


class Queues:
    """The queues of a home; threads and processes may share them.

    Args:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        queues: their definitions, in order; those that the cases' store has.
        wellbeing: says who is to rest and who opted out of what; None where nobody looks at content.
    """

    def __init__(
        self,
        database: Database,
        ledger: Events,
        clock: Clock,
        *,
        queues: Sequence[QueueDefinition] = QUEUES,
        wellbeing: Wellbeing | None = None,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._queues = tuple(queues)
        self._wellbeing = wellbeing
        self._leases = {one.name: dt.timedelta(seconds=one.lease_seconds) for one in self._queues}

    def definitions(self, person: Person | None = None) -> tuple[QueueDefinition, ...]:
        """Return the queues in order; for a person, those that their roles and their own choice let them work on."""
        if person is None:
            return self._queues
        allowed = [one for one in self._queues if one.admits(person)]
        allowance = None if self._wellbeing is None else self._wellbeing.allowance(person)
        return tuple(one for one in allowed if len(declined_in(allowance, one)) < len(Form))

    def next(self, person: Person, queue: str) -> Claim | None:
        """Give somebody the case of a queue that comes first for them; None where none waits for them.

        Who holds a case of this queue already gets that one again. Left out is what others hold or were given, what
        has a form that this person opted out of, what they decided first, and what they gave back today.

        Raises:
            UnknownQueueError: there is no such queue.
            NotForThemError: their roles do not let them.
            OptedOutError: they chose to be given nothing of it.
            RestDueError: they have seen enough for now.
        """
        wanted = definition(self._queues, queue)
        declined = self._admitted(person, wanted)
        now = self._clock.now()
        with self._database.writing() as connection:
            held = held_in(connection, person.name, queue, now=timestamp(now))
            if held is not None:
                return self._extended(connection, held, now)
            query = offered(person.name, queue, declined, now=timestamp(now))
            case_id = connection.execute(query).scalar()
            return None if case_id is None else self._take(connection, CaseId(case_id), person.name, now=now)

    def claim(self, case_id: CaseId, person: Person) -> Claim:
        """Give somebody a case that they chose; who holds it already gets it again.

        Raises:
            UnknownCaseError: there is none.
            ClaimedError: somebody else holds it, or it was given to somebody else.
            NotForThemError: it waits for nobody, their roles do not let them, or they decided it first.
            OptedOutError: they chose to be given nothing of its queue.
            RestDueError: they have seen enough for now.
        """
        now = self._clock.now()
        with self._database.reading() as connection:
            row = case_row(connection, case_id)
        self._admitted(person, definition(self._queues, row["queue"]))
        with self._database.writing() as connection:
            row = case_row(connection, case_id)
            if not definition(self._queues, row["queue"]).admits(person):
                raise not_for_them("your roles do not let you decide it")
            held = claim_of(connection, case_id)
            if held is not None and held.expires_at > now and held.queue == row["queue"]:
                if held.person != person.name:
                    raise claimed(held.expires_at)
                return self._extended(connection, held, now)
            require_free(connection, row, person.name, now=now)
            return self._take(connection, case_id, person.name, now=now)

    def renew(self, claim: Claim) -> Claim:
        """Hold a case for longer; return the claim as it is then.

        Raises:
            ClaimLostError: its time was over and somebody else got the case, or it was given back.
        """
        with self._database.writing() as connection:
            found = claim_of(connection, claim.case)
            if found is None or found.lease != claim.lease:
                raise _lost()
            return self._extended(connection, found, self._clock.now())

    def give_back(self, claim: Claim, reason: str) -> None:
        """Let somebody else have a case; it is not offered to this person again today.

        Args:
            claim: which.
            reason: why, in one word: "unsure", "too_much"; nobody counts them by person.

        Raises:
            ClaimLostError: it is theirs no more.
            UnfitWordError: the reason is more than a word.
        """
        if not reason or not is_fit(reason):
            raise UnfitWordError("the reason must be one word", advice="For instance: unsure")
        until = timestamp(self._clock.now() + dt.timedelta(seconds=PASSED_SECONDS))
        with self._database.writing() as connection:
            self.finish(connection, claim, is_late_welcome=True)
            withhold(connection, claim.case, claim.person, reason=GIVEN_BACK, until=until)
            self._ledger.append(
                Event("case.given_back", claim.person, "", {"case": claim.case, "reason": reason}), connection
            )

    def require(self, connection: sa.Connection, claim: Claim) -> None:
        """Refuse to go on with a claim that is not held any more; in the transaction of what rests on it.

        Raises:
            ClaimLostError: its time is over, or somebody else has the case.
        """
        found = claim_of(connection, claim.case)
        if found is None or found.lease != claim.lease or found.expires_at <= self._clock.now():
            raise _lost()

    def finish(self, connection: sa.Connection, claim: Claim, *, is_late_welcome: bool = False) -> None:
        """End a claim in the transaction of what was decided under it.

        Args:
            connection: the caller's writing transaction.
            claim: which.
            is_late_welcome: whether it may be over, so long as nobody else has got the case.

        Raises:
            ClaimLostError: it is theirs no more.
        """
        if not is_late_welcome:
            self.require(connection, claim)
        gone = sa.delete(case_claims).where(case_claims.c.case_id == claim.case, case_claims.c.lease == claim.lease)
        if connection.execute(gone).rowcount != 1:
            raise _lost()

    def keep_from(self, connection: sa.Connection, case_id: CaseId, people: Collection[str]) -> None:
        """Give nobody of these a case for a second decision, since the first ones were theirs; all others may have it.

        Repeating it is safe. Who was kept from it before and is not named any more may have it, too.
        """
        gone = sa.delete(case_withheld).where(
            case_withheld.c.case_id == case_id, case_withheld.c.reason == FIRST_DECISION
        )
        connection.execute(gone)
        for person in sorted(people):
            withhold(connection, case_id, person, reason=FIRST_DECISION, until=None)

    def held_by(self, case_id: CaseId) -> Claim | None:
        """Return the claim on a case that is held now; None where nobody holds it."""
        with self._database.reading() as connection:
            found = claim_of(connection, case_id)
        return None if found is None or found.expires_at <= self._clock.now() else found

    def claims(self, person: str | None = None) -> tuple[Claim, ...]:
        """Return the claims that are held now, of everybody or of one person, those that end first at the start."""
        query = sa.select(case_claims).where(case_claims.c.expires_at > timestamp(self._clock.now()))
        if person is not None:
            query = query.where(case_claims.c.person == person)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(case_claims.c.expires_at, case_claims.c.case_id)).mappings().all()
        return tuple(map(to_claim, rows))

    def _admitted(self, person: Person, queue: QueueDefinition) -> frozenset[Form]:
        """Return the forms that somebody opted out of, once it is sure that they may be given cases of a queue."""
        if not queue.admits(person):
            raise not_for_them("your roles do not let you work on this queue")
        return admitted(
            None if self._wellbeing is None else self._wellbeing.allowance(person, self._clock.now()), queue
        )

    def _take(self, connection: sa.Connection, case_id: CaseId, person: str, *, now: dt.datetime) -> Claim:
        row = case_row(connection, case_id)
        expires_at = now + self._lease(row["queue"])
        lease = secrets.token_hex(_LEASE_BYTES)
        taken = Claim(case_id, person, row["queue"], lease, claimed_at=now, expires_at=expires_at)
        write_claim(connection, taken)
        details = {"case": case_id, "queue": row["queue"], "version": row["version"]}
        self._ledger.append(Event("case.claimed", person, "", details), connection)
        return taken

    def _extended(self, connection: sa.Connection, claim: Claim, now: dt.datetime) -> Claim:
        return prolong(connection, claim, max(now + self._lease(claim.queue), claim.expires_at))

    def _lease(self, queue: str) -> dt.timedelta:
        """Return how long a claim in a queue lasts; in one that the rules name no more, as long as usually."""
        return self._leases.get(queue, dt.timedelta(seconds=LEASE_SECONDS))


def _lost() -> ClaimLostError:
    return ClaimLostError(
        "your hold on this case is over", advice="Claim it again; if somebody else has it by now, take another."
    )
