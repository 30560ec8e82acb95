"""Items of a case: what was found, where it lies sealed, and in what circumstances; never the content itself."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType

from safehold.cases.case import CaseId, Subject
from safehold.vocabulary import Action, Finding, Gap, Signal

ItemId = NewType("ItemId", str)
"""``item_`` and 20 lower-case hexadecimal digits, drawn at random."""


class Origin(Enum):
    """What brought an item into a case."""

    GATEWAY = "gateway"
    DATASET = "dataset"
    REPORT = "report"
    EXCHANGE = "exchange"
    HAND = "hand"


class Form(Enum):
    """What an item is to somebody who looks at it."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    LINK = "link"
    FINGERPRINT = "fingerprint"
    """There is nothing to look at: a hash alone."""


class Place(Enum):
    """Where the content of an item lies."""

    HELD = "held"
    """Sealed to the review key in the gateway's held items; `reference` is its id."""
    DATASET = "dataset"
    """In a scanned dataset's source; `reference` is the record's pseudonym, which the run's folder resolves."""
    VAULT = "vault"
    """Sealed to custodians; `reference` is the evidence id."""
    NOWHERE = "nowhere"
    """Nothing was kept."""


class ItemState(Enum):
    """How far one item is."""

    UNDECIDED = "undecided"
    SECOND_REVIEW = "second_review"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Content:
    """Where content lies.

    Attributes:
        place: in which room.
        reference: which one it is there; of what lies nowhere, why not, in a word, or "".
    """

    place: Place
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item that is to be put into a case.

    Attributes:
        origin: what brought it.
        reference: what it is called there, unique with the origin: "CHECK#PLACE", "RUN#PSEUDONYM", a ticket. Putting
            the same one in twice changes nothing.
        form: what it is to somebody who looks.
        role: what it was to the service: an item kind of the gateway ("prompt", "source_image"), "record", "report".
        action: what the policy made of it.
        policy: the policy's label; "" for none.
        findings: what was found.
        gaps: what was not examined.
        signals: its fingerprints, captured before anything transcoded it.
        content: where it lies.
        context: circumstances (prompt, model, session, conversation, accounts' identifiers, times and addresses) as
            JSON, sealed to the review key (`safehold.vault.review`); b"" for none.
        at: when it was met.
    """

    origin: Origin
    reference: str
    form: Form
    role: str
    action: Action
    at: dt.datetime
    policy: str = ""
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
    signals: tuple[Signal, ...] = ()
    content: Content = Content(Place.NOWHERE)
    context: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class CaseItem:
    """An item of a case.

    Attributes:
        id: what it is called.
        case: to which case it belongs.
        number: its place in the case, from 1.
        state: how far it is.
        told: everything that it came with, but for its context, which is read apart.
        subject: whom or what this item came from: a case that equal fingerprints joined holds items of several.
        added_at: when it was put into the case.
    """

    id: ItemId
    case: CaseId
    number: int
    state: ItemState
    told: NewItem
    subject: Subject
    added_at: dt.datetime
