"""Erasures: what they rest on, and the mark of what they destroy. Pure."""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import Self

from safehold.vault.errors import ErasureRefusedError, ErasureUnfinishedError
from safehold.vault.evidence import WORD_ADVICE, is_word
from safehold.vault.inspection import Stored


class ReferenceKind(Enum):
    """What allows evidence to be destroyed."""

    RECEIPT = "receipt"
    COUNSEL = "counsel"
    REQUEST = "request"
    """Of a law-enforcement agency to destroy it, or of whom it is about to erase it; approved by two people."""

    REVERSAL = "reversal"
    """What it was confirmed by was reversed while it was being sealed: it never became evidence."""


@dataclass(frozen=True, slots=True)
class Reference:
    """What an erasure rests on: the authority's receipt, counsel's reference, or an approved request.

    Attributes:
        kind: which of them.
        text: the reference, as one word.

    Raises:
        ErasureRefusedError: the text is blank or more than a word.
    """

    kind: ReferenceKind
    text: str

    def __post_init__(self) -> None:
        if not is_word(self.text):
            raise ErasureRefusedError(
                "erasing evidence needs the authority's receipt or counsel's reference as one word", advice=WORD_ADVICE
            )


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is kept of an erasure from its beginning on, so that it can be finished and shown.

    Attributes:
        reference: what it rests on.
        shares: how many shares there were.
        digest: SHA-256 over all of them, 64 hexadecimal digits: whoever finds a copy later can show that it is one.
    """

    reference: Reference
    shares: int
    digest: str

    @classmethod
    def of(cls, reference: Reference, stored: Stored) -> Self:
        """Return the erasure of what is stored."""
        whole = hashlib.sha256()
        for name, share in sorted(stored.shares.items()):
            whole.update(hashlib.sha256(name.encode() + b"\0" + share).digest())
        return cls(reference, len(stored.shares), whole.hexdigest())

    def to_json(self) -> str:
        """Return the text that the register holds."""
        told = {"kind": self.reference.kind.value, "reference": self.reference.text, "shares": self.shares}
        return json.dumps({**told, "digest": self.digest}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the erasure of a text that :meth:`to_json` wrote."""
        told = json.loads(text)
        return cls(Reference(ReferenceKind(told["kind"]), told["reference"]), told["shares"], told["digest"])


def refuse_left(stored: Stored) -> None:
    """Stop an erasure from being called complete while anything is left.

    Raises:
        ErasureUnfinishedError: something is.
    """
    if stored.object is not None or stored.shares or stored.is_half_erased:
        raise ErasureUnfinishedError(
            "something of this evidence is still stored", advice="Erase it again; see who else writes to the vault."
        )
