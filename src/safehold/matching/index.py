"""The index: what finds the bank entries near a signal, over all banks of a home and the built-in one.

Rules: it is a snapshot, never changes, and takes no lock to read; `safehold.matching.live` follows the banks. Each
algorithm (and flavour of PDQ) has a few segments in files (see `segments.tiers`) and a small one in memory for what has
come since. Withdrawn entries are never given.

    index = Index.open(home)
    hits = index.lookup(Algorithm.PDQ, values, threshold=Bits(31), flavour=PdqFlavour.FULL)
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from safehold.home.home import Home
from safehold.matching.banks.bank import TEST_BANK, Bank
from safehold.matching.banks.builtin import builtin_bank
from safehold.matching.banks.catalogue import BankContents, stored_contents
from safehold.matching.errors import WrongWidthError
from safehold.matching.hits import HARM_CLASSES, Hits, merged
from safehold.matching.segments.files import check
from safehold.matching.segments.shelf import Shelf, Shelved
from safehold.matching.segments.sources import SourceKey, in_use, sources_of
from safehold.matching.segments.standing import Readings, standing
from safehold.matching.videos import ListedVideos
from safehold.vocabulary import Algorithm, Bits, HarmClass, PdqFlavour, signal_width_bytes

EQUAL = Bits(0)
"""The threshold that asks for equality."""

MOST_HITS = 64
"""How many hits a query may have where the caller doesn't say."""

_BYTE = np.dtype(np.uint8)


