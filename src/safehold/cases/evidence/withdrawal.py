"""Withdrawal: what is reversed before the vault has it is not sealed any more; what was sealed of it yet is destroyed.

1. In one transaction the item is marked withdrawn, if the vault does not have it and it is confirmed no more: from then
on nobody can say that it is kept. 2. What is sealed under its names by then is erased, with proof, unless somebody else
had the same bytes sealed, or the vault had them of this item before there were accounts. 3. Whoever was just sealing it
finds the mark and does the same; should they die first, :meth:`Withdrawal.sweep` does it later. A crash at any step
leaves one of two: the vault has it, or nobody can open it.

    Withdrawal(home.database, ledger, home.clock, vault, harms).withdraw(item)
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

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
    ErasureUnfinishedError,
    EvidenceErasedError,
    EvidenceId,
    EvidenceState,
    LocalVault,
    Reference,
    ReferenceKind,
)
from safehold.vault.register import cases_of, find, forget_case
from safehold.vocabulary import Clock, Event, SafeholdError

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
            names = _begun(row)
            for name in names:
                _forget_case(connection, name, item, row["case_id"])
        for name in names:
            self._erase(name, item, row["case_id"])
        return True

    def sweep(self) -> int:
        """Destroy what was sealed of withdrawn items by somebody who died; return how many are looked after no more.

        A duty; safe to repeat, and to run in several processes. One that can't be destroyed holds no other up.

        Raises:
            ErasureUnfinishedError: something of one could not be removed; it is looked after until it is.
        """
        before = timestamp(self.clock.now() - dt.timedelta(hours=SWEPT_HOURS))
        withdrawn = case_preservations.c.state == Preserved.WITHDRAWN.value
        with self.database.reading() as connection:
            found = connection.execute(sa.select(case_preservations.c.item_id).where(withdrawn)).scalars().all()
        failures = {one: error for one in found if (error := self._failure(ItemId(one))) is not None}
        settled = [one for one in found if one not in failures]
        over, total = sa.delete(case_preservations).where(withdrawn, case_preservations.c.at < before), 0
        if settled:
            with self.database.writing() as connection:
                total = connection.execute(over.where(case_preservations.c.item_id.in_(settled))).rowcount
        for error in failures.values():
            raise ErasureUnfinishedError(
                f"what was sealed of {len(failures)} withdrawn item(s) is not destroyed yet",
                advice="It is tried again every few minutes; see what stands in the way: safehold vault fsck.",
            ) from error
        return total

    def _failure(self, item: ItemId) -> SafeholdError | OSError | None:
        try:
            self.withdraw(item)
        except (SafeholdError, OSError) as error:
            return error
        return None

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
    lies = (case_items.c.case_id, case_items.c.place, case_items.c.content.label("lies_at"))
    query = sa.select(case_preservations, *lies).join(case_items, case_items.c.id == case_preservations.c.item_id)
    return connection.execute(query.where(case_preservations.c.item_id == item)).mappings().one_or_none()


def _begun(row: sa.RowMapping) -> tuple[EvidenceId, ...]:
    """Return under what an item was going to be sealed, but for what the vault had of it before that."""
    had = row["lies_at"] if row["place"] == Place.VAULT.value else None
    return tuple(EvidenceId(one) for one in (row["circumstances"], row["content"]) if one not in {None, had})


def _forget_case(connection: sa.Connection, name: EvidenceId, item: ItemId, case: str) -> None:
    """Forget that an item's case had this sealed, in a writing transaction, unless another item of the case has it."""
    if not any(connection.execute(query.where(case_items.c.case_id == case)).first() for query in _others(name, item)):
        forget_case(connection, name, case)


def _is_others(connection: sa.Connection, name: EvidenceId, item: ItemId, case: str) -> bool:
    """Return whether another item is, or is being, sealed under this name, or another case or run had it sealed."""
    is_another = any(connection.execute(query).first() is not None for query in _others(name, item))
    return is_another or bool(cases_of(connection, name) - {case})


def _others(name: EvidenceId, item: ItemId) -> tuple[sa.Select[Any], ...]:
    """Return the queries, each for one, of other items that are, or are being, sealed under this name."""
    row = case_preservations.c
    other = sa.select(case_items.c.id).where(case_items.c.id != item).limit(1)
    sealing = (row.state != Preserved.WITHDRAWN.value, sa.or_(row.content == name, row.circumstances == name))
    return (
        other.join(case_preservations, row.item_id == case_items.c.id).where(*sealing),
        other.where(case_items.c.content == name, case_items.c.place == Place.VAULT.value),
    )
