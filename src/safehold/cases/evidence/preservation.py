"""Preservation: what was confirmed goes from what waits for review into the vault, before its short time is over.

Whoever decides has it written down that the vault is to have each item, with a job for it; only a process that holds
the review key can do it, since it must open the item to seal it to the custodians. Until then the item waits: nothing
removes it, and its case is not closed by itself.

    Preservation(home.database, outbox, rules.retention.preserve, home.clock, withdrawal)     # follows decisions

    begin(connection, item, Names(content, circumstances), harms=harms)     # before anything is sealed
    keep(connection, item, names, harms=harms, events=ledger)               # once the vault has it: both or neither

Nothing is sealed that is not confirmed any more: both ask :mod:`safehold.cases.evidence.wanting` in their transaction.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safehold.cases.awaiting import PRESERVE, Preserved
from safehold.cases.decisions import Decided, Decision, Undoing, Undone
from safehold.cases.events import Events
from safehold.cases.evidence.wanting import Harms, is_wanted, want
from safehold.cases.evidence.withdrawal import Withdrawal
from safehold.cases.item import CaseItem, ItemId, Place
from safehold.cases.tables import case_items, case_preservations
from safehold.home.database import Database
from safehold.home.outbox import Outbox
from safehold.ledger.entry import timestamp
from safehold.vault import EvidenceId, EvidenceState
from safehold.vault.register import find
from safehold.vocabulary import Clock, Event

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Names:
    """Under what an item is sealed.

    Attributes:
        content: the evidence that its bytes are, or its words; None where it has neither, or they are gone.
        circumstances: the evidence that tells of it.
        is_lost: whether its content was gone, so that its circumstances alone could be sealed.
    """

    content: EvidenceId | None
    circumstances: EvidenceId
    is_lost: bool = False


@dataclass(frozen=True, slots=True)
class Preservation:
    """Has confirmed items preserved.

    Attributes:
        database: of the home.
        outbox: where jobs go.
        harms: which kinds of harm are evidence.
        clock: where the time comes from.
        withdrawal: takes back what was reversed before the vault had it.
    """

    database: Database
    outbox: Outbox
    harms: Harms
    clock: Clock
    withdrawal: Withdrawal

    @property
    def name(self) -> str:
        """Return the party's word."""
        return "preservation"

    def follow(self, decided: Decided) -> None:
        """Write down what of the case the vault is to have, with a job each; repeating it changes nothing."""
        with self.database.writing() as connection:
            for item in want(connection, self.harms, self.clock.now(), case=decided.case):
                self.outbox.enqueue(connection, PRESERVE, {"item": item, "decision": decided.id})

    def undo(self, decided: Decided) -> Sequence[Undone]:
        """Take back what the vault does not have yet; what it has stays: people destroy that, with proof, or nobody."""
        outcomes: list[Undone] = []
        for one in decided.items:
            if one.verdict is Decision.CONFIRM and one.axes.harm in self.harms:
                outcomes += self._undo(one.item)
        return tuple(outcomes) or (Undone("", Undoing.NOTHING),)

    def _undo(self, item: ItemId) -> Sequence[Undone]:
        self.withdrawal.withdraw(item)
        with self.database.reading() as connection:
            state = state_of(connection, item)
            place = connection.execute(sa.select(case_items.c.place).where(case_items.c.id == item)).scalar()
        if state in {Preserved.KEPT, Preserved.LOST} or place == Place.VAULT.value:
            return [Undone(item, Undoing.STANDS, "sealed")]
        return [Undone(item, Undoing.UNDONE)] if state is Preserved.WITHDRAWN else []


def state_of(connection: sa.Connection, item: ItemId) -> Preserved | None:
    """Return how far the vault has an item; None where it is not to have it."""
    query = sa.select(case_preservations.c.state).where(case_preservations.c.item_id == item)
    told = connection.execute(query).scalar()
    return None if told is None else Preserved(told)


def circumstances_of(connection: sa.Connection, items: Sequence[ItemId]) -> dict[ItemId, EvidenceId]:
    """Return, by item, the evidence that tells of it, of those that the vault has."""
    row = case_preservations.c
    kept = (Preserved.KEPT.value, Preserved.LOST.value)
    query = sa.select(row.item_id, row.circumstances).where(row.item_id.in_(items), row.state.in_(kept))
    found = connection.execute(query.where(row.circumstances.is_not(None)))
    return {ItemId(one.item_id): EvidenceId(one.circumstances) for one in found}


def begin(connection: sa.Connection, item: CaseItem, names: Names, *, harms: Harms) -> bool:
    """Write down under what an item is going to be sealed, in a writing transaction; return whether it still may be."""
    if not is_wanted(connection, item.id, harms):
        return False
    row, awaited = case_preservations.c, (Preserved.WANTED.value, Preserved.SEALING.value)
    is_same = sa.and_(row.circumstances == names.circumstances, row.content.is_not_distinct_from(names.content))
    is_free = sa.and_(row.state.in_(awaited), sa.or_(row.circumstances.is_(None), is_same))
    values = {"state": Preserved.SEALING.value, "content": names.content, "circumstances": names.circumstances}
    begun = sa.update(case_preservations).where(row.item_id == item.id, is_free).values(values)
    return connection.execute(begun).rowcount > 0


def keep(connection: sa.Connection, item: CaseItem, names: Names, *, harms: Harms, events: Events) -> bool:
    """Say that the vault has all of an item from now on, in a writing transaction; return whether that is so.

    Args:
        connection: of the transaction.
        item: as it was read.
        names: under what it was sealed.
        harms: kinds of harm that are preserved.
        events: the ledger.
    """
    if not is_wanted(connection, item.id, harms):
        return False
    sealed = [find(connection, name) for name in (names.content, names.circumstances) if name is not None]
    if any(one is None or one.state is not EvidenceState.SEALED for one in sealed):
        return False
    row = case_preservations.c
    same = (row.item_id == item.id, row.state == Preserved.SEALING.value, row.circumstances == names.circumstances)
    state = Preserved.LOST if names.is_lost else Preserved.KEPT
    if not connection.execute(sa.update(case_preservations).where(*same).values(state=state.value)).rowcount:
        return False
    if names.content is not None:
        _lies_in_vault(connection, item, names.content)
    told: dict[str, str | int | bool] = {"item": item.id, "case": item.case, "circumstances": names.circumstances}
    if names.content is not None:
        told["evidence"] = names.content
    events.append(Event("evidence.preserved", SYSTEM, details=told), connection)
    if names.is_lost:
        events.append(Event("evidence.lost", SYSTEM, details={"item": item.id}), connection)
    return True


def renew(connection: sa.Connection, item: ItemId, now: dt.datetime) -> None:
    """Let an item be sealed anew under other names, in a writing transaction: what it was begun under is taken back."""
    same = (case_preservations.c.item_id == item, case_preservations.c.state == Preserved.WITHDRAWN.value)
    values = {"state": Preserved.WANTED.value, "at": timestamp(now), "content": None, "circumstances": None}
    connection.execute(sa.update(case_preservations).where(*same).values(values))


def _lies_in_vault(connection: sa.Connection, item: CaseItem, evidence: EvidenceId) -> None:
    before = item.told.content
    moved = sa.update(case_items).where(
        case_items.c.id == item.id,
        case_items.c.place == before.place.value,
        case_items.c.content == before.reference,
    )
    connection.execute(moved.values(place=Place.VAULT.value, content=evidence))
