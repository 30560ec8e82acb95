"""Following: what enforcement does once items are decided, and undoes once a decision is reversed.

A case that equal fingerprints joined holds items of several accounts: what follows is about whom each item came from,
never about whom the case happens to be named after. Records of datasets belong to nobody's account; nothing follows.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import sqlalchemy as sa

from safehold.cases.axes import HarmType
from safehold.cases.case import CaseId, Subject
from safehold.cases.decisions.decision import SYSTEM, Decided, DecidedItem, Decision, Undoing, Undone
from safehold.cases.decisions.quality.golden import golden_among
from safehold.cases.decisions.stored import decisions_where, said_before
from safehold.cases.decisions.tables import case_decisions
from safehold.cases.enforcement.enforcement import Cause, Enforcement, EnforcementState
from safehold.cases.enforcement.enforcements import Enforcements
from safehold.cases.enforcement.ladder import Ladder
from safehold.cases.enforcement.references import references_of
from safehold.cases.enforcement.stored import of_cause
from safehold.cases.item import CaseItem, ItemId, Origin
from safehold.home.database import Database

NAME = "enforcement"


class Items(Protocol):
    """The part of a store of cases that is needed."""

    def item(self, item_id: ItemId, connection: sa.Connection | None = None) -> CaseItem:
        """Return an item."""
        ...


class EnforcementFollows:
    """Enforcement as a party that acts on decisions (`safehold.cases.decisions.Consequence`).

    Args:
        database: of the home.
        enforcements: its measures.
        cases: its cases.
    """

    def __init__(self, database: Database, enforcements: Enforcements, cases: Items) -> None:
        self._database = database
        self._enforcements = enforcements
        self._cases = cases

    @property
    def name(self) -> str:
        """Return what jobs call it."""
        return NAME

    def follow(self, decided: Decided) -> None:
        """Propose what the ladder says follows from what was confirmed; repeating it changes nothing."""
        with self._database.reading() as connection:
            causes = tuple(self._causes(connection, decided))
        if not causes:
            return
        with self._database.writing() as connection:
            for cause in causes:
                self._enforcements.propose(connection, cause, actor=decided.person)

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Take back what followed from a decision, and say what became of each measure.

        What other decisions of the case had not proposed, since this one had already, they propose now.
        """
        by = decided.person if decided.reversal is None else decided.reversal.by
        causes = sorted({_cause_id(decided, harm) for harm in HarmType})
        with self._database.writing() as connection:
            for cause in causes:
                self._enforcements.undo(connection, cause, actor=by)
            outcomes = [_outcome(one) for cause in causes for one in of_cause(connection, cause)]
        for other in self._others(decided.case, decided):
            self.follow(other)
        return outcomes

    def _causes(self, connection: sa.Connection, decided: Decided) -> Iterator[Cause]:
        """Return what confirmed items give cause to, gravest first, so that nothing milder is proposed beside it."""
        grouped: dict[tuple[HarmType, Subject], list[CaseItem]] = defaultdict(list)
        for one in decided.standing:
            harm = _harm_of(one)
            item = None if harm is None else self._cases.item(one.item, connection)
            if harm is not None and item is not None and item.told.origin is not Origin.DATASET:
                grouped[harm, item.subject].append(item)
        people = _people(connection, decided)
        ladder = self._enforcements.ladder
        for (harm, subject), items in sorted(grouped.items(), key=lambda one: _gravity(ladder, *one[0]), reverse=True):
            yield Cause(
                _cause_id(decided, harm),
                decided.case,
                subject,
                harm.value,
                references_of(items),
                is_by_hash=decided.is_automatic,
                people=people,
            )

    def _others(self, case: CaseId, but: Decided) -> Sequence[Decided]:
        """Return the other decisions of a case that stand, without golden items."""
        with self._database.reading() as connection:
            found = decisions_where(connection, case_decisions.c.case_id == case)
            kept = [one for one in found if one.id != but.id and one.reversal is None and one.standing]
            goldens = golden_among(connection, [item.item for one in kept for item in one.items])
        return [replace(one, items=tuple(item for item in one.items if item.item not in goldens)) for one in kept]


def _harm_of(one: DecidedItem) -> HarmType | None:
    return one.axes.harm if one.verdict is Decision.CONFIRM else None


def _cause_id(decided: Decided, harm: HarmType) -> str:
    """Return what a decision's one kind of harm is called as a cause, the same for ever."""
    return f"{decided.id}:{harm.value}"


def _people(connection: sa.Connection, decided: Decided) -> tuple[str, ...]:
    """Return everybody who said anything of these items: none of them decides an appeal."""
    before = said_before(connection, [one.item for one in decided.items])
    names = {name for said in before.values() for name, _ in said} | {decided.person}
    return tuple(sorted(names - {SYSTEM}))


def _gravity(ladder: Ladder, harm: HarmType, subject: Subject) -> tuple[int, str, str]:
    taken = ladder.measures(harm.value, subject.kind, strikes=0)
    gravities = [one.measure.gravity for one in taken if one.measure.is_rung]
    return max(gravities, default=0), harm.value, subject.mark


def _outcome(one: Enforcement) -> Undone:
    """Return what became of a measure; the same whenever it is asked."""
    if one.state is EnforcementState.EXPIRED:
        return Undone(one.id, Undoing.STANDS, "expired")
    return Undone(one.id, Undoing.UNDONE)
