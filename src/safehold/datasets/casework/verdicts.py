"""Verdicts: which of a run's records are in cases, and what was decided on them. Only reads.

A record's item is called "RUN#PSEUDONYM.GROUNDS": on other grounds it is another item, which somebody looks at again.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases import CaseId, ItemId, ItemState, Origin
from safehold.cases.decisions.decision import Decision, Standing
from safehold.cases.decisions.tables import case_decisions, case_item_decisions
from safehold.cases.tables import case_items
from safehold.home.database import Database

_GROUNDS_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that is an item of a case.

    Attributes:
        item: which.
        case: of which case.
        state: how far it is.
    """

    item: ItemId
    case: CaseId
    state: ItemState


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided on a record, and stands.

    Attributes:
        verdict: what.
        decision: which decision.
        case: of which case.
        person: who decided.
        at: when.
    """

    verdict: Decision
    decision: str
    case: CaseId
    person: str
    at: dt.datetime


class Verdicts:
    """What cases say of runs.

    Args:
        database: of the home.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(self, run: str) -> dict[str, Waiting]:
        """Return the items of a run by their references."""
        query = sa.select(case_items.c.reference, case_items.c.id, case_items.c.case_id, case_items.c.state).where(
            case_items.c.source == run, case_items.c.origin == Origin.DATASET.value
        )
        with self._database.reading() as connection:
            return {
                row.reference: Waiting(ItemId(row.id), CaseId(row.case_id), ItemState(row.state))
                for row in connection.execute(query)
            }

    def standing(self, run: str) -> dict[str, Verdict]:
        """Return what stands of a run's records, by their items' references."""
        said = case_item_decisions
        query = (
            sa.select(
                case_items.c.reference,
                said.c.verdict,
                said.c.decision,
                case_decisions.c.case_id,
                case_decisions.c.person,
                case_decisions.c.at,
            )
            .join(said, said.c.item == case_items.c.id)
            .join(case_decisions, case_decisions.c.id == said.c.decision)
            .where(
                case_items.c.source == run,
                case_items.c.origin == Origin.DATASET.value,
                said.c.standing == Standing.STANDS.value,
            )
        )
        with self._database.reading() as connection:
            return {
                row.reference: Verdict(
                    verdict=Decision(row.verdict),
                    decision=row.decision,
                    case=CaseId(row.case_id),
                    person=row.person,
                    at=dt.datetime.fromisoformat(row.at),
                )
                for row in connection.execute(query)
            }


def reference_of(run: str, pseudonym: str, grounds: str) -> str:
    """Return what the item of a record on these grounds is called.

    Args:
        run: the run's id.
        pseudonym: of the record.
        grounds: a digest of what speaks against it, see `safehold.datasets.decide.release.grounds_of`.
    """
    return f"{run}#{pseudonym}.{grounds[:_GROUNDS_DIGITS]}"


def pseudonym_in(reference: str) -> str:
    """Return the pseudonym of the record that an item is of."""
    return reference.partition("#")[2].partition(".")[0]
