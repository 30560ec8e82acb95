"""Listings: a decided item's fingerprints on their way to the own bank or the allow list, and back."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.cases.case import CaseId
from safehold.cases.decisions.decision import DecisionId
from safehold.cases.item import ItemId
from safehold.cases.paging import place_of
from safehold.ledger.entry import timestamp
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour

ListingId = NewType("ListingId", str)
"""``list_`` and 20 lower-case hexadecimal digits, drawn at random; entries of banks have it as their source id."""


class OwnList(Enum):
    """Which of the installation's own lists."""

    CONFIRMED = "confirmed"
    """What two people confirmed: equal bytes are kept out from then on, near ones held."""
    BENIGN = "benign"
    """What two people found harmless: near matches of these very bytes hold them no longer."""


class ListingState(Enum):
    """How far a listing is."""

    PROPOSED = "proposed"
    """It waits for a second person."""
    APPROVED = "approved"
    """It is about to be listed: within seconds."""
    LISTED = "listed"
    REFUSED = "refused"
    """A second person said no."""
    RELEASING = "releasing"
    """It is about to be taken back."""
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    """Its decision was reversed before anybody approved it."""


@dataclass(frozen=True, slots=True)
class ListedSignal:
    """One fingerprint of a listing.

    Attributes:
        algorithm: what made it.
        value: hexadecimal.
        flavour: for PDQ, which pipeline; else None.
        note: for a frame of a clip, which one it is; else "".
    """

    algorithm: Algorithm
    value: str
    flavour: PdqFlavour | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class SignalListing:
    """A decided item's fingerprints, and how far they are.

    Attributes:
        id: what it is called.
        decision: from which decision it follows.
        case: of which case.
        item: of which item.
        list: for which list.
        harm_class: what its entries are.
        state: how far it is.
        proposed_by: who decided the item.
        proposed_at: when.
        settled_by: who approved, refused or reversed it last; "" while nobody did.
        changed_at: when its state changed last.
        reason: why it was refused or taken back, in one word; else "".
        signals: the fingerprints.
    """

    id: ListingId
    decision: DecisionId
    case: CaseId
    item: ItemId
    list: OwnList
    harm_class: HarmClass
    state: ListingState
    proposed_by: str
    proposed_at: dt.datetime
    settled_by: str
    changed_at: dt.datetime
    reason: str
    signals: tuple[ListedSignal, ...] = ()

    @property
    def place(self) -> str:
        """Return where it stands in lists, by when it was proposed."""
        return place_of(timestamp(self.proposed_at), self.id)
