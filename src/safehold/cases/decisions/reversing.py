"""Reversing: a decision is taken back, its items wait again, and everything that followed from it is undone, visibly.

In the reversal's transaction: the decision is marked; its items, with all that was said of them, are open again; what
was proposed is withdrawn; jobs are put in that take bank entries back and have every other party undo what is its own.
What rests on entries of the own bank is reopened once these are gone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.decisions.consequence import UNDO, kind_of
from safehold.cases.decisions.decision import SYSTEM, Decided, DecisionId, Reversal, Standing
from safehold.cases.decisions.desk import Desk
from safehold.cases.decisions.errors import NothingToReverseError
from safehold.cases.decisions.signals.listing import ListingId, ListingState, OwnList, SignalListing
from safehold.cases.decisions.signals.register import IN_EFFECT, listings_where, move
from safehold.cases.decisions.stored import decision_of, kept_from, mark_reversed, reverse_items, settled_among
from safehold.cases.decisions.tables import case_item_decisions, case_listings
from safehold.cases.decisions.undoings import expect
from safehold.cases.item import ItemId, ItemState
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.vocabulary import Clock, Event

REST = "decision.rest"
RESTS_ON_REVERSED = "rests_on_reversed"
RELEASE = "signals.release"
PARTIES = {OwnList.CONFIRMED: "own_bank", OwnList.BENIGN: "allow_list"}

_MOST_LISTINGS = 10_000


@dataclass(frozen=True, slots=True)
class Reversing:
    """What a decision is reversed with.

    Attributes:
        desk: what decisions are made with.
        outbox: takes the jobs.
    """

    desk: Desk
    outbox: Outbox


def reverse(connection: sa.Connection, decided: Decided, reversal: Reversal, *, using: Reversing) -> int:
    """Take a decision back; return how many items wait again.

    Raises:
        NothingToReverseError: it was taken back before, or others have decided all of its items since.
        CaseOvertakenError: the case was changed in the meantime.
    """
    opened = _still_decided(connection, decided)
    if not opened or not mark_reversed(connection, decided.id, reversal):
        raise NothingToReverseError(
            "this decision was reversed, or later ones decide its items", advice="See the case's decisions."
        )
    reverse_items(connection, opened)
    states = dict.fromkeys(opened, ItemState.UNDECIDED)
    using.desk.cases.mark_items(connection, decided.case, states, seen=None, actor=reversal.by)
    if not using.desk.rules.single_operator:
        using.desk.queues.keep_from(connection, decided.case, kept_from(connection, decided.case))
    listings = sum(1 for _ in _taken_back(connection, decided, reversal, using))
    if decided.standing:
        for party in using.desk.consequences:
            using.outbox.enqueue(connection, kind_of(UNDO, party), {"decision": decided.id})
            expect(connection, decided.id, party.name, at=reversal.at)
    told: dict[str, str | int | bool] = {
        "decision": decided.id,
        "case": decided.case,
        "reason": reversal.reason,
        "reopened": len(opened),
        "listings": listings,
    }
    using.desk.ledger.append(Event("decision.reversed", reversal.by, using.desk.rules.label, told), connection)
    return len(opened)


def take_back(connection: sa.Connection, listing: SignalListing, reversal: Reversal, *, using: Reversing) -> bool:
    """Have a listing taken back, or withdraw it where nobody approved it yet; return whether that was to be done."""
    is_waiting = listing.state is ListingState.PROPOSED
    to = ListingState.WITHDRAWN if is_waiting else ListingState.RELEASING
    if not is_waiting and listing.state not in IN_EFFECT:
        return False
    if not move(connection, listing, to, by=reversal.by, at=reversal.at, reason=reversal.reason):
        return False
    if not is_waiting:
        using.outbox.enqueue(connection, RELEASE, {"listing": listing.id})
        expect(connection, listing.decision, PARTIES[listing.list], reference=listing.id, at=reversal.at)
    told = {"listing": listing.id, "decision": listing.decision, "reason": reversal.reason}
    using.desk.ledger.append(Event("signals.taken_back", reversal.by, using.desk.rules.label, told), connection)
    return True


def reopen_dependents(database: Database, using: Reversing, clock: Clock, listing: ListingId) -> None:
    """Reverse decisions that nobody looked at, and that rest on a listing that is no more; one transaction each."""
    columns = case_item_decisions.c
    resting = sa.select(columns.decision).where(
        columns.rests_on == listing, columns.standing != Standing.REVERSED.value
    )
    with database.reading() as connection:
        found = list(connection.execute(resting.distinct()).scalars())
    for decision in found:
        with database.writing() as connection:
            decided = decision_of(connection, DecisionId(decision))
            if decided.reversal is None:
                reversal = Reversal(SYSTEM, clock.now(), RESTS_ON_REVERSED)
                reverse(connection, decided, reversal, using=using)


def _still_decided(connection: sa.Connection, decided: Decided) -> list[ItemId]:
    """Return the items that this decision decides, or has passed on to somebody who has not decided yet."""
    settled = settled_among(connection, [one.item for one in decided.items if one.standing is Standing.PASSED_ON])
    return [
        one.item
        for one in decided.items
        if one.standing is Standing.STANDS or (one.standing is Standing.PASSED_ON and one.item not in settled)
    ]


def _taken_back(
    connection: sa.Connection, decided: Decided, reversal: Reversal, using: Reversing
) -> Iterator[SignalListing]:
    mine = listings_where(connection, case_listings.c.decision == decided.id, limit=_MOST_LISTINGS)
    for listing in mine:
        if take_back(connection, listing, reversal, using=using):
            yield listing
