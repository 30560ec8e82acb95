"""Made-up banks for benchmarks, in memory or in a home: random values that stand for nothing."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.home.home import Home
from safehold.ledger import open_ledger
from safehold.matching import Bank, BankStore, BankTerms, BankTraits, Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.listings import Listing
from safehold.matching.parts.part import MemoryPart, PartKind
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, SystemClock, Tier

Values = NDArray[np.uint8]

CLUSTER, FLIPS = 10, 8
"""How many values a cluster has, and how many bits of each are flipped."""


def random_values(count: int, width: int, *, seed: int) -> Values:
    """Return (count, width) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)


def clustered_values(count: int, *, seed: int) -> Values:
    """Return (count, 32) uint8: clusters of ten, each value some 8 bits from its centre, like variants of pictures."""
    generator = np.random.default_rng(seed)
    values = np.repeat(random_values(-(-count // CLUSTER), 32, seed=seed), CLUSTER, axis=0)[:count]
    for _ in range(FLIPS):
        bit = np.uint8(1) << generator.integers(0, 8, count, np.uint8)
        values[np.arange(count), generator.integers(0, 32, count)] ^= bit
    return values


def rows_of(algorithm: Algorithm, values: Values) -> Rows:
    """Return values as rows that say nothing of themselves."""
    empty = pa.repeat(pa.scalar("", pa.large_string()), len(values))
    return Rows(algorithm, values, np.full(len(values), NO_CLASS, np.uint8), empty, empty, np.arange(len(values)))


@contextmanager
def home_of(folder: Path, values: Values) -> Iterator[Home]:
    """Give a home with one bank of PDQ values; its segment is made by whoever opens its index first."""
    with Home.open(folder, SystemClock()) as home:
        listing = Listing({Algorithm.PDQ: rows_of(Algorithm.PDQ, values)}, (), 0, 0, "")
        traits = BankTraits(harm_class=HarmClass.TEST, pdq_flavour=PdqFlavour.FULL)
        BankStore(home, open_ledger(home)).import_listing("made-up", listing, traits)
        yield home


def index_of(algorithm: Algorithm, values: Values) -> Index:
    """Return an index over one bank of these values, in memory."""
    rows = rows_of(algorithm, values)
    bank = Bank(
        name="made-up",
        source="made up",
        legal_basis="made up",
        terms=BankTerms(),
        harm_class=HarmClass.TEST,
        tier=Tier.REVIEW,
        pdq_flavour=PdqFlavour.FULL,
        version=1,
        created_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        entries={algorithm: len(values)},
    )
    return Index.over([BankContents(bank, (MemoryPart(PartKind.IMPORT, {algorithm: rows}),))])
