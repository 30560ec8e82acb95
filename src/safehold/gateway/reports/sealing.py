"""Sealing what people write to the review key: whoever serves requests can't read it back.

Source: libsodium's sealed boxes (X25519, XSalsa20-Poly1305).
"""

import json
from typing import Protocol

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from safehold.gateway.reports.errors import NoteUnopenedError, SealMissingError
from safehold.gateway.reports.judgement import is_own_id
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


def sealed(data: bytes, seals: Seals | None) -> bytes:
    """Return data sealed.

    Raises:
        SealMissingError: there is nothing to seal it with; whoever sent it is told so, and nothing is kept.
    """
    if seals is None:
        raise SealMissingError(
            "what people write can't be sealed: there is no review key",
            advice="Make one on the console's machine; see docs/reports.md.",
        )
    return seals.seal(data)


def sealed_note(submission: Submission, seals: Seals | None) -> bytes | None:
    """Return what of a submission is sealed, as JSON in UTF-8; None where an id of ours says it all.

    Raises:
        SealMissingError: as for `sealed`.
    """
    texts = (submission.note, submission.contact, submission.signature)
    if not any(texts) and is_own_id(submission.target, submission.reference):
        return None
    told = {
        "contact": submission.contact,
        "note": submission.note,
        "reference": submission.reference,
        "role": submission.role.value,
        "signature": submission.signature,
    }
    return sealed(json.dumps(told, ensure_ascii=False, sort_keys=True).encode(), seals)


def open_note(sealed_bytes: bytes, secret: bytes) -> dict[str, str]:
    """Return a sealed note; the caller owes that the opening is recorded.

    Args:
        sealed_bytes: as they are kept.
        secret: the review key's private half, 32 bytes.

    Raises:
        NoteUnopenedError: another key sealed it, or it was changed.
    """
    try:
        told = json.loads(SealedBox(PrivateKey(secret)).decrypt(sealed_bytes))
    except (CryptoError, ValueError) as error:
        raise NoteUnopenedError(
            "what was written does not open with this key", advice="Use the review key that it was sealed to."
        ) from error
    return {str(name): str(value) for name, value in told.items()}
