"""Reports: what is submitted, what the reporter gets, what the people who decide see."""

import datetime as dt
from dataclasses import dataclass, field
from enum import Enum

from safehold.vocabulary import Algorithm


class Kind(Enum):
    """What is asked for: a look at something, or the removal of an intimate picture within 48 hours."""

    NOTICE = "notice"
    TAKE_DOWN = "take_down"


class Category(Enum):
    """What a report is about, in words that people use; what it is in law is for those who decide."""

    IMAGE_OF_CHILD = "image_of_child"
    TEXT_ABOUT_CHILD = "text_about_child"
    IMAGE_OF_ME = "image_of_me"
    CONTACT_WITH_CHILD = "contact_with_child"
    HARMFUL_MODEL = "harmful_model"
    OTHER = "other"


class Target(Enum):
    """What a reference names."""

    GENERATION = "generation"
    PROMPT = "prompt"
    MODEL = "model"
    ACCOUNT = "account"
    ADDRESS = "address"


class Role(Enum):
    """Who reports, as they say: the depicted person, somebody acting for them, anybody else."""

    DEPICTED = "depicted"
    REPRESENTATIVE = "representative"
    ANYBODY = "anybody"


class Status(Enum):
    """How far a report is."""

    RECEIVED = "received"
    IN_REVIEW = "in_review"
    ACTED = "acted"
    NO_ACTION = "no_action"

    @property
    def is_closed(self) -> bool:
        """Return whether people have decided."""
        return self in {Status.ACTED, Status.NO_ACTION}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A fingerprint that the reporter's own device computed; the file stays there.

    Attributes:
        algorithm: of the value.
        value: hexadecimal, lower case.
    """

    algorithm: Algorithm
    value: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What somebody reports.

    Attributes:
        category: what it is about.
        target: what the reference names.
        reference: which one: an id that the service shows, or an address; never the material.
        kind: what is asked for.
        role: who reports.
        note: in their own words.
        contact: how to answer them; "" for not at all.
        signature: the name typed as a signature, for a request to take down.
        is_good_faith: whether they state that the picture is there without consent and that they believe this.
        fingerprints: of the picture.
        locale: BCP 47.
        country: ISO 3166-1 alpha-2.
    """

    category: Category
    target: Target
    reference: str = field(repr=False)
    kind: Kind = Kind.NOTICE
    role: Role = Role.ANYBODY
    note: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    signature: str = field(default="", repr=False)
    is_good_faith: bool = False
    fingerprints: tuple[Fingerprint, ...] = ()
    locale: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a report comes from.

    Attributes:
        actor: "anonymous", or the name of the API key that hands it in.
        source: the network address that counts against the limits; "" where a key answers for its own.
        is_trusted: whether the key is a trusted flagger's.
    """

    actor: str = "anonymous"
    source: str = field(default="", repr=False)
    is_trusted: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter gets.

    Attributes:
        ticket: to name the report to people.
        token: to ask for its status; shown once, kept as a digest.
        received_at: when, aware, UTC.
        due_at: when a request to take down must have been decided; None for a notice.
    """

    ticket: str
    token: str = field(repr=False)
    received_at: dt.datetime
    due_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it is kept, without what is sealed.

    Attributes:
        ticket, kind, category, target, locale, country, actor: as received.
        reference: an id of ours in plain; anything else as a keyed digest, equal for equal references.
        status: how far it is.
        received_at, status_at: when, aware, UTC.
        due_at: when it must have been decided; None for a notice.
        is_trusted: whether a trusted flagger sent it.
        is_representative: whether somebody acts for the depicted person.
        has_sealed_note: whether there is more, sealed to the review key.
        fingerprints: how many came with it.
        holding: "none", "pending" (not in the bank yet), "held", "releasing" or "released".
    """

    ticket: str
    kind: Kind
    category: Category
    target: Target
    reference: str
    locale: str
    country: str
    actor: str
    status: Status
    received_at: dt.datetime
    status_at: dt.datetime
    due_at: dt.datetime | None
    is_trusted: bool
    is_representative: bool
    has_sealed_note: bool
    fingerprints: int
    holding: str

    def is_overdue(self, now: dt.datetime) -> bool:
        """Return whether nobody has decided in time."""
        return self.due_at is not None and not self.status.is_closed and now > self.due_at
