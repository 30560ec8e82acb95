"""Contacts: whom to call where, and what to do in which order; the operator's own first.

    contacts = load_contacts((Path("our-contacts.yaml"),))
    contacts.route("GB").contacts[0].phone

Short numbers work from inside their country alone. Where no contact is known, the route says so and never guesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from safehold.cases.enforcement.danger.contacts_file import ContactKind, ContactsFile
from safehold.cases.enforcement.danger.errors import ContactsError
from safehold.reviewed import ReviewedDataError, read_file, read_text

_ADVICE = "docs/enforcement.md explains every part; the shipped contacts.yaml is one that is right."


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to reach.

    Attributes:
        id: short name.
        name: of the service.
        kind: what it is for.
        countries: ISO 3166-1 alpha-2.
        phone: its number; "" for none.
        web: its address; "" for none.
        note: what to know before.
        sources: the pages that were read.
        read: when, as ISO 8601 date.
        is_own: whether the operator gave it.
        is_reviewed: whether somebody signed its file off.
    """

    id: str
    name: str
    kind: ContactKind
    countries: tuple[str, ...]
    phone: str
    web: str
    note: str
    sources: tuple[str, ...]
    read: str
    is_own: bool
    is_reviewed: bool


@dataclass(frozen=True, slots=True)
class Law:
    """What a law asks or lets a service do.

    Attributes:
        id: short name.
        countries: where.
        text: in our words; not legal advice.
        law: which.
        sources: the pages that were read.
        read: when.
    """

    id: str
    countries: tuple[str, ...]
    text: str
    law: str
    sources: tuple[str, ...]
    read: str


@dataclass(frozen=True, slots=True)
class ToDo:
    """One thing to do.

    Attributes:
        id: short name.
        title: in a few words.
        body: in a sentence or two.
    """

    id: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Route:
    """What to do about a danger in a country.

    Attributes:
        country: ISO 3166-1 alpha-2; "" for unknown.
        steps: what to do, in order.
        contacts: whom to reach: emergency services first, the operator's own before ours; empty where none is known.
        laws: what laws of that country ask or allow.
    """

    country: str
    steps: tuple[ToDo, ...]
    contacts: tuple[Contact, ...]
    laws: tuple[Law, ...]

    @property
    def has_emergency_number(self) -> bool:
        """Return whether a number is known that answers at once."""
        return any(one.kind is ContactKind.EMERGENCY for one in self.contacts)


@dataclass(frozen=True, slots=True)
class Contacts:
    """Everything that is known of whom to reach.

    Attributes:
        steps: what to do, in order.
        contacts: the operator's own first.
        laws: what laws ask or allow.
    """

    steps: tuple[ToDo, ...]
    contacts: tuple[Contact, ...]
    laws: tuple[Law, ...]

    def route(self, country: str) -> Route:
        """Return what to do about a danger in a country; "" for an unknown one."""
        wanted = country.upper()
        found = [one for one in self.contacts if wanted in one.countries]
        found.sort(key=lambda one: one.kind is not ContactKind.EMERGENCY)  # stable: the operator's own stay first
        return Route(wanted, self.steps, tuple(found), tuple(one for one in self.laws if wanted in one.countries))

    def has(self, contact: str) -> bool:
        """Return whether there is a contact of this id."""
        return any(one.id == contact for one in self.contacts)

    @property
    def countries(self) -> tuple[str, ...]:
        """Return the countries for which an emergency number is known."""
        known = {country for one in self.contacts if one.kind is ContactKind.EMERGENCY for country in one.countries}
        return tuple(sorted(known))


def load_contacts(own: Sequence[Path] = ()) -> Contacts:
    """Return the shipped contacts with the operator's own in front.

    Args:
        own: files of the operator's, the most important one first.

    Raises:
        ContactsError: a file can't be read, or says something that can't be meant; with its line.
    """
    try:
        files = [(read_file(path, ContactsFile, kind="file of contacts"), True) for path in own]
        files.append((read_text(shipped_source(), ContactsFile, called="contacts.yaml"), False))
    except ReviewedDataError as error:
        raise ContactsError(str(error), advice=_ADVICE) from error
    removed = {one for file, _ in files for one in file.remove}
    contacts: dict[str, Contact] = {}
    laws: dict[str, Law] = {}
    for file, is_own in files:
        for contact in _contacts(file, is_own=is_own):
            contacts.setdefault(contact.id, contact)
        for entry in file.laws:
            told = Law(entry.id, entry.countries, entry.text, entry.law, entry.sources, entry.read)
            laws.setdefault(entry.id, told)
    steps = next(file.steps for file, _ in files if file.steps)
    return Contacts(
        tuple(ToDo(one.id, one.title, one.body) for one in steps),
        tuple(one for one in contacts.values() if one.id not in removed),
        tuple(one for one in laws.values() if one.id not in removed),
    )


def shipped_source() -> str:
    """Return the text of the contacts that ship with Safehold, with its comments."""
    file = resources.files("safehold.cases.enforcement.danger").joinpath("contacts.yaml")
    return file.read_text(encoding="utf-8")


def _contacts(file: ContactsFile, *, is_own: bool) -> list[Contact]:
    return [
        Contact(
            id=one.id,
            name=one.name,
            kind=one.kind,
            countries=one.countries,
            phone=one.phone or "",
            web=one.web or "",
            note=one.note,
            sources=one.sources,
            read=one.read,
            is_own=is_own,
            is_reviewed=file.status == "reviewed",
        )
        for one in file.contacts
    ]
