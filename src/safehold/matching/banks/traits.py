"""Traits: what a command states about a bank, to create it or to make sure that it is the one that is meant."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np

from safehold.matching.banks.bank import Bank, BankTerms
from safehold.matching.errors import BankDiffersError, MissingTraitError
from safehold.matching.listings import Listing
from safehold.matching.parts.rows import class_of
from safehold.vocabulary import Bits, HarmClass, PdqFlavour, Tier

_NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class BankTraits:
    """What is stated; None is not stated. Attributes are those of :class:`Bank`."""

    harm_class: HarmClass | None = None
    tier: Tier | None = None
    legal_basis: str | None = None
    source: str | None = None
    terms: BankTerms | None = None
    pdq_flavour: PdqFlavour | None = None
    pdq_threshold: Bits | None = None

    def completed(self, listing: Listing) -> "BankTraits":
        """Return the traits with the class that all rows of a list agree on, where none is stated."""
        codes = {int(code) for rows in listing.groups.values() for code in np.unique(rows.harm_class)}
        if self.harm_class is not None or len(codes) != 1:
            return self
        return replace(self, harm_class=class_of(codes.pop()))

    def bank(self, name: str, now: dt.datetime) -> Bank:
        """Return a new bank of version 0 with these traits.

        Raises:
            MissingTraitError: its class is not stated; nobody but the person who brings a list can know it.
        """
        if self.harm_class is None:
            raise MissingTraitError(
                f"nothing says what bank {name} lists",
                advice=f"State it with --class, one of: {', '.join(one.value for one in HarmClass)}.",
            )
        return Bank(
            name=name,
            source=self.source or _NOT_STATED,
            legal_basis=self.legal_basis or _NOT_STATED,
            terms=self.terms or BankTerms(),
            harm_class=self.harm_class,
            tier=self.tier or Tier.TRUSTED,
            pdq_flavour=self.pdq_flavour or PdqFlavour.UNKNOWN,
            version=0,
            created_at=now,
            pdq_threshold=self.pdq_threshold,
        )

    def supplies_basis(self, bank: Bank) -> bool:
        """Return whether a legal basis is stated here, and none for a bank that exists."""
        return self.legal_basis is not None and bank.legal_basis == _NOT_STATED

    def require_agreement(self, bank: Bank) -> None:
        """Raise if anything that is stated differs from a bank that exists; a legal basis may be stated later.

        Raises:
            BankDiffersError: which traits differ.
        """
        stated = {
            "class": (self.harm_class, bank.harm_class),
            "tier": (self.tier, bank.tier),
            "legal basis": (None if self.supplies_basis(bank) else self.legal_basis, bank.legal_basis),
            "source": (self.source, bank.source),
            "terms": (self.terms, bank.terms),
            "PDQ flavour": (self.pdq_flavour, bank.pdq_flavour),
            "PDQ threshold": (self.pdq_threshold, bank.pdq_threshold),
        }
        differing = [name for name, (said, held) in stated.items() if said is not None and said != held]
        if differing:
            raise BankDiffersError(
                f"bank {bank.name} has another {' and '.join(differing)}; nothing was imported",
                advice=f"See it with: safehold bank show {bank.name}. Use another name for another kind of list.",
            )


NOTHING_STATED = BankTraits()
"""States nothing."""
