"""Orders: a check as it was asked for, read and ready to be decided."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from safehold.gateway import CheckRequest, Item
from safehold.service.checking.kept import Asked
from safehold.service.checking.wire import CheckSent
from safehold.service.keys import Key, Token


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be decided, for whom, and what makes it the same as another.

    Attributes:
        request: what is to be checked.
        key: whose it is.
        asked: what makes it the same as another.
        callback: the webhook that is told; None for none.
    """

    request: CheckRequest
    key: Key
    asked: Asked
    callback: str | None = None


def digest(sent: CheckSent, contents: Sequence[bytes], token: Token) -> str:
    """Return the digest of a request, without its idempotency key: of what it says, not of how it was written.

    Args:
        sent: what it says.
        contents: of a form, the bytes of its items in order; else what was fetched for it.
        token: whose secret the digest is under.
    """
    parts = [sent.model_dump_json(exclude={"idempotency_key"}).encode()]
    parts += [hashlib.sha256(content).digest() for content in contents]
    return token.sign(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def size_of(item: Item) -> int:
    """Return how much of an item is kept in memory while it waits: bytes, and characters of its texts."""
    return len(item.data) + len(item.text) + sum(len(turn.text) for turn in item.turns)
