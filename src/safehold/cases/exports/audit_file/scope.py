"""Scope: which cases are in an export for auditors, found a page at a time."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa

from safehold.cases.case import CaseId
from safehold.cases.decisions.tables import case_decisions
from safehold.cases.tables import cases
from safehold.home.database import Database
from safehold.ledger.entry import timestamp

_PAGE = 5_000
"""Ids read at a time: half a megabyte, and few enough questions for a hundred thousand cases."""


@dataclass(frozen=True)
class Scope:
    """Some cases by their ids, or all that were opened in a time.

    Attributes:
        cases: which; none where a time says it.
        since: opened from then on; None with `cases`.
        until: opened before then; None with `cases`.
    """

    cases: tuple[CaseId, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None

    def each(self, database: Database) -> Iterator[CaseId]:
        """Give every case once: in the order that was named, or the oldest first."""
        if self.since is None:
            yield from dict.fromkeys(self.cases)
            return
        order = (cases.c.opened_at, cases.c.id)
        query = sa.select(*order).where(self._is_in_time()).order_by(*order).limit(_PAGE)
        last: tuple[str, str] = ("", "")
        while True:
            with database.reading() as connection:
                rows = connection.execute(query.where(sa.tuple_(*order) > sa.tuple_(*last))).all()
            if not rows:
                return
            yield from (CaseId(row.id) for row in rows)
            last = (rows[-1].opened_at, rows[-1].id)

    def among(self, connection: sa.Connection, words: Collection[str]) -> frozenset[str]:
        """Return which of these words are ids of its cases, or of decisions on them."""
        if self.since is None:
            of_case: sa.ColumnElement[bool] = case_decisions.c.case_id.in_(self._named)
            decided = sa.select(case_decisions.c.id).where(case_decisions.c.id.in_(words), of_case)
            return frozenset(self._named & set(words)) | frozenset(connection.execute(decided).scalars())
        known = sa.select(cases.c.id).where(cases.c.id.in_(words), self._is_in_time())
        on = sa.join(case_decisions, cases, cases.c.id == case_decisions.c.case_id)
        decided = sa.select(case_decisions.c.id).select_from(on)
        decided = decided.where(case_decisions.c.id.in_(words), self._is_in_time())
        return frozenset(connection.execute(known).scalars()) | frozenset(connection.execute(decided).scalars())

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(self.cases)

    def _is_in_time(self) -> sa.ColumnElement[bool]:
        since, until = (timestamp(one) for one in (self.since, self.until) if one is not None)
        return sa.and_(cases.c.opened_at >= since, cases.c.opened_at < until)
