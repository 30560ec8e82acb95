"""Held items: what is kept, sealed, of what was held or denied. For the console's process, which has the review key.

items = HeldItems(home.database, ledger)
item = items.open(items.list()[0].id, read_review_key(path), actor="amira", purpose="review", now=clock.now())
"""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from safehold.gateway.contents import open_held
from safehold.gateway.errors import HeldItemMissingError
from safehold.gateway.item import Item, ItemKind
from safehold.gateway.recording import Events
from safehold.gateway.tables import contents, held
from safehold.gateway.turn import Turn
from safehold.home.database import Database
from safehold.ledger.entry import timestamp
from safehold.vault import CustodianKey
from safehold.vault.review import SealedItem, open_item
from safehold.vocabulary import Event


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One kept item, without its content.

    Attributes:
        id: of what is kept.
        decision: the check that it belongs to.
        kind: what it is to the service.
        size: bytes that were sealed.
        review_key: which key opens it.
        expires_at: when it is removed, RFC 3339 in UTC.
    """

    id: str
    decision: str
    kind: ItemKind
    size: int
    review_key: str
    expires_at: str


class HeldItems:
    """The kept items of a home.

    Args:
        database: of the home.
        events: its ledger.
    """

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def list(self, decision: str | None = None) -> tuple[HeldItem, ...]:
        """Return what is kept, or what is kept of one check, in the order in which it ends."""
        columns = (held.c.id, held.c.decision, held.c.kind, held.c.size, held.c.review_key, held.c.expires_at)
        query = sa.select(*columns).order_by(held.c.expires_at, held.c.decision, held.c.item)
        if decision is not None:
            query = query.where(held.c.decision == decision)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(HeldItem(row.id, row.decision, ItemKind(row.kind), *row[3:]) for row in rows)

    def open(self, identifier: str, key: CustodianKey, *, actor: str, purpose: str, now: dt.datetime) -> Item:
        """Return a kept item, in memory; the ledger says who opened what and why before it is given out.

        Args:
            identifier: of what is kept.
            key: the private half of the review key.
            actor: who opens it.
            purpose: why, in one word.
            now: the time: what is over is not opened any more, removed or not.

        Raises:
            HeldItemMissingError: it was never kept, or its time is over.
            ReviewKeyError: another key sealed it.
            UnfitEventError: the purpose is more than a word.
        """
        with self._database.reading() as connection:
            lies = sa.outerjoin(held, contents, contents.c.id == held.c.content)
            query = sa.select(held, contents.c.sealed.label("body"), contents.c.share.label("key")).select_from(lies)
            row = connection.execute(
                query.where(held.c.id == identifier, held.c.expires_at > timestamp(now))
            ).one_or_none()
        if row is None:
            raise HeldItemMissingError("there is no such held item", advice="It was never kept, or its time is over.")
        item = _opened(row, key)
        self._events.append(
            Event("held.opened", actor, "", {"item": row.id, "check": row.decision, "purpose": purpose})
        )
        return item


def _opened(row: sa.Row[Any], key: CustodianKey) -> Item:
    """Return a kept item, whichever way it lies."""
    if row.content is None:
        return _item(open_item(SealedItem(row.id, row.sealed, row.share, row.size, row.review_key), key))
    return open_held(row.sealed, SealedItem(row.content, row.body, row.key, row.size, row.review_key), key)


def _item(content: bytes) -> Item:
    head, _, data = content.partition(b"\n")
    told = json.loads(head)
    turns = tuple(Turn(role, text) for role, text in told["turns"])
    return Item(ItemKind(told["kind"]), text=told["text"], turns=turns, data=data, file_name=told["file_name"])
