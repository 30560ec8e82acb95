"""Made-up fingerprints and banks for tests."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from safehold.matching import Bank, BankTerms, Hits
from safehold.matching.banks.catalogue import BankContents, living_entries
from safehold.matching.parts.part import MemoryPart, PartKind
from safehold.matching.parts.rows import NO_CLASS, Rows
from safehold.vocabulary import Algorithm, HarmClass, PdqFlavour, Tier, signal_width_bytes

AT = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def values(count: int, seed: int = 0, width: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, width), dtype=np.uint8)


def flipped(rows: NDArray[np.uint8], bits: int, seed: int = 0) -> NDArray[np.uint8]:
    """Return copies with exactly this many bits changed."""
    generator = np.random.default_rng(seed)
    changed = np.unpackbits(rows, axis=1)
    for row in changed:
        row[generator.permutation(len(row))[:bits]] ^= 1
    return np.packbits(changed, axis=1)


def rows(
    algorithm: Algorithm, content: NDArray[np.uint8], first: bytes = 0, source_ids: list[str] | None = None
) -> Rows:
    texts = pa.array([""] * len(content), pa.large_string())
    labels = texts if source_ids is None else pa.array(source_ids, pa.large_string())
    assert content.shape[1] == signal_width_bytes(algorithm)
    codes = np.full(len(content), NO_CLASS, np.uint8)
    return Rows(algorithm, content, codes, texts, labels, np.arange(first, first + len(content)))


def part(*groups: Rows, kind: PartKind = PartKind.IMPORT) -> MemoryPart:
    return MemoryPart(kind, {group.algorithm: group for group in groups})


def contents(
    name: str,
    *parts: MemoryPart,
    flavour: PdqFlavour = PdqFlavour.FULL,
    harm_class: HarmClass = HarmClass.TEST,
    tier: Tier = Tier.REVIEW,
    pdq_threshold: int | None = None,
) -> BankContents:
    living = living_entries(parts)
    bank = Bank(name, "made up", "made up", BankTerms(), harm_class, tier, flavour, len(parts), AT, living)
    return BankContents(replace(bank, pdq_threshold=pdq_threshold), parts)


def pdq_bank(
    name: str,
    content: NDArray[np.uint8],
    flavour: PdqFlavour = PdqFlavour.FULL,
    pdq_threshold: int | None = None,
) -> BankContents:
    return contents(name, part(rows(Algorithm.PDQ, content)), flavour=flavour, pdq_threshold=pdq_threshold)


def facts(hits: Hits) -> list[tuple[int, ...]]:
    """Return hits as plain values."""
    columns = (hits.query, hits.distance, hits.bank, hits.entry, hits.harm_class)
    return [tuple(int(value) for value in row) for row in zip(*columns, strict=True)]
