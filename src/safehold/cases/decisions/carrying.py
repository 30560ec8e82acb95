"""Carrying out: what follows from decisions, job by job, outside of their transactions, and safe to repeat.

A worker, and whoever has just decided, approved or reversed, calls :meth:`Carrier.settle`. What fails is tried again by
the outbox's plan; what was killed halfway is done again from its start.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa

from safehold.cases.decisions.consequence import FOLLOW, UNDO, Consequence, kind_of
from safehold.cases.decisions.decision import SYSTEM, Decided, DecisionId, Undoing, Undone
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import StillFollowedError
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.reversing import PARTIES, RELEASE, REST, Reversing, reopen_dependents
from safehold.cases.decisions.signals.approving import LIST
from safehold.cases.decisions.signals.listing import ListingId, ListingState, SignalListing
from safehold.cases.decisions.signals.register import listing_of, move
from safehold.cases.decisions.stored import decision_of
from safehold.cases.decisions.undoings import keep_outcomes
from safehold.home.database import Database
from safehold.home.errors import LeaseLostError
from safehold.home.outbox import Job, Outbox
from safehold.home.outbox.tables import jobs
from safehold.vocabulary import Clock, Event

AUTOMATIC = "case.decide_automatically"
"""Decide a case's items that a trusted list settles; whoever puts such items into a case may put this in with them."""

QUICK = frozenset({LIST, RELEASE})
"""What changes the own lists: it takes milliseconds, however many items were decided."""

_LEASE_SECONDS = 300.0
"""A party looks at each item of a decision: at a hundred thousand of them, for minutes."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """Does the jobs.

    Attributes:
        database: of the home.
        clock: where the time comes from.
        desk: what decisions are made with.
        outbox: where jobs are.
        decide_automatically: decides what a trusted list settles in a case.
    """

    database: Database
    clock: Clock
    desk: Desk
    outbox: Outbox
    decide_automatically: Callable[[str], object]

    def settle(self, limit: int, *, only: frozenset[str] | None = None) -> int:
        """Do jobs that are due, of all kinds or of some only, and return how many were done."""
        works = {kind: work for kind, work in self._works().items() if only is None or kind in only}
        done = 0
        for job in self.outbox.lease(works.keys(), _LEASE_SECONDS, limit=limit):
            done += self._carry(job, works[job.kind])
        return done

    def _works(self) -> Mapping[str, Callable[[Job], None]]:
        works: dict[str, Callable[[Job], None]] = {
            LIST: self._list,
            RELEASE: self._release,
            REST: self._reopen,
            AUTOMATIC: lambda job: _nothing(self.decide_automatically(str(job.payload["case"]))),
        }
        for party in self.desk.consequences:
            works[kind_of(FOLLOW, party)] = _bound(self._follow, party)
            works[kind_of(UNDO, party)] = _bound(self._undo, party)
        return works

    def _carry(self, job: Job, work: Callable[[Job], None]) -> bool:
        try:
            work(job)
        except Exception as error:  # noqa: BLE001 - the worker loop: one job that fails buries no other, nor what was decided
            self._failed(job, error)
            return False
        try:
            self.outbox.done(job)
        except LeaseLostError:
            return False  # it took too long: another worker does it once more, which changes nothing
        return True

    def _failed(self, job: Job, error: Exception) -> None:
        try:
            self.outbox.failed(job, type(error).__name__)
        except LeaseLostError:
            return  # another worker has it by now

    def _list(self, job: Job) -> None:
        listing = self._listing(job)
        if listing.state is not ListingState.APPROVED:
            return
        self.desk.lists.list(listing)
        self._moved(listing, ListingState.LISTED, "signals.listed")

    def _release(self, job: Job) -> None:
        listing = self._listing(job)
        if listing.state is not ListingState.RELEASING:
            return
        self.desk.lists.release(listing)
        self._moved(listing, ListingState.RELEASED, "signals.released")

    def _moved(self, listing: SignalListing, to: ListingState, kind: str) -> None:
        """Say that a listing's bank was changed; where it was reversed meanwhile, the job for that undoes it."""
        now = self.clock.now()
        with self.database.writing() as connection:
            if not move(connection, listing, to, by=listing.settled_by, at=now, reason=listing.reason):
                return
            told = {"listing": listing.id, "decision": listing.decision, "list": listing.list.value}
            self.desk.ledger.append(Event(kind, SYSTEM, self.desk.rules.label, told), connection)
            if to is ListingState.RELEASED:
                self._note_released(connection, listing, now)

    def _note_released(self, connection: sa.Connection, listing: SignalListing, now: dt.datetime) -> None:
        """Keep what became of it, and see to decisions that rest on it."""
        undone = Undone(listing.id, Undoing.UNDONE, party=PARTIES[listing.list])
        keep_outcomes(connection, listing.decision, PARTIES[listing.list], [undone], at=now)
        self.outbox.enqueue(connection, REST, {"listing": listing.id})

    def _listing(self, job: Job) -> SignalListing:
        with self.database.reading() as connection:
            return listing_of(connection, ListingId(str(job.payload["listing"])))

    def _reopen(self, job: Job) -> None:
        using = Reversing(self.desk, self.outbox)
        reopen_dependents(self.database, using, self.clock, ListingId(str(job.payload["listing"])))

    def _follow(self, job: Job, party: Consequence) -> None:
        decided = self._decided(job)
        if decided.reversal is None and decided.standing:
            party.follow(decided)

    def _undo(self, job: Job, party: Consequence) -> None:
        decided = self._decided(job)
        self._require_followed(decided.id, party)
        outcomes = party.undo(decided)
        now = self.clock.now()
        with self.database.writing() as connection:
            if not keep_outcomes(connection, decided.id, party.name, outcomes, at=now):
                return
            counts = {one.value: sum(found.outcome is one for found in outcomes) for one in Undoing}
            told: dict[str, str | int | bool] = {"decision": decided.id, "party": party.name, **counts}
            self.desk.ledger.append(Event("decision.undone", SYSTEM, self.desk.rules.label, told), connection)

    def _require_followed(self, decision: DecisionId, party: Consequence) -> None:
        """Wait with undoing while another worker may still do what is to be undone."""
        query = sa.select(jobs.c.payload).where(jobs.c.kind == kind_of(FOLLOW, party), jobs.c.state == "waiting")
        with self.database.reading() as connection:
            if any(payload.get("decision") == decision for payload in connection.execute(query).scalars()):
                raise StillFollowedError("what followed is still being done", advice="It is undone after that.")

    def _decided(self, job: Job) -> Decided:
        """Return a decision as others may act on it: without golden items."""
        with self.database.reading() as connection:
            decided = decision_of(connection, DecisionId(str(job.payload["decision"])))
            goldens = golden_among(connection, [one.item for one in decided.items])
        return replace(decided, items=tuple(one for one in decided.items if one.item not in goldens))


def _bound(work: Callable[[Job, Consequence], None], party: Consequence) -> Callable[[Job], None]:
    return lambda job: work(job, party)


def _nothing(_: object) -> None:
    return None
