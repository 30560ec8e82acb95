"""Cases: what people must look at, decided once each, humanely; and what follows from their decisions.

Verdicts, reports and people's own finds enter as items; decisions, enforcement and evidence on hold leave. Content
never enters: it lies sealed elsewhere, and an item points to it.
"""

from safehold.cases.case import Case, CaseId, CaseState, Priority, Subject, SubjectKind
from safehold.cases.item import CaseItem, Content, Form, ItemId, ItemState, NewItem, Origin, Place
from safehold.cases.staff import ABILITIES, Ability, Person, Role

__all__ = [
    "ABILITIES",
    "Ability",
    "Case",
    "CaseId",
    "CaseItem",
    "CaseState",
    "Content",
    "Form",
    "ItemId",
    "ItemState",
    "NewItem",
    "Origin",
    "Person",
    "Place",
    "Priority",
    "Role",
    "Subject",
    "SubjectKind",
]
