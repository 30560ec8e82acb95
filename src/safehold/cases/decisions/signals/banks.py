"""The own lists as banks of the home, which every check and scan follows within milliseconds.

Rules: both are of the trusted tier, since two people stand behind each entry: equal bytes are *confirmed by hash*, near
ones are held like those of any list. An entry has its listing as source id, so that a reversal takes back that
listing's alone: another decision on the same bytes keeps its own. PDQ values of the two pipelines lie in two banks.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa

from safehold.cases.axes import Severity, severity_of
from safehold.cases.decisions.signals.listing import ListedSignal, OwnList, SignalListing
from safehold.matching import BankStore
from safehold.matching.banks.bank import BankTerms, Entry
from safehold.matching.banks.traits import BankTraits
from safehold.matching.errors import BankWithdrawnError, NotListedError, UnknownBankError
from safehold.matching.listings import Listing
from safehold.matching.parts.rows import Rows, class_code
from safehold.vocabulary import Algorithm, Finding, HarmClass, PdqFlavour, Tier

CONFIRMED_BANK = "own-confirmed"
NEAREST_BANK = "own-confirmed-nearest512"
"""Holds PDQ values of the other pipeline, where an installation's lists ask for it."""

BENIGN_BANK = "own-benign"
OWN_BANKS = frozenset({CONFIRMED_BANK, NEAREST_BANK, BENIGN_BANK})

_TERMS = BankTerms(onward_sharing=False, text="made for this service alone; exchanges share by their own rules")


class OwnLists(Protocol):
    """List what people decided, take it back, and say whether what a list once said still holds."""

    def list(self, listing: SignalListing) -> None:
        """List the fingerprints; repeating it changes nothing, and what was taken back stays taken back."""
        ...

    def release(self, listing: SignalListing) -> None:
        """Take back what a listing listed, for good, also what a listing that still runs would list later."""
        ...

    def entry(self, finding: Finding) -> Entry | None:
        """Return the bank's entry that a match names; None where it was taken back, or its bank out of use."""
        ...


class BankLists:
    """The own lists of a home.

    Args:
        banks: of the home.
    """

    def __init__(self, banks: BankStore) -> None:
        self._banks = banks

    def list(self, listing: SignalListing) -> None:
        """List the fingerprints.

        Raises:
            SafeholdError: a bank can't be written, was taken out of use, or is another one of the same name.
        """
        for bank, signals in _by_bank(listing):
            self._banks.import_listing(bank, _listing(listing, signals), _traits(bank, listing))

    def release(self, listing: SignalListing) -> None:
        """Take back what a listing listed.

        It is listed first if it was not yet: only what a bank holds can be marked in it as taken back for good.
        """
        for bank, signals in _by_bank(listing):
            try:
                self._banks.import_listing(bank, _listing(listing, signals), _traits(bank, listing))
                self._banks.withdraw(bank, (), reason="decision reversed", source_ids=(listing.id,))
            except (NotListedError, BankWithdrawnError):
                continue  # it was taken back already, or nothing of the whole bank matches any more

    def entry(self, finding: Finding) -> Entry | None:
        """Return the bank's entry that a match names."""
        reference, _, number = finding.reference.rpartition("#")
        name = reference.rpartition("@")[0]
        if not (name and number.isdecimal()):
            return None
        try:
            if self._banks.show(name).withdrawn_at is not None:
                return None
            found = self._banks.entry(name, int(number), Algorithm(finding.detector))
        except UnknownBankError:
            return None
        return None if found is None or found.is_withdrawn else found


def severities_of(entry: Entry) -> tuple[Severity, ...]:
    """Return the severity labels that a trusted list gives an entry: words of its note that name scheme and label."""
    named = [severity_of(word) for word in entry.note.replace(",", " ").replace(";", " ").split()]
    by_scheme = {one.scheme: one for one in reversed(named) if one is not None}
    return tuple(sorted(by_scheme.values(), key=lambda one: one.word))


def _traits(bank: str, listing: SignalListing) -> BankTraits:
    is_benign = listing.list is OwnList.BENIGN
    return BankTraits(
        harm_class=HarmClass.BENIGN if is_benign else HarmClass.CSAM,
        tier=Tier.TRUSTED,
        source="found harmless by two people here" if is_benign else "confirmed by two people here",
        legal_basis="the service's own decisions on what it was sent",
        terms=_TERMS,
        pdq_flavour=PdqFlavour.NEAREST_512 if bank == NEAREST_BANK else PdqFlavour.FULL,
    )


def _by_bank(listing: SignalListing) -> Iterator[tuple[str, Sequence[ListedSignal]]]:
    groups: Mapping[str, list[ListedSignal]] = defaultdict(list)
    for one in listing.signals:
        is_other = one.flavour is PdqFlavour.NEAREST_512
        confirmed = NEAREST_BANK if is_other else CONFIRMED_BANK
        groups[BENIGN_BANK if listing.list is OwnList.BENIGN else confirmed].append(one)
    yield from groups.items()


def _listing(listing: SignalListing, signals: Sequence[ListedSignal]) -> Listing:
    by_algorithm: Mapping[Algorithm, list[ListedSignal]] = defaultdict(list)
    for one in sorted(signals, key=lambda one: (one.algorithm.value, one.value)):
        by_algorithm[one.algorithm].append(one)
    groups, before = {}, 0
    for algorithm, group in by_algorithm.items():
        groups[algorithm] = _rows(listing, algorithm, group).numbered(before)
        before += len(group)
    told = "\n".join(f"{one.algorithm.value} {one.value}" for group in by_algorithm.values() for one in group)
    return Listing(groups, (), 0, 0, hashlib.sha256(told.encode()).hexdigest())


def _rows(listing: SignalListing, algorithm: Algorithm, signals: Sequence[ListedSignal]) -> Rows:
    width = len(signals[0].value) // 2
    return Rows(
        algorithm,
        np.frombuffer(bytes.fromhex("".join(one.value for one in signals)), np.uint8).reshape(-1, width),
        np.full(len(signals), class_code(listing.harm_class), np.uint8),
        pa.array([one.note for one in signals], pa.large_string()),
        pa.array([listing.id] * len(signals), pa.large_string()),
        np.zeros(len(signals), np.int64),
    )
