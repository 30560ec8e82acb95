"""Preservation: what was confirmed goes from what waits for review into the vault, before its short time is over.

Whoever decides puts a job in for each item; only a process that holds the review key can do it, since it must open the
item to seal it to the custodians. Until then the item waits: nothing removes it, and its case is not closed by itself.

    Preservation(home.database, outbox, cases, rules.retention.preserve)     # one of the consequences of decisions
    keep(connection, item, evidence, events=ledger)                         # once the vault has it
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.awaiting import PRESERVE
from safehold.cases.axes import HarmType
from safehold.cases.decisions import Decided, Decision, Undoing, Undone
from safehold.cases.events import Events
from safehold.cases.item import CaseItem, Content, Place
from safehold.cases.store import CaseStore
from safehold.cases.tables import case_items
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.vault import EvidenceId
from safehold.vocabulary import Event

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Preservation:
    """Has confirmed items preserved.

    Attributes:
        database: of the home.
        outbox: where jobs go.
        cases: the store of cases.
        harms: which kinds of harm are evidence.
    """

    database: Database
    outbox: Outbox
    cases: CaseStore
    harms: frozenset[HarmType]

    @property
    def name(self) -> str:
        """Return the party's word."""
        return "preservation"

    def follow(self, decided: Decided) -> None:
        """Put a job in for each confirmed item that is kept for review; one too many is harmless."""
        with self.database.writing() as connection:
            for item in self._evidence(decided, connection):
                if item.told.content.place is Place.HELD:
                    self.outbox.enqueue(connection, PRESERVE, {"item": item.id, "decision": decided.id})

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Say what stays sealed: evidence is destroyed with proof, by people, or not at all."""
        with self.database.reading() as connection:
            items = list(self._evidence(decided, connection))
        sealed = [item.id for item in items if item.told.content.place is Place.VAULT]
        return tuple(Undone(one, Undoing.STANDS, "sealed") for one in sealed) or (Undone("", Undoing.NOTHING),)

    def _evidence(self, decided: Decided, connection: sa.Connection) -> Sequence[CaseItem]:
        confirmed = [one for one in decided.standing if one.verdict is Decision.CONFIRM and one.axes.harm in self.harms]
        return [self.cases.item(one.item, connection) for one in confirmed]


def keep(connection: sa.Connection, item: CaseItem, evidence: EvidenceId, *, events: Events) -> None:
    """Say that an item's content lies in the vault from now on; in a writing transaction. Twice changes nothing.

    Args:
        connection: of the transaction.
        item: as it was read.
        evidence: what the vault calls it.
        events: the ledger.
    """
    before, after = item.told.content, Content(Place.VAULT, evidence)
    moved = connection.execute(
        sa.update(case_items)
        .where(
            case_items.c.id == item.id,
            case_items.c.place == before.place.value,
            case_items.c.content == before.reference,
        )
        .values(place=after.place.value, content=after.reference)
    )
    if moved.rowcount:
        told = {"item": item.id, "case": item.case, "evidence": evidence}
        events.append(Event("evidence.preserved", SYSTEM, details=told), connection)
