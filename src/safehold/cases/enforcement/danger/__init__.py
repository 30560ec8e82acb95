"""Danger: somebody may be about to be hurt. What to do, whom to call, and a record of it; nothing else comes first.

A case and a country enter; steps and contacts leave, each contact with the page that was read for it. The case becomes
the most urgent there is in the same transaction.
"""

from safehold.cases.enforcement.danger.contacts import Contact, Contacts, Law, Route, ToDo, load_contacts
from safehold.cases.enforcement.danger.contacts_file import ContactKind
from safehold.cases.enforcement.danger.danger import Act, Danger, DangerId, DangerKind, DangerStep, Outcome
from safehold.cases.enforcement.danger.dangers import Dangers
from safehold.cases.enforcement.danger.errors import (
    ContactsError,
    DangerNotAllowedError,
    DangerOverError,
    DangerUnknownError,
)

__all__ = [
    "Act",
    "Contact",
    "ContactKind",
    "Contacts",
    "ContactsError",
    "Danger",
    "DangerId",
    "DangerKind",
    "DangerNotAllowedError",
    "DangerOverError",
    "DangerStep",
    "DangerUnknownError",
    "Dangers",
    "Law",
    "Outcome",
    "Route",
    "ToDo",
    "load_contacts",
]
