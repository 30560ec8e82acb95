"""Approving: a second person lets a decided item's fingerprints onto a list of the installation's own, or doesn't.

Whoever said anything of the item is not the one who approves. The same bytes are never on both lists: what waits to be
confirmed or is confirmed can't be allowed, and what is confirmed takes the same bytes off the allow list.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.decisions.decision import Reversal
from safehold.cases.decisions.errors import ContradictionError, OwnWorkError, UnknownListingError
from safehold.cases.decisions.reversing import Reversing, take_back
from safehold.cases.decisions.signals.listing import ListingId, ListingState, OwnList, SignalListing
from safehold.cases.decisions.signals.register import IN_EFFECT, listing_of, move, with_equal_bytes
from safehold.cases.decisions.stored import said_before
from safehold.cases.staff import Person
from safehold.vocabulary import Event

LIST = "signals.list"
CONFIRMED_SINCE = "confirmed_since"
_SPOKEN_FOR = IN_EFFECT | {ListingState.PROPOSED}


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody approves.

    Attributes:
        person: who.
        at: when.
    """

    person: Person
    at: dt.datetime


def approve(connection: sa.Connection, listing: ListingId, approval: Approval, *, using: Reversing) -> None:
    """Approve a listing, and put in the job that lists it.

    Raises:
        UnknownListingError: there is none, or it does not wait for approval.
        OwnWorkError: they said something of the item themselves.
        ContradictionError: the same bytes are confirmed, or wait to be.
    """
    found = waiting(connection, listing)
    require_other(connection, found, approval.person, is_alone=using.desk.rules.single_operator)
    if found.list is OwnList.BENIGN:
        _refuse_confirmed(connection, found)
    else:
        _take_off_allow_list(connection, found, approval, using)
    settle(connection, found, ListingState.APPROVED, approval, using=using)
    using.outbox.enqueue(connection, LIST, {"listing": found.id})


def waiting(connection: sa.Connection, listing: ListingId) -> SignalListing:
    """Return a listing that waits for approval.

    Raises:
        UnknownListingError: there is none, or it does not wait.
    """
    found = listing_of(connection, listing)
    if found.state is not ListingState.PROPOSED:
        raise UnknownListingError(
            f"this listing is {found.state.value}; it doesn't wait for approval", advice="List those that do."
        )
    return found


def settle(
    connection: sa.Connection,
    listing: SignalListing,
    to: ListingState,
    approval: Approval,
    *,
    using: Reversing,
    reason: str = "",
) -> None:
    """Take a listing that waits to what was decided of it, with the event.

    Raises:
        UnknownListingError: somebody else was quicker.
    """
    if not move(connection, listing, to, by=approval.person.name, at=approval.at, reason=reason):
        raise UnknownListingError("somebody settled this listing meanwhile", advice="List those that still wait.")
    told: dict[str, str | int | bool] = {
        "listing": listing.id,
        "decision": listing.decision,
        "case": listing.case,
        "list": listing.list.value,
        "signals": len(listing.signals),
    }
    if reason:
        told["reason"] = reason
    if using.desk.rules.single_operator:
        told["single_operator"] = True
    label = using.desk.rules.label
    using.desk.ledger.append(Event(f"signals.{to.value}", approval.person.name, label, told), connection)


def require_other(connection: sa.Connection, listing: SignalListing, person: Person, *, is_alone: bool) -> None:
    """Refuse somebody who said anything of the item themselves.

    Raises:
        OwnWorkError: they did.
    """
    said = {name for name, _ in said_before(connection, [listing.item])[listing.item]} | {listing.proposed_by}
    if person.name in said and not is_alone:
        raise OwnWorkError("nobody approves what they decided themselves", advice="Ask somebody else to approve it.")


def _refuse_confirmed(connection: sa.Connection, listing: SignalListing) -> None:
    if with_equal_bytes(connection, listing.signals, OwnList.CONFIRMED, _SPOKEN_FOR):
        raise ContradictionError(
            "the same bytes are confirmed, or wait to be", advice="Have one of the two decisions reversed first."
        )


def _take_off_allow_list(
    connection: sa.Connection, listing: SignalListing, approval: Approval, using: Reversing
) -> None:
    reversal = Reversal(approval.person.name, approval.at, CONFIRMED_SINCE)
    same = with_equal_bytes(connection, listing.signals, OwnList.BENIGN, _SPOKEN_FOR)
    for one in same:
        take_back(connection, one, reversal, using=using)
