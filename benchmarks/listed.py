"""Made-up banks in memory for benchmarks: random values that stand for nothing."""

import datetime as dt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching import Bank, BankTerms, Index
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.parts.part import MemoryPart, PartKind
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Tier

Values = NDArray[np.uint8]


def random_values(count: int, width: int, *, seed: int) -> Values:
    """Return (count, width) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)


def index_of(algorithm: Algorithm, values: Values) -> Index:
    """Return an index over one bank of these values."""
    empty = pa.repeat(pa.scalar("", pa.large_string()), len(values))
    classes = np.full(len(values), NO_CLASS, np.uint8)
    rows = Rows(algorithm, values, classes, empty, empty, np.arange(len(values)))
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
