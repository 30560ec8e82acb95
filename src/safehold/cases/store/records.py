"""Records of cases: what is known of them, read and never changed.

records.show(case_id)
records.items(case_id, after=50)
records.list(CaseFilter(queue="gateway"))
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from safehold.cases.case import Case, CaseId
from safehold.cases.item import CaseItem, ItemId
from safehold.cases.listing import CaseFilter, CasePage, Cursor, list_cases
from safehold.cases.overview import Overview, overview
from safehold.cases.rows import case_row, is_plain, to_case, to_item
from safehold.cases.search import Found, find
from safehold.cases.store.alike import alike
from safehold.cases.store.marking import unknown_item
from safehold.cases.tables import case_contexts, case_items
from safehold.home.database import Database
from safehold.vocabulary import Clock


class CaseRecords:
    """What is known of the cases of a home.

    Where a method takes a `connection`, that is a transaction of the caller's, in which it reads.

    Args:
        database: of the home.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def show(self, case_id: CaseId, connection: sa.Connection | None = None) -> Case:
        """Return a case.

        Args:
            case_id: which.
            connection: to read with, in a transaction of the caller's.

        Raises:
            UnknownCaseError: there is none.
        """
        with self._reading(connection) as joined:
            return to_case(case_row(joined, case_id))

    def items(
        self, case_id: CaseId, *, after: int = 0, limit: int = 50, connection: sa.Connection | None = None
    ) -> tuple[CaseItem, ...]:
        """Return items of a case in their order.

        Args:
            case_id: which case; one that is not there has no items.
            after: only those with a higher number.
            limit: how many at most.
            connection: to read with, in a transaction of the caller's.
        """
        query = sa.select(case_items).where(case_items.c.case_id == case_id, case_items.c.number > after)
        if not is_plain(case_id):
            return ()
        with self._reading(connection) as joined:
            rows = joined.execute(query.order_by(case_items.c.number).limit(limit)).mappings().all()
        return tuple(map(to_item, rows))

    def item(self, item_id: ItemId, connection: sa.Connection | None = None) -> CaseItem:
        """Return an item.

        Raises:
            UnknownItemError: there is none.
        """
        with self._reading(connection) as joined:
            known = sa.select(case_items).where(case_items.c.id == item_id)
            row = joined.execute(known).mappings().one_or_none() if is_plain(item_id) else None
        if row is None:
            raise unknown_item()
        return to_item(row)

    def alike(
        self, item_id: ItemId, *, limit: int = 1000, connection: sa.Connection | None = None
    ) -> tuple[CaseItem, ...]:
        """Return other items with an equal cryptographic fingerprint in cases that are not closed.

        Those of its own case come first. An item of text, or one without such a fingerprint, is like no other.

        Args:
            item_id: like which.
            limit: how many at most.
            connection: to read with, in a transaction of the caller's.
        """
        with self._reading(connection) as joined:
            return tuple(map(to_item, joined.execute(alike(item_id, limit)).mappings().all()))

    def context(self, item_id: ItemId) -> bytes:
        """Return the circumstances of an item, sealed to the review key; b"" where nothing was kept.

        Raises:
            UnknownItemError: there is no such item.
        """
        self.item(item_id)
        query = sa.select(case_contexts.c.sealed).where(case_contexts.c.item_id == item_id)
        with self._database.reading() as connection:
            sealed = connection.execute(query).scalar()
        return b"" if sealed is None else bytes(sealed)

    def has_context(self, item_id: ItemId, connection: sa.Connection | None = None) -> bool:
        """Return whether anything is kept of an item's circumstances, without reading it."""
        query = sa.select(case_contexts.c.item_id).where(case_contexts.c.item_id == item_id)
        with self._reading(connection) as joined:
            return joined.execute(query).first() is not None

    def find(self, text: str) -> tuple[Found, ...]:
        """Return the cases that name a text: an id, check, ticket, hash, evidence, or the mark of a subject."""
        with self._database.reading() as connection:
            return find(connection, text)

    def list(self, wanted: CaseFilter | None = None, *, after: Cursor | None = None, limit: int = 50) -> CasePage:
        """Return a page of cases, what comes first at its start; all that are not closed where no filter is given."""
        with self._database.reading() as connection:
            return list_cases(connection, wanted or CaseFilter(), after=after, limit=limit)

    def overview(self, now: dt.datetime | None = None) -> Overview:
        """Return how many cases there are of what, how long they wait, and what the last days brought."""
        with self._database.reading() as connection:
            return overview(connection, now or self._clock.now())

    @contextmanager
    def _reading(self, connection: sa.Connection | None) -> Iterator[sa.Connection]:
        if connection is not None:
            yield connection
            return
        with self._database.reading() as own:
            yield own
