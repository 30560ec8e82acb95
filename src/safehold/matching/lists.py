"""Lists in memory: banks made of values that a program holds itself, for an index without a home.

Nothing is written and nothing recorded; who must account for what was matched uses a home's banks. Entries are numbered
as the values are, so that a hit leads back to whatever the program knows of them.

    index = Index.over([bank_of("mine", ["f8f8…", "9c3d…"], harm_class=HarmClass.NCII)])
    hits = index.lookup(Algorithm.PDQ, values, threshold=Bits(31))
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching.banks.bank import Bank, BankTerms, checked_name
from safehold.matching.banks.catalogue import BankContents, living_entries
from safehold.matching.errors import MalformedListError, WrongWidthError
from safehold.matching.index import require_width
from safehold.matching.listings import read_listing
from safehold.matching.parts.part import MemoryPart, PartKind
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Tier, signal_width_bytes

_VERSION = 1
_BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
"""When a bank in memory was made: the same for all, so that the index's version tells of content alone."""


@dataclass(frozen=True, slots=True)
class ListTraits:
    """What is said of a list as a whole, where it differs from the usual.

    Attributes:
        tier: how far a policy may go on its word.
        pdq_flavour: which pipeline made its PDQ values; UNKNOWN has queries of both compared.
        source: who gave it.
        legal_basis: why it may be held and used.
    """

    tier: Tier = Tier.REVIEW
    pdq_flavour: PdqFlavour = PdqFlavour.UNKNOWN
    source: str = ""
    legal_basis: str = ""


USUAL = ListTraits()


def bank_of(
    name: str,
    values: Sequence[str] | NDArray[np.uint8],
    *,
    harm_class: HarmClass,
    algorithm: Algorithm = Algorithm.PDQ,
    traits: ListTraits = USUAL,
) -> BankContents:
    """Return a bank of values, whose entries are numbered as they are.

    Args:
        name: lower-case letters, digits, dashes, underscores; not "test".
        values: hexadecimal texts, or (n, width) uint8, one value a row, most significant byte first.
        harm_class: what they are.
        algorithm: what made them.
        traits: what else is said of them.

    Raises:
        BankNameError: the name can't be used.
        WrongWidthError: a value is not hexadecimal, or not as wide as those of its algorithm.
    """
    content = require_width(algorithm, values if isinstance(values, np.ndarray) else _parsed(values, algorithm))
    unsaid = pa.array([""] * len(content), pa.large_string())
    codes = np.full(len(content), NO_CLASS, np.uint8)
    rows = Rows(algorithm, content.copy(), codes, unsaid, unsaid, np.arange(len(content), dtype=np.int64))
    return _bank(name, {algorithm: rows} if len(content) else {}, harm_class, traits)


def bank_from(
    name: str,
    path: Path,
    *,
    harm_class: HarmClass,
    algorithm: Algorithm | None = None,
    traits: ListTraits = USUAL,
) -> BankContents:
    """Return a bank of what a list's file holds, in any of the shapes that `safehold bank import` reads.

    Args:
        name: as for `bank_of`.
        path: the file.
        harm_class: what entries are that don't say otherwise.
        algorithm: of values whose row doesn't say; None guesses it from their length.
        traits: what else is said of them.

    Raises:
        UnreadableListError: the file can't be read, or is no list.
        AmbiguousAlgorithmError: a value of 64 digits could be a SHA-256 or a PDQ.
        MalformedListError: rows are malformed; a list is taken whole or not at all.
    """
    listing = read_listing(path, algorithm=algorithm)
    if listing.fault_count:
        first = listing.faults[0]
        raise MalformedListError(
            f"{listing.fault_count} rows of {path} can't be read, the first in line {first.line}: {first.reason}",
            advice="Mend the list, or import it into a home with `safehold bank import --skip-malformed`.",
            faults=listing.faults,
            count=listing.fault_count,
        )
    return _bank(name, listing.groups, harm_class, traits)


def _bank(name: str, groups: Mapping[Algorithm, Rows], harm_class: HarmClass, traits: ListTraits) -> BankContents:
    parts = (MemoryPart(PartKind.IMPORT, groups),) if groups else ()
    bank = Bank(
        name=checked_name(name),
        source=traits.source,
        legal_basis=traits.legal_basis,
        terms=BankTerms(),
        harm_class=harm_class,
        tier=traits.tier,
        pdq_flavour=traits.pdq_flavour,
        version=_VERSION,
        created_at=_BEGINNING,
        entries=living_entries(parts),
    )
    return BankContents(bank, parts)


def _parsed(texts: Sequence[str], algorithm: Algorithm) -> NDArray[np.uint8]:
    width = signal_width_bytes(algorithm)
    for place, text in enumerate(texts):
        if len(text) != 2 * width or not text.isascii() or not text.isalnum():
            raise _malformed(place, algorithm)
    try:
        content = bytes.fromhex("".join(texts))
    except ValueError as error:
        place = next(place for place, text in enumerate(texts) if set(text.lower()) - set("0123456789abcdef"))
        raise _malformed(place, algorithm) from error
    return np.frombuffer(content, np.uint8).reshape(-1, width)


def _malformed(place: int, algorithm: Algorithm) -> WrongWidthError:
    return WrongWidthError(
        f"value {place} is not {2 * signal_width_bytes(algorithm)} hexadecimal digits, as {algorithm.value} has",
        advice="Check which algorithm made the values.",
    )
