"""Withdrawal: what is reversed before the vault has it is not sealed any more; what was sealed of it yet is destroyed.

1. In one transaction the item is marked withdrawn, if the vault does not have it and it is confirmed no more: from then
on nobody can say that it is kept. 2. What is sealed under its names by then is erased, with proof, unless somebody else
had the same bytes sealed. 3. Whoever was just sealing it finds the mark and does the same; should they die first,
:meth:`Withdrawal.sweep` does it later. A crash at any step leaves one of two: the vault has it, or nobody can open it.

    Withdrawal(home.database, ledger, home.clock, vault, harms).withdraw(item)
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.awaiting import Preserved
from safehold.cases.events import Events
from safehold.cases.evidence.wanting import Harms, is_wanted
from safehold.cases.item import ItemId, Place
from safehold.cases.tables import case_items, case_preservations
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vault import (
    ErasureRefusedError,
    EvidenceErasedError,
    EvidenceId,
    EvidenceState,
    LocalVault,
    Reference,
    ReferenceKind,
)
from safehold.vault.register import cases_of, find
from safehold.vocabulary import Clock, Event

SYSTEM = "system"

SWEPT_HOURS = 24
"""How long a withdrawn item is looked after: no process seals for as long. Ours; a lease lasts two minutes."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Takes back what is no evidence any more.

    Attributes:
        database: of the home.
        ledger: where events go.
        clock: where the time comes from.
        vault: the evidence.
        harms: which kinds of harm are evidence.
    """

    database: Database
    ledger: Events
    clock: Clock
    vault: LocalVault
    harms: Harms

    def withdraw(self, item: ItemId, *, anew: bool = False) -> bool:
        """Withdraw an item that is confirmed no more and that the vault does not have; return whether it is withdrawn.

        Args:
            item: which.
            anew: also where it is still confirmed, since it is going to be sealed under other names.

        Raises:
            ErasureUnfinishedError: something of it could not be removed: do it again.
        """
        with self.database.writing() as connection:
            self._mark(connection, item, anew=anew)
            row = _row(connection, item)
        if row is None or row["state"] != Preserved.WITHDRAWN.value:
            return False
        for name in (row["circumstances"], row["content"]):
            if name is not None:
                self._erase(EvidenceId(name), item, row["case_id"])
        return True

    def sweep(self) -> int:
        """Destroy what was sealed of withdrawn items by somebody who died; return how many are looked after no more.

        A duty; safe to repeat, and to run in several processes.
        """
        before = timestamp(self.clock.now() - dt.timedelta(hours=SWEPT_HOURS))
        withdrawn = case_preservations.c.state == Preserved.WITHDRAWN.value
        with self.database.reading() as connection:
            found = connection.execute(sa.select(case_preservations.c.item_id).where(withdrawn)).scalars().all()
        for one in found:
            self.withdraw(ItemId(one))
        if not found:
            return 0
        over = sa.delete(case_preservations).where(withdrawn, case_preservations.c.at < before)
        with self.database.writing() as connection:
            return connection.execute(over.where(case_preservations.c.item_id.in_(found))).rowcount

    def _mark(self, connection: sa.Connection, item: ItemId, *, anew: bool) -> None:
        row = _row(connection, item)
        awaited = {Preserved.WANTED.value, Preserved.SEALING.value}
        if row is None or row["state"] not in awaited or (not anew and is_wanted(connection, item, self.harms)):
            return
        mark = sa.update(case_preservations).where(case_preservations.c.item_id == item)
        connection.execute(mark.values(state=Preserved.WITHDRAWN.value, at=timestamp(self.clock.now())))
        told = {"item": item, "case": row["case_id"], "begun": row["state"] == Preserved.SEALING.value, "anew": anew}
        self.ledger.append(Event("evidence.withdrawn", SYSTEM, details=told), connection)

    def _erase(self, name: EvidenceId, item: ItemId, case: str) -> None:
        with self.database.reading() as connection:
            seen = find(connection, name)
        if seen is None or seen.state is EvidenceState.ERASED:
            return

        def refuse_others(connection: sa.Connection) -> None:
            if _is_others(connection, name, item, case):
                raise ErasureRefusedError("somebody else had the same bytes sealed", advice="There is nothing to do.")

        try:
            self.vault.erase(name, Reference(ReferenceKind.REVERSAL, item), actor=SYSTEM, unless=refuse_others)
        except (ErasureRefusedError, EvidenceErasedError):
            return  # it is evidence for another reason, or a hold keeps it


def _row(connection: sa.Connection, item: ItemId) -> sa.RowMapping | None:
    query = sa.select(case_preservations, case_items.c.case_id).join(
        case_items, case_items.c.id == case_preservations.c.item_id
    )
    return connection.execute(query.where(case_preservations.c.item_id == item)).mappings().one_or_none()


def _is_others(connection: sa.Connection, name: EvidenceId, item: ItemId, case: str) -> bool:
    """Return whether another item is, or is being, sealed under this name, or another case or run had it sealed."""
    row = case_preservations.c
    kept = (
        sa.select(row.item_id)
        .where(row.item_id != item, row.state != Preserved.WITHDRAWN.value)
        .where(sa.or_(row.content == name, row.circumstances == name))
    )
    items = sa.select(case_items.c.id).where(
        case_items.c.content == name, case_items.c.place == Place.VAULT.value, case_items.c.id != item
    )
    is_another = any(connection.execute(query.limit(1)).first() is not None for query in (kept, items))
    return is_another or bool(cases_of(connection, name) - {case})
