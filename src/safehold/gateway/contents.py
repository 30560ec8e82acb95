"""Contents: words and bytes of held items, sealed and kept once, however many items hold the same.

A held item is two things: what is its own (what it was sent as, under which name), a box of some hundred bytes; and its
words and bytes, which lie under a digest of them that is keyed with a secret of the home and the review key. A thousand
identical uploads are a thousand boxes and one content. It goes with the last item that holds it, in one transaction.

    sealed = seal_item(item, review_key, check_key=key)
    put_in(connection, sealed)                      # in the transaction of the decision
    drop_unheld(connection, names)                  # in the one that removed items
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from safehold.gateway.item import Item, ItemKind
from safehold.gateway.tables import contents, held
from safehold.gateway.turn import Turn
from safehold.home.prepared import Prepared
from safehold.vault import CustodianKey, EvidenceId
from safehold.vault.review import ReviewKey, SealedItem, open_box, open_item

_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealedHeld:
    """A held item, sealed to the review key.

    Attributes:
        id: of the item, 64 hexadecimal digits, random.
        own: what is its own, as a box.
        body: its words and bytes; equal ones have equal ids.
    """

    id: str
    own: bytes = field(repr=False)
    body: SealedItem

    @property
    def size(self) -> int:
        """Return how many bytes of words and bytes there are."""
        return self.body.size


def seal_item(item: Item, review_key: ReviewKey, *, check_key: bytes) -> SealedHeld:
    """Seal an item.

    Args:
        item: what it is.
        review_key: to which key.
        check_key: 32 secret bytes of the home's: names contents, and tells that one is what was sealed.
    """
    own = json.dumps({"kind": item.kind.value, "file_name": item.file_name}).encode()
    words = json.dumps({"text": item.text, "turns": [[turn.role, turn.text] for turn in item.turns]}).encode()
    body = words + b"\n" + item.data
    name = _name(body, review_key, check_key)
    return SealedHeld(
        secrets.token_hex(_ID_BYTES), review_key.box(own), review_key.seal(body, check_key=check_key, identifier=name)
    )


def put_in(connection: sa.Connection, sealed: SealedHeld) -> None:
    """Keep the words and bytes of an item, if no other item holds the same; in a writing transaction."""
    if not _KNOWN.rows(connection, {"name": sealed.body.id}):
        row = {"id": sealed.body.id, "sealed": sealed.body.object, "share": sealed.body.share}
        _PUT[connection.dialect.name].run(connection, row)


def drop_unheld(connection: sa.Connection, names: Collection[str]) -> None:
    """Remove those of these contents that no item holds any more; in the transaction that removed items."""
    if names:
        holds = sa.select(held.c.id).where(held.c.content == contents.c.id)
        connection.execute(sa.delete(contents).where(contents.c.id.in_(names), sa.not_(holds.exists())))


def open_held(own: bytes, body: SealedItem, key: CustodianKey) -> Item:
    """Return a held item, in memory; the caller owes that the opening is recorded.

    Raises:
        ReviewKeyError: another key sealed it, or it was changed.
    """
    told = json.loads(open_box(own, key))
    head, _, data = open_item(body, key).partition(b"\n")
    words = json.loads(head)
    turns = tuple(Turn(role, text) for role, text in words["turns"])
    return Item(ItemKind(told["kind"]), text=words["text"], turns=turns, data=data, file_name=told["file_name"])


def _name(body: bytes, review_key: ReviewKey, check_key: bytes) -> EvidenceId:
    told = b"held-content" + review_key.public_key + hashlib.sha256(body).digest()
    return EvidenceId(hmac.new(check_key, told, hashlib.sha256).hexdigest())


_KNOWN = Prepared(sa.select(contents.c.id).where(contents.c.id == sa.bindparam("name")))
_PUT = {
    "postgresql": Prepared(postgresql.insert(contents).on_conflict_do_nothing()),
    "sqlite": Prepared(sqlite.insert(contents).on_conflict_do_nothing()),
}
