"""Holding identical copies: fingerprints of requests to take down, as a bank of the review tier.

Rules: the bank's word is that of whoever asked, so it is of the review tier and the class ncii: a match holds content
for a person's decision, never more. An entry has its ticket as source id; what was asked for without ground is taken
back for that ticket alone, so that another request for the same picture holds it again. What is taken back is gone for
good; where that was wrong, and the decision is reversed, the ticket lists it again under a further name.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from safehold.gateway.reports.report import Fingerprint
from safehold.matching import BankStore
from safehold.matching.banks.bank import BankTerms
from safehold.matching.banks.traits import BankTraits
from safehold.matching.errors import NotListedError, UnknownBankError
from safehold.matching.listings import Listing
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Algorithm, HarmClass, Tier

BANK_NAME = "take-down-requests"

TRAITS = BankTraits(
    harm_class=HarmClass.NCII,
    tier=Tier.REVIEW,
    source="requests to take down, as received",
    legal_basis="TAKE IT DOWN Act, Public Law 119-12, section 3(a)(3)(B): known identical copies",
    terms=BankTerms(onward_sharing=False, text="fingerprints that people gave for this service alone"),
)
"""What the bank is; making it again with these traits changes nothing."""

MOST_TURNS = 9
"""How often one ticket may hold again what was let go; more is a quarrel, for people to end."""


class Holding(Protocol):
    """Hold content by fingerprints, and let it go."""

    def hold(self, ticket: str, fingerprints: Sequence[Fingerprint]) -> None:
        """Hold content with these fingerprints from now on; repeating it changes nothing."""
        ...

    def release(self, ticket: str) -> None:
        """Take back what this ticket holds; repeating it changes nothing."""
        ...


class NoHolding:
    """Holds nothing: where there is no gateway that could."""

    def hold(self, ticket: str, fingerprints: Sequence[Fingerprint]) -> None:
        """Do nothing."""

    def release(self, ticket: str) -> None:
        """Do nothing."""


class BankHolding:
    """Holds by a bank of its own.

    Args:
        banks: of the home.
    """

    def __init__(self, banks: BankStore) -> None:
        self._banks = banks

    def hold(self, ticket: str, fingerprints: Sequence[Fingerprint]) -> None:
        """Add the fingerprints to the bank, making it at the first.

        Raises:
            SafeholdError: the bank can't be written, or was taken out of use.
        """
        for name in _names(ticket):
            if not self._banks.import_listing(BANK_NAME, _listing(name, fingerprints), TRAITS).withdrawn:
                return

    def release(self, ticket: str) -> None:
        """Withdraw what this ticket listed."""
        for name in _names(ticket):
            try:
                self._banks.withdraw(BANK_NAME, (), reason="decided: no action", source_ids=(name,))
            except (NotListedError, UnknownBankError):
                return  # it never came to be listed


def _names(ticket: str) -> Iterator[str]:
    """Yield what a ticket calls its entries: anew each time after its decision was reversed."""
    yield ticket
    yield from (f"{ticket}.{turn}" for turn in range(2, MOST_TURNS + 1))


def _listing(ticket: str, fingerprints: Sequence[Fingerprint]) -> Listing:
    values: Mapping[Algorithm, list[str]] = defaultdict(list)
    for fingerprint in sorted(set(fingerprints), key=lambda one: (one.algorithm.value, one.value)):
        values[fingerprint.algorithm].append(fingerprint.value)
    told = "\n".join(f"{algorithm.value} {value}" for algorithm, group in values.items() for value in group)
    groups, before = {}, 0
    for algorithm, group in values.items():
        groups[algorithm] = _rows(ticket, algorithm, group).numbered(before)
        before += len(group)
    return Listing(groups, (), 0, 0, hashlib.sha256(told.encode()).hexdigest())


def _rows(ticket: str, algorithm: Algorithm, values: Sequence[str]) -> Rows:
    width = len(values[0]) // 2
    return Rows(
        algorithm,
        np.frombuffer(bytes.fromhex("".join(values)), np.uint8).reshape(-1, width),
        np.full(len(values), NO_CLASS, np.uint8),
        pa.array([""] * len(values), pa.large_string()),
        pa.array([ticket] * len(values), pa.large_string()),
        np.zeros(len(values), np.int64),
    )
