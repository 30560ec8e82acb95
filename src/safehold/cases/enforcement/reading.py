"""Reading enforcements: one, some, those of a subject, and what changed since a system last asked."""

from collections.abc import Sequence

from safehold.cases.case import CaseId, Subject
from safehold.cases.enforcement.enforcement import Enforcement, EnforcementId, EnforcementState, Happened, Standing
from safehold.cases.enforcement.stepping import EnforcementChange, change_of, changes_after
from safehold.cases.enforcement.stored import (
    Cursor,
    EnforcementFilter,
    EnforcementPage,
    of_subject,
    page_of,
    row_of,
    steps_of,
)
from safehold.home.database import Database
from safehold.vocabulary import Clock

_OF_CASE = 200
"""Rows asked for at once of a case, which has a few."""


class EnforcementRecords:
    """What was done to accounts, content, models and links, to be read.

    Args:
        database: of the home.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def show(self, enforcement: EnforcementId) -> Enforcement:
        """Return an enforcement.

        Raises:
            EnforcementUnknownError: there is none.
        """
        with self._database.reading() as connection:
            return row_of(connection, enforcement)

    def history(self, enforcement: EnforcementId) -> Sequence[Happened]:
        """Return the steps of an enforcement, oldest first; none where there is no such enforcement."""
        with self._database.reading() as connection:
            return steps_of(connection, enforcement)

    def list(
        self, wanted: EnforcementFilter | None = None, *, after: Cursor | None = None, limit: int = 50
    ) -> EnforcementPage:
        """Return a page of enforcements, latest proposed first."""
        with self._database.reading() as connection:
            return page_of(connection, wanted or EnforcementFilter(), after=after, limit=limit)

    def of_case(self, case: CaseId) -> tuple[Enforcement, ...]:
        """Return the enforcements of a case, all of them, latest proposed first."""
        found: list[Enforcement] = []
        after: Cursor | None = None
        while True:
            page = self.list(EnforcementFilter(case=case), after=after, limit=_OF_CASE)
            found += page.enforcements
            if page.next is None:
                return tuple(found)
            after = page.next

    def standing(self, subject: Subject) -> Standing:
        """Return how an account, session, model or link stands now."""
        now = self._clock.now()
        with self._database.reading() as connection:
            found = of_subject(connection, subject, (EnforcementState.IN_FORCE,))
        holding = [one for one in found if one.is_in_force(now)]
        return Standing(subject, tuple(sorted(holding, key=lambda one: one.measure.gravity, reverse=True)))

    def changes(self, after: int = 0, *, limit: int = 100) -> tuple[EnforcementChange, ...]:
        """Return what the operator's systems have to know of after a step's number, oldest first."""
        with self._database.reading() as connection:
            return changes_after(connection, after, limit=limit)

    def change(self, number: int) -> EnforcementChange | None:
        """Return one step by its number; None where there is none."""
        with self._database.reading() as connection:
            return change_of(connection, number)
