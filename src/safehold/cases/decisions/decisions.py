"""Decisions on cases: decide, decide again, decide without people, approve, reverse; and what follows, carried out.

    decisions = Decisions(home.database, home.clock, desk)
    claim = queues.next(person, "gateway")
    decision = decisions.decide(person, claim.case, [ItemDecision(item, Decision.CONFIRM, axes)], seen=3, claim=claim)
    decisions.approve_signals(another, [one.id for one in decisions.proposals()])     # keeps it out within seconds
    decisions.reverse(lead, decision, "mistaken")                                     # and takes all of it back

Whatever is decided commits in one transaction with its event. What follows is done right after it, or soon by a worker
(:meth:`Decisions.settle`): where it takes long, or this process does not live to do it.
"""

import datetime as dt
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.decisions.carrying import QUICK, Carrier
from safehold.cases.decisions.decision import (
    Decided,
    DecisionId,
    ItemDecision,
    Reversal,
    Standing,
    Undone,
)
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import NotAllowedError, OwnWorkError, UnfitDecisionError
from safehold.cases.decisions.making.automatic import Making, decide_case
from safehold.cases.decisions.making.naming import has_more, named_groups
from safehold.cases.decisions.making.recording import Deciding, record
from safehold.cases.decisions.quality.counting import QueueAgreement, agreement_by_queue
from safehold.cases.decisions.quality.golden import GoldenAnswer, Guise, Placing, place, settled_answer
from safehold.cases.decisions.reversing import Reversing, reverse
from safehold.cases.decisions.signals.approving import Approval, approve, require_other, settle
from safehold.cases.decisions.signals.approving import waiting as waiting_listing
from safehold.cases.decisions.signals.listing import ListingId, ListingState, OwnList, SignalListing
from safehold.cases.decisions.signals.register import listings_where
from safehold.cases.decisions.stored import decision_of, decisions_where, new_decision_id, settled_among
from safehold.cases.decisions.tables import case_decisions, case_listings
from safehold.cases.decisions.undoings import outcomes_of
from safehold.cases.item import ItemId, NewItem
from safehold.cases.queues import Claim
from safehold.cases.staff import Ability, Person
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.ledger import is_fit
from safehold.vocabulary import Clock, SafeholdError

_JOBS = 16
_AT_ONCE = 20
"""Of more items than this nobody waits for what follows; a worker does it a second later. Ours."""


