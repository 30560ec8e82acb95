"""Commitments: what binds a line of an export to one event of the ledger without letting anybody guess at it.

A leaf of the ledger is a digest over everything of an event, who did it included: who has it can try names until one
fits. So does who has the leaf beside it, or the root of the two. An export for auditors holds none of them, but an HMAC
of each leaf under a key of its own, which is derived from a secret of the home and stays there. Whoever opens one event
says its key (:mod:`safehold.cases.exports.audit_file.disclosure`); the others stay closed.

    blinding = Blinding.new(secret)
    blinding.commit(place, leaf)
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

_NONCE_BYTES = 16


@dataclass(frozen=True, slots=True)
class Blinding:
    """What the events of one export are blinded with.

    Attributes:
        secret: of the home, 32 bytes.
        nonce: of the export, 32 hexadecimal digits; it stands in the event of the export, and nowhere else.
    """

    secret: bytes = field(repr=False)
    nonce: str = field(repr=False)

    @classmethod
    def new(cls, secret: bytes) -> Self:
        """Return the blinding of a new export."""
        return cls(secret, secrets.token_hex(_NONCE_BYTES))

    def key(self, place: int) -> bytes:
        """Return the key of the event at a place, 32 bytes; to say it opens that event alone."""
        return hmac.new(self.secret, f"audit-export {self.nonce} {place}".encode(), hashlib.sha256).digest()

    def commit(self, place: int, leaf_hex: str) -> str:
        """Return the commitment to the event at a place."""
        return commitment(self.key(place), leaf_hex)


def commitment(key: bytes, leaf_hex: str) -> str:
    """Return the commitment to a leaf under a key: 64 hexadecimal digits."""
    return hmac.new(key, bytes.fromhex(leaf_hex), hashlib.sha256).hexdigest()
