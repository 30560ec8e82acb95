"""Sealing what people write to the review key: whoever serves requests can't read it back.

Source: libsodium's sealed boxes (X25519, XSalsa20-Poly1305).
"""

import json
from typing import Protocol

from nacl.public import PublicKey, SealedBox

from safehold.gateway.reports.report import Submission


class Seals(Protocol):
    """Seal bytes so that the review key alone opens them."""

    def seal(self, data: bytes) -> bytes:
        """Return the sealed bytes."""
        ...


class ReviewSeal:
    """Seal to a public key.

    Args:
        public_key: 32 bytes, X25519.
    """

    def __init__(self, public_key: bytes) -> None:
        self._box = SealedBox(PublicKey(public_key))

    def seal(self, data: bytes) -> bytes:
        """Return the sealed bytes."""
        return self._box.encrypt(data)


def note_of(submission: Submission) -> bytes:
    """Return what of a submission is sealed, as JSON in UTF-8."""
    told = {
        "contact": submission.contact,
        "note": submission.note,
        "reference": submission.reference,
        "role": submission.role.value,
        "signature": submission.signature,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