class Decisions:
    """The decisions of a home; threads and processes may share them.

    Args:
        database: of the home.
        clock: where the time comes from.
        desk: what decisions are made with.
    """

    def __init__(self, database: Database, clock: Clock, desk: Desk) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._outbox = Outbox(database, clock)
        self._carrier = Carrier(
            database, clock, desk, self._outbox, lambda case: self.decide_automatically(CaseId(case))
        )

    def decide(
        self, person: Person, case_id: CaseId, items: Sequence[ItemDecision], *, seen: int, claim: Claim
    ) -> DecisionId:
        """Decide items of a case, and everything in it that is identical to them; return what the decision is called.

        Args:
            person: who decides.
            case_id: of which case.
            items: what they say of which items; at least one, each once.
            seen: the version of the case that they looked at.
            claim: their hold on the case; it ends with the last item that waits for them.

        Raises:
            UnfitDecisionError: something is missing, or can't be meant.
            NotAllowedError: their roles don't let them decide this, or say all of it.
            OwnWorkError: they decided an item before, and somebody else is to look now.
            AlreadyDecidedError: an item is decided.
            UnknownCaseError, UnknownItemError: there is no such case, or an item is not in it.
            CaseOvertakenError, ClaimLostError: somebody else changed the case, or has it by now; nothing was decided.
        """
        if not items or len({one.item for one in items}) < len(items):
            raise UnfitDecisionError("each item is decided once, and at least one", advice="Name each item once.")
        if claim.case != case_id or claim.person != person.name:
            raise NotAllowedError("this hold is on another case, or another person's", advice="Claim the case first.")
        now = self._clock.now()
        with self._database.reading() as connection:  # thousands may be alike: nobody who writes waits for that
            case = self._desk.cases.show(case_id, connection)
            groups = named_groups(connection, person, case, items, desk=self._desk)
        deciding = Deciding(new_decision_id(), case, person.name, now, seen)
        with self._database.writing() as connection:  # what was read still holds while the version is the one seen
            self._desk.queues.require(connection, claim)
            decided = record(connection, deciding, groups, desk=self._desk, outbox=self._outbox)
            self._let_go(connection, decided, claim)
        self._carry_out(len(decided.items))
        return decided.id

    def decide_automatically(self, case_id: CaseId) -> tuple[DecisionId, ...]:
        """Confirm what a cryptographic hash on a trusted list settles, with nobody looking; return the decisions.

        Repeating it is safe: what is decided, or was once reversed, is left alone. What follows is carried out later.
        """
        return decide_case(case_id, Making(self._database, self._clock, self._desk, self._outbox))

    def reverse(self, person: Person, decision: DecisionId, reason: str) -> int:
        """Take a decision back, with everything that followed as far as it can be; return how many items wait again.

        Args:
            person: who takes it back; not who decided.
            decision: which.
            reason: why, in one word.

        Raises:
            NotAllowedError: their roles don't let them.
            OwnWorkError: they decided it themselves.
            UnfitDecisionError: the reason is none, or more than a word.
            UnknownDecisionError, NothingToReverseError: there is none, or it decides nothing any more.
        """
        self._require(person, Ability.REVERSE)
        _require_word(reason)
        with self._database.writing() as connection:
            decided = decision_of(connection, decision)
            if decided.person == person.name and not self._desk.rules.single_operator:
                raise OwnWorkError("nobody reverses what they decided themselves", advice="Ask another lead.")
            reversal = Reversal(person.name, self._clock.now(), reason)
            opened = reverse(connection, decided, reversal, using=self._reversing)
        self._carry_out(opened)
        return opened

    def approve_signals(self, person: Person, listings: Sequence[ListingId]) -> None:
        """Let fingerprints onto the own bank or the allow list, as the second of four eyes: all of these, or none.

        Raises:
            NotAllowedError: their roles don't let them.
            OwnWorkError: they said something of an item themselves.
            ContradictionError: the same bytes are confirmed, or wait to be, and can't be allowed.
            UnknownListingError: there is no such listing, or it does not wait.
        """
        self._require(person, Ability.APPROVE_SIGNALS)
        approval = Approval(person, self._clock.now())
        with self._database.writing() as connection:
            for listing in listings:
                approve(connection, listing, approval, using=self._reversing)
        self._carry_out()

    def refuse_signals(self, person: Person, listings: Sequence[ListingId], reason: str) -> None:
        """Keep fingerprints off a list; the decision stands. Errors as for :meth:`approve_signals`.

        Raises:
            UnfitDecisionError: the reason is none, or more than a word.
        """
        self._require(person, Ability.APPROVE_SIGNALS)
        _require_word(reason)
        approval = Approval(person, self._clock.now())
        with self._database.writing() as connection:
            for listing in listings:
                found = waiting_listing(connection, listing)
                require_other(connection, found, person, is_alone=self._desk.rules.single_operator)
                settle(connection, found, ListingState.REFUSED, approval, using=self._reversing, reason=reason)

    def place_golden(
        self,
        person: Person,
        item: NewItem,
        answer: GoldenAnswer,
        *,
        guise: Guise | None = None,
        connection: sa.Connection | None = None,
    ) -> CaseId:
        """Put an item among the others whose answer is known; return its case.

        Args:
            person: who places it.
            item: what is shown, with a reference like any other's.
            answer: what is known of it.
            guise: in what case it waits; by default in that of an account that nobody has.
            connection: the caller's writing transaction.

        Raises:
            NotAllowedError: their roles don't let them.
        """
        self._require(person, Ability.ASSIGN)
        placing, seen = Placing(self._desk, person.name, self._clock.now()), guise or Guise()
        with self._database.writing() if connection is None else nullcontext(connection) as joined:
            return place(joined, item, answer, guise=seen, placing=placing)

    def known_answer(self, item: ItemId) -> GoldenAnswer:
        """Return what two people, or a trusted list, decided of an item.

        Raises:
            UnfitDecisionError: its answer is not known.
        """
        with self._database.reading() as connection:
            return settled_answer(connection, item)

    def show(self, decision: DecisionId) -> Decided:
        """Return a decision.

        Raises:
            UnknownDecisionError: there is none.
        """
        with self._database.reading() as connection:
            return decision_of(connection, decision)

    def of_case(self, case_id: CaseId, reader: Person | None = None) -> tuple[Decided, ...]:
        """Return a case's decisions, the oldest first: all of them, or as somebody may read them.

        For a reader identical items are left out but for the one that was named, since there may be thousands. What
        somebody else said of an item that a further person is to decide is left out for everybody who could be
        that person, so that they decide for themselves.
        """
        with self._database.reading() as connection:
            found = decisions_where(connection, case_decisions.c.case_id == case_id, with_alike=reader is None)
            if reader is None or not reader.can(Ability.SECOND_REVIEW):
                return found
            passed_on = {one.item for decided in found for one in decided.items if one.standing is Standing.PASSED_ON}
            waiting = passed_on - settled_among(connection, passed_on)
        return tuple(_without(one, waiting) if one.person != reader.name else one for one in found)

    def outcomes(self, decision: DecisionId) -> tuple[Undone, ...]:
        """Return what became of what followed from a reversed decision: undone, still pending, or standing, and why."""
        with self._database.reading() as connection:
            return outcomes_of(connection, decision)

    def proposals(
        self,
        *,
        states: frozenset[ListingState] = frozenset({ListingState.PROPOSED}),
        own: OwnList | None = None,
        case_id: CaseId | None = None,
        after: str = "",
        is_newest_first: bool = False,
        limit: int = 100,
    ) -> tuple[SignalListing, ...]:
        """Return listings in these states, those that wait for approval where none are named; the oldest first.

        Args:
            states: which.
            own: of which list; None for either.
            case_id: of which case; None for any.
            after: only those behind this place (:attr:`SignalListing.place`).
            is_newest_first: whether the newest comes first.
            limit: how many at most.
        """
        where: list[sa.ColumnElement[bool]] = [case_listings.c.state.in_([one.value for one in states])]
        if own is not None:
            where.append(case_listings.c.list == own.value)
        if case_id is not None:
            where.append(case_listings.c.case_id == case_id)
        with self._database.reading() as connection:
            return listings_where(connection, *where, limit=limit, after=after, is_newest_first=is_newest_first)

    def agreement(self, *, since: dt.datetime | None = None) -> tuple[QueueAgreement, ...]:
        """Return how well each queue decides, in decisions since a time; never of persons, nor of very few of them."""
        with self._database.reading() as connection:
            return agreement_by_queue(connection, self._desk.rules.review, since=since)

    def settle(self, limit: int = _JOBS) -> int:
        """Carry out what follows from decisions and is due; return how many jobs were done. A worker calls it often."""
        return self._carrier.settle(limit)

    @property
    def _reversing(self) -> Reversing:
        return Reversing(self._desk, self._outbox)

    def _require(self, person: Person, ability: Ability) -> None:
        if not person.can(ability):
            raise NotAllowedError("your roles don't let you do this", advice="Ask somebody whose roles do.")

    def _carry_out(self, items: int | None = None) -> None:
        """Do at once what follows from what was just committed; a worker does what can't be done now.

        Args:
            items: how many items it is about; None where nothing but the own lists change.
        """
        try:
            self._carrier.settle(_JOBS, only=None if items is not None and items <= _AT_ONCE else QUICK)
        except SafeholdError:
            return

    def _let_go(self, connection: sa.Connection, decided: Decided, claim: Claim) -> None:
        """End a claim once nothing of the case waits for this person where they took it from."""
        queue = self._desk.cases.show(decided.case, connection).queue
        if queue != claim.queue or not has_more(connection, decided.case, decided.person):
            self._desk.queues.finish(connection, claim)


def _without(decided: Decided, items: set[ItemId]) -> Decided:
    return replace(decided, items=tuple(one for one in decided.items if one.item not in items))


def _require_word(reason: str) -> None:
    if not reason or not is_fit(reason):
        raise UnfitDecisionError("a reason is one word", advice="The ledger keeps no sentences; say: mistaken")