class Lookup(Protocol):
    """The port: find the bank entries near signals."""

    @property
    def banks(self) -> tuple[Bank, ...]:
        """Return the banks, in the order that hits count them in."""
        ...

    def flavours(self) -> frozenset[PdqFlavour]:
        """Return which flavours queries must be hashed in; never UNKNOWN."""
        ...

    def lookup(
        self,
        algorithm: Algorithm,
        values: NDArray[np.uint8],
        *,
        threshold: Bits = EQUAL,
        flavour: PdqFlavour | None = None,
        max_hits: int = MOST_HITS,
    ) -> Hits:
        """Return the entries within the threshold of each query."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """An opened index.

    Attributes:
        contents: the banks in use with their parts, by name.
        pieces: what is searched.
        rebuilt: digests of segments whose files were damaged and were made anew from the banks.
        videos: which entries are frames of listed videos.
    """

    contents: tuple[BankContents, ...]
    pieces: tuple[tuple[SourceKey, Shelved], ...]
    rebuilt: tuple[str, ...] = ()
    videos: ListedVideos = field(default_factory=lambda: ListedVideos(()))

    @classmethod
    def open(cls, home: Home, *, checked: bool = True) -> Self:
        """Open the index over a home's banks and the built-in one; build what is missing first.

        Args:
            home: where the banks are.
            checked: compare the digest of every file: a second for 10 million hashes. Without, what is already built
                answers at once, in the good faith that a file which nothing has written to holds what it held: for
                services that start often, and call `verify` in the background.

        Raises:
            PartDamagedError: a bank's file is missing or altered: without it nothing may pass as not listed.
            HomeUnusableError: the index can't be written.
        """
        return cls.over([*stored_contents(home), builtin_bank()], Shelf(home.indexes, checked=checked))

    @classmethod
    def over(cls, contents: Sequence[BankContents], shelf: Shelf | None = None) -> Self:
        """Make an index over these banks; wholly in memory without a shelf.

        Args:
            contents: banks with their parts; those taken out of use are left out.
            shelf: where segments are kept.
        """
        used, shelf = in_use(contents), shelf or Shelf(None)
        rebuilt: list[str] = []
        readings = Readings()
        pieces = [
            (source.key, standing(shelved, source, used, readings))
            for source in sources_of(used)
            for shelved in shelf.pieces(source, rebuilt)
        ]
        if shelf.checked:
            for _, shelved in pieces:
                shelved.piece.dead()
        return cls(used, tuple(pieces), tuple(rebuilt), ListedVideos(used))

    @property
    def banks(self) -> tuple[Bank, ...]:
        """Return the banks, in the order that hits count them in: by name."""
        return tuple(one.bank for one in self.contents)

    @property
    def version(self) -> str:
        """Return a digest over which versions of which banks these are, and what they hold."""
        return _version(self.contents)

    def verify(self) -> None:
        """Compare the digest of every file that is searched, and read every withdrawal; takes a second for 10 million.

        Raises:
            SegmentDamagedError: a file was altered: this index may miss what is listed. Open another one.
            PartDamagedError: a withdrawal can't be read.
        """
        for _, shelved in self.pieces:
            if shelved.folder is not None:
                check(shelved.folder)
            shelved.piece.dead()

    def flavours(self) -> frozenset[PdqFlavour]:
        """Return which flavours PDQ queries must be hashed in: those of the banks, both where one is unknown."""
        return flavours_of(self.banks)

    def class_counts(self) -> tuple[Mapping[HarmClass, int], ...]:
        """Return for each bank how many living entries it has of each class, as the entries themselves say."""
        counts = np.zeros((len(self.banks), len(HARM_CLASSES)), np.int64)
        for _, shelved in self.pieces:
            counts += shelved.piece.class_counts(len(self.banks))
        return tuple(
            {HARM_CLASSES[code]: count for code, count in enumerate(of_bank) if count} for of_bank in counts.tolist()
        )

    def lookup(
        self,
        algorithm: Algorithm,
        values: NDArray[np.uint8],
        *,
        threshold: Bits = EQUAL,
        flavour: PdqFlavour | None = None,
        max_hits: int = MOST_HITS,
    ) -> Hits:
        """Return the entries within the threshold of each query; batches of 512 and more cost least.

        Args:
            algorithm: of the values.
            values: (n, width) uint8, most significant byte first.
            threshold: for PDQ, the largest distance that counts, unless an entry's bank says less; every other
                algorithm asks for equality.
            flavour: for PDQ, which pipeline made the values: entries of the other one are left out. None or
                UNKNOWN searches all.
            max_hits: how many hits a query may have; queries that have more are listed in ``capped``.

        Raises:
            WrongWidthError: the values don't have the width of their algorithm.
        """
        checked = require_width(algorithm, values)
        return merged(
            [
                shelved.piece.lookup(checked, threshold, most=max_hits)
                for key, shelved in self.pieces
                if key.algorithm is algorithm and is_asked(key.flavour, flavour)
            ],
            most=max_hits,
        )


def flavours_of(banks: Sequence[Bank]) -> frozenset[PdqFlavour]:
    """Return which flavours PDQ queries must be hashed in for these banks; never UNKNOWN, never none.

    The built-in bank asks for none, since the test signature has one value in both; alone, it asks for FULL.
    """
    found = {bank.pdq_flavour for bank in banks if bank.name != TEST_BANK and bank.entries.get(Algorithm.PDQ)}
    if PdqFlavour.UNKNOWN in found:
        return frozenset({PdqFlavour.FULL, PdqFlavour.NEAREST_512})
    return frozenset(found or {PdqFlavour.FULL})


def require_width(algorithm: Algorithm, values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return values to look up as contiguous rows.

    Raises:
        WrongWidthError: they don't have the width of their algorithm.
    """
    width = signal_width_bytes(algorithm)
    if values.ndim != 2 or values.shape[1] != width or values.dtype != _BYTE:
        raise WrongWidthError(
            f"{algorithm.value} values to look up must be rows of {width} bytes",
            advice="Check which algorithm made the values.",
        )
    return values if values.flags.c_contiguous else np.ascontiguousarray(values)


def is_asked(listed: PdqFlavour | None, asked: PdqFlavour | None) -> bool:
    """Whether entries of one flavour are to be compared with queries of another; an unknown one goes with both."""
    if listed is asked or listed is None or asked is None:
        return True
    return PdqFlavour.UNKNOWN in (listed, asked)


def _version(used: Sequence[BankContents]) -> str:
    listed = [
        [one.bank.name, one.bank.version, one.bank.pdq_flavour.value, one.bank.harm_class.value, one.bank.tier.value]
        + [part.sha256 for part in one.parts]
        + ([] if one.bank.pdq_threshold is None else [f"threshold {one.bank.pdq_threshold}"])
        for one in used
    ]
    return hashlib.sha256(json.dumps(listed, separators=(",", ":")).encode()).hexdigest()
