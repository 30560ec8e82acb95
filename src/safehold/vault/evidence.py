"""Evidence: what the vault knows about a sealed object without being able to open it."""

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum
from typing import NewType

from safehold.vault.errors import UnknownEvidenceError, VaultError

EvidenceId = NewType("EvidenceId", str)
"""64 lower-case hexadecimal digits: HMAC-SHA-256, under the home's vault key, of the content's SHA-256."""

ID_WIDTH_BYTES = 32


WORD_ADVICE = (
    "It is recorded for ever: use one word of up to 64 letters, digits and -_:@#+=, starting with a letter or digit."
)

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:@#+=-]{0,63}")


def is_word(text: str) -> bool:
    """Return whether a text may be recorded: one word, so that no sentence, name of a file or address gets in."""
    return _WORD.fullmatch(text) is not None and "::" not in text


class EvidenceState(Enum):
    """Where evidence is in its life."""

    SEALED = "sealed"
    ERASING = "erasing"
    """An erasure has begun and is not shown to be complete: it can only be finished."""
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Label:
    """What is written beside sealed bytes, in clear.

    Attributes:
        case: the case or run that the evidence belongs to: an opaque reference, never a name or address.
        actor: who asked for the sealing.
        policy: the policy version that it happened under, or "".
        belongs_to: the evidence that the bytes tell of, and with which they are held and erased; "" for none.

    Raises:
        VaultError: the case is no single word.
    """

    case: str
    actor: str = "system"
    policy: str = ""
    belongs_to: EvidenceId | str = ""

    def __post_init__(self) -> None:
        if not is_word(self.case):
            raise VaultError("a label's case is no single word", advice=WORD_ADVICE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row of the vault's register.

    Attributes:
        id: what it is called; equal bytes have equal ids within one home.
        sealed_at: when, in UTC.
        size: bytes of the content.
        custodians: the names of those who hold a share, in the order of the shares.
        threshold: how many of them must act together to open it.
        case: the label's case.
        state: sealed, being erased, or erased.
        place: under which name its shelves hold it.
        belongs_to: the evidence that it tells of; "" for none.
    """

    id: EvidenceId
    sealed_at: dt.datetime
    size: int
    custodians: tuple[str, ...]
    threshold: int
    case: str
    state: EvidenceState
    place: str = ""
    belongs_to: str = ""


def parse_evidence_id(text: str) -> EvidenceId:
    """Return the id written in ``text``.

    Raises:
        UnknownEvidenceError: it does not have the shape of an id (so that it can never name a path either).
    """
    if len(text) != 2 * ID_WIDTH_BYTES or not set(text) <= set("0123456789abcdef"):
        raise UnknownEvidenceError("that is not an evidence id", advice="Copy an id of 64 digits from `vault list`.")
    return EvidenceId(text)
