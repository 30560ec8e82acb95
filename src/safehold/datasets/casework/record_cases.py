"""What datasets' runs need of cases: where items go, what was decided, where runs lie, and to whom circumstances go."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from safehold.cases import CaseId, ItemId, ItemState, NewItem, Priority, Subject
from safehold.datasets.casework.runs import Runs
from safehold.datasets.casework.verdicts import Verdicts
from safehold.home.database import Database
from safehold.vault.review import ReviewKey


class Cases(Protocol):
    """The part of a store of cases that is needed."""

    def open(  # noqa: PLR0913 - the store's own, of which this is a part
        self,
        subject: Subject,
        items: Sequence[NewItem],
        connection: sa.Connection | None = None,
        *,
        actor: str,
        priority: Priority = Priority.NORMAL,
        label: str = "",
        due_at: dt.datetime | None = None,
    ) -> CaseId:
        """Put items into the open case that they belong to, or open one; return which."""
        ...

    def mark_items(
        self,
        connection: sa.Connection,
        case_id: CaseId,
        states: Mapping[ItemId, ItemState],
        *,
        seen: int | None,
        actor: str,
    ) -> int:
        """Say how far items are."""
        ...


@dataclass(frozen=True, slots=True)
class RecordCases:
    """What runs need of cases.

    Attributes:
        cases: the store.
        database: of the home.
        verdicts: what was decided on records.
        runs: where runs lie on this machine.
        review_key: to which circumstances of records are sealed; None keeps none.
    """

    cases: Cases
    database: Database
    verdicts: Verdicts
    runs: Runs
    review_key: ReviewKey | None = None


@dataclass(frozen=True, slots=True)
class Handed:
    """What a hand-over came to.

    Attributes:
        case: the case in which records wait; None where none do.
        waiting: how many wait for a decision in cases now.
        added: how many of them were put in just now.
        left: how many more there would be.
        withdrawn: how many had been waiting and are not held any more.
    """

    case: CaseId | None
    waiting: int = 0
    added: int = 0
    left: int = 0
    withdrawn: int = 0
