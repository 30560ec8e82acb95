"""The register of listings: proposed by a decision, approved by a second person, listed, and taken back by a reversal.

What changes a listing's state commits with its event and with the job that carries it out; :mod:`.carrying` does that
job, in transactions of its own. Each change compares the state that was seen: a second click finds nothing to do.
"""

import datetime as dt
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.decisions.decision import DecisionId
from safehold.cases.decisions.errors import UnknownListingError
from safehold.cases.decisions.signals.listing import ListedSignal, ListingId, ListingState, OwnList, SignalListing
from safehold.cases.decisions.tables import case_listing_signals, case_listings
from safehold.cases.item import CaseItem, ItemId
from safehold.cases.paging import behind
from safehold.ledger.entry import timestamp
from safehold.vocabulary import CRYPTOGRAPHIC, Algorithm, HarmClass, PdqFlavour

IN_EFFECT = frozenset({ListingState.APPROVED, ListingState.LISTED})
"""States in which a listing keeps out, or clears, or is about to."""

_ID_BYTES = 10
_ASKED_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision proposes something.

    Attributes:
        decision: which.
        by: who decided.
        at: when.
    """

    decision: DecisionId
    by: str
    at: dt.datetime


def propose(
    connection: sa.Connection,
    proposal: Proposal,
    item: CaseItem,
    signals: Sequence[ListedSignal],
    *,
    harm_class: HarmClass,
) -> ListingId | None:
    """Propose an item's fingerprints for a list, which their class names; None where there are none."""
    if not signals:
        return None
    listing = ListingId(f"list_{secrets.token_hex(_ID_BYTES)}")
    row = {
        "id": listing,
        "decision": proposal.decision,
        "item": item.id,
        "case_id": item.case,
        "list": (OwnList.BENIGN if harm_class is HarmClass.BENIGN else OwnList.CONFIRMED).value,
        "harm_class": harm_class.value,
        "state": ListingState.PROPOSED.value,
        "proposed_by": proposal.by,
        "proposed_at": timestamp(proposal.at),
        "settled_by": "",
        "changed_at": timestamp(proposal.at),
        "reason": "",
    }
    connection.execute(sa.insert(case_listings), row)
    connection.execute(sa.insert(case_listing_signals), [_signal_row(listing, one) for one in signals])
    return listing


def listing_of(connection: sa.Connection, listing: ListingId) -> SignalListing:
    """Return a listing with its fingerprints.

    Raises:
        UnknownListingError: there is none.
    """
    found = listings_where(connection, case_listings.c.id == listing, limit=1)
    if not found:
        raise UnknownListingError("there is no such listing of signals", advice="List what waits for approval.")
    return found[0]


def listings_where(
    connection: sa.Connection,
    *where: sa.ColumnElement[bool],
    limit: int,
    after: str = "",
    is_newest_first: bool = False,
) -> tuple[SignalListing, ...]:
    """Return listings with their fingerprints, the oldest proposal first, or the newest.

    Args:
        connection: to read with.
        where: what they fulfil.
        limit: how many at most.
        after: only those behind this place (:attr:`SignalListing.place`).
        is_newest_first: whether the newest proposal comes first.
    """
    order = (case_listings.c.proposed_at, case_listings.c.id)
    told = [one.desc() for one in order] if is_newest_first else order
    query = sa.select(case_listings).where(*where, behind(after, order, is_descending=is_newest_first)).order_by(*told)
    rows = connection.execute(query.limit(limit)).mappings().all()
    signals = _signals_of(connection, [row["id"] for row in rows])
    return tuple(_to_listing(row, tuple(signals[row["id"]])) for row in rows)


def move(
    connection: sa.Connection,
    listing: SignalListing,
    to: ListingState,
    *,
    by: str,
    at: dt.datetime,
    reason: str = "",
) -> bool:
    """Take a listing from the state in which it was seen to another one; return whether it was still in that."""
    values = {"state": to.value, "settled_by": by, "changed_at": timestamp(at), "reason": reason}
    seen = (case_listings.c.id == listing.id, case_listings.c.state == listing.state.value)
    return connection.execute(sa.update(case_listings).where(*seen).values(values)).rowcount == 1


def with_equal_bytes(
    connection: sa.Connection, signals: Sequence[ListedSignal], own: OwnList, states: frozenset[ListingState]
) -> tuple[SignalListing, ...]:
    """Return the listings on a list that have one of these cryptographic fingerprints, in one of these states."""
    values = sorted({one.value for one in signals if one.algorithm in CRYPTOGRAPHIC})
    same = sa.select(case_listing_signals.c.listing).where(
        case_listing_signals.c.value.in_(values),
        case_listing_signals.c.algorithm.in_([one.value for one in CRYPTOGRAPHIC]),
    )
    where = (
        case_listings.c.list == own.value,
        case_listings.c.state.in_([one.value for one in states]),
        case_listings.c.id.in_(same),
    )
    return listings_where(connection, *where, limit=_ASKED_AT_ONCE)


def _signals_of(connection: sa.Connection, listings: Sequence[str]) -> dict[str, list[ListedSignal]]:
    found: dict[str, list[ListedSignal]] = defaultdict(list)
    columns = case_listing_signals.c
    for start in range(0, len(listings), _ASKED_AT_ONCE):
        some = columns.listing.in_(listings[start : start + _ASKED_AT_ONCE])
        query = sa.select(case_listing_signals).where(some).order_by(columns.algorithm, columns.value)
        for row in connection.execute(query).mappings():
            flavour = PdqFlavour(row["flavour"]) if row["flavour"] else None
            found[row["listing"]].append(ListedSignal(Algorithm(row["algorithm"]), row["value"], flavour, row["note"]))
    return found


def _signal_row(listing: ListingId, signal: ListedSignal) -> dict[str, Any]:
    return {
        "listing": listing,
        "algorithm": signal.algorithm.value,
        "value": signal.value,
        "flavour": "" if signal.flavour is None else signal.flavour.value,
        "note": signal.note,
    }


def _to_listing(row: sa.RowMapping, signals: tuple[ListedSignal, ...]) -> SignalListing:
    return SignalListing(
        id=ListingId(row["id"]),
        decision=DecisionId(row["decision"]),
        case=CaseId(row["case_id"]),
        item=ItemId(row["item"]),
        list=OwnList(row["list"]),
        harm_class=HarmClass(row["harm_class"]),
        state=ListingState(row["state"]),
        proposed_by=row["proposed_by"],
        proposed_at=dt.datetime.fromisoformat(row["proposed_at"]),
        settled_by=row["settled_by"],
        changed_at=dt.datetime.fromisoformat(row["changed_at"]),
        reason=row["reason"],
        signals=signals,
    )
