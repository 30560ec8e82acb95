"""Messages, and the help-lines that they name."""

from dataclasses import dataclass
from enum import Enum


class Audience(Enum):
    """Whom a message is for, in the order in which their sections are shown to somebody of whom nothing is known.

    Who is refused may be worried about themselves or may be a child: the adults' and the young people's services come
    first, next to each other.

    Source: ThroughLine's rule that paired services for adults and for young people are shown together.
    """

    SELF_CONCERN = "self_concern"
    YOUNG_PERSON = "young_person"
    AFFECTED = "affected"
    WITNESS = "witness"


class Basis(Enum):
    """Whose page was read: the service's own, a public authority's, or somebody else's."""

    OWN = "own"
    OFFICIAL = "official"
    SECONDARY = "secondary"


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A service that helps, or takes reports.

    Attributes:
        id: its name in files.
        name: what it calls itself.
        countries: ISO 3166-1 alpha-2 codes; empty for a service that serves every country.
        audiences: whom it serves.
        phone: a number as its source writes it; "" for none.
        text: what to send where, as its source says; "" for none.
        web: an address; "" for none.
        languages: BCP 47 tags of what it is offered in, as far as its source shows.
        is_free, is_anonymous, is_always_open: what its source says of it.
        is_everywhere: whether it is shown beside a country's own services, and not only where there are none.
        for_under_18, for_adults: where it serves only those who were under, or over, 18 in a picture.
        sources: the pages that were read.
        basis: whose pages they are.
        read: the day on which they were read, ISO 8601.
    """

    id: str
    name: str
    countries: frozenset[str]
    audiences: frozenset[Audience]
    phone: str
    text: str
    web: str
    languages: tuple[str, ...]
    is_free: bool
    is_anonymous: bool
    is_always_open: bool
    is_everywhere: bool
    for_under_18: bool
    for_adults: bool
    sources: tuple[str, ...]
    basis: Basis
    read: str

    @property
    def is_confirmed(self) -> bool:
        """Return whether a page of the service itself or of an authority was read."""
        return self.basis is not Basis.SECONDARY


@dataclass(frozen=True, slots=True)
class Section:
    """What is said to one audience.

    Attributes:
        audience: to whom.
        heading: a question or a short line.
        body: one or two sentences.
        help_lines: the country's own first.
    """

    audience: Audience
    heading: str
    body: str
    help_lines: tuple[HelpLine, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What a person is shown.

    Attributes:
        key: which message.
        country: the country whose services are named; "" where they are the international ones alone.
        language: BCP 47 tag of the texts.
        title: one line.
        body: a few sentences.
        sections: help, by audience; none where a message is about a fault of ours and nobody asked for help.
        labels: words for the parts of help-lines ("free", "call").
        is_reviewed: whether somebody signed the texts off; drafts say so.
        version: digest of everything that messages are made of.
    """

    key: str
    country: str
    language: str
    title: str
    body: str
    sections: tuple[Section, ...]
    labels: tuple[tuple[str, str], ...]
    is_reviewed: bool
    version: str
