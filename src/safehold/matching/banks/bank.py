"""Banks: named, versioned lists of fingerprints with a source, a legal basis, a harm class and a tier."""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from safehold.matching.errors import BankNameError
from safehold.vocabulary import Algorithm, Bits, HarmClass, PdqFlavour, Tier

TEST_BANK = "test"
"""The name of the built-in bank."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class BankTerms:
    """What the party that gave the list allows.

    Attributes:
        onward_sharing: whether entries may be given to others; a bank may only be exported if so.
        text: the terms in words, or where they are written down.
    """

    onward_sharing: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank, without its entries.

    Attributes:
        name: how a person calls it: lower-case letters, digits, dashes, underscores.
        source: who gave it.
        legal_basis: why it may be held and used.
        terms: what the source allows.
        harm_class: what its entries are, where an entry doesn't say otherwise.
        tier: how far a policy may go on its word.
        pdq_flavour: which pipeline made its PDQ values.
        version: counts its imports and withdrawals; 0 while it is empty.
        created_at: when, aware, UTC.
        entries: how many entries of each algorithm are listed and not withdrawn.
        withdrawn_at: when the whole bank was taken out of use; its entries match nothing from then on.
        withdrawn_reason: why.
        pdq_threshold: the largest distance at which its PDQ values count, where that is less than the policy's; None
            leaves it to the policy.
    """

    name: str
    source: str
    legal_basis: str
    terms: BankTerms
    harm_class: HarmClass
    tier: Tier
    pdq_flavour: PdqFlavour
    version: int
    created_at: dt.datetime
    entries: Mapping[Algorithm, int] = field(default_factory=dict)
    withdrawn_at: dt.datetime | None = None
    withdrawn_reason: str = ""
    pdq_threshold: Bits | None = None

    @property
    def reference(self) -> str:
        """Return how a finding names this version: "NAME@VERSION"."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a bank.

    Attributes:
        number: its place, counted from 0 over all imports; never reused.
        algorithm: what made the value.
        value: the fingerprint, most significant byte first.
        harm_class: what it is; None for the bank's own class.
        note: what the source says of it.
        source_id: what the source calls it.
        is_withdrawn: whether it was taken back, for good.
        threshold: for PDQ, the largest distance at which it counts; None leaves it to its bank and the policy.
    """

    number: int
    algorithm: Algorithm
    value: bytes
    harm_class: HarmClass | None = None
    note: str = ""
    source_id: str = ""
    is_withdrawn: bool = False
    threshold: Bits | None = None


def checked_name(name: str) -> str:
    """Return a name for a new bank if it can be used.

    Raises:
        BankNameError: it has other characters, is too long, or belongs to the built-in bank.
    """
    if not _NAME.fullmatch(name):
        raise BankNameError(
            "a bank's name has 1 to 64 lower-case letters, digits, dashes or underscores",
            advice="Choose a name such as industry-list.",
        )
    if name == TEST_BANK:
        raise BankNameError(
            "the name test belongs to the built-in bank, which can't be changed", advice="Choose another name."
        )
    return name
