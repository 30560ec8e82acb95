"""Sources of an index: the parts that go into one searchable piece, those of one algorithm and PDQ flavour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safehold.matching.banks.catalogue import BankContents
from safehold.matching.parts.part import Part, PartKind
from safehold.matching.parts.rows import class_code
from safehold.matching.segments.piece import Listed
from safehold.vocabulary import Algorithm, PdqFlavour


@dataclass(frozen=True, slots=True)
class SourceKey:
    """What is searched together.

    Attributes:
        algorithm: of the values.
        flavour: for PDQ; None for every other algorithm.
    """

    algorithm: Algorithm
    flavour: PdqFlavour | None


@dataclass(frozen=True, slots=True)
class BankPart:
    """A part, with what it inherits from its bank.

    Attributes:
        bank: which bank of the index.
        name: the bank's.
        bank_class: the code of its class.
        part: the part itself.
    """

    bank: int
    name: str
    bank_class: int
    part: Part

    def identity(self) -> str:
        """Return what names the part and all that is written of it into a segment."""
        return f"{self.name}:{self.bank_class}:{self.part.sha256}"


@dataclass(frozen=True, slots=True)
class Source:
    """All parts of one key, in the order of their banks and versions."""

    key: SourceKey
    parts: tuple[BankPart, ...]

    def rows(self) -> int:
        """Return how many rows the parts have."""
        return sum(one.part.counts[self.key.algorithm] for one in self.parts)

    def listed(self) -> list[Listed]:
        """Read the rows of all parts."""
        return [self.listed_of(one) for one in self.parts]

    def listed_of(self, one: BankPart) -> Listed:
        """Read the rows of one part."""
        return Listed(one.part.rows(self.key.algorithm), one.bank_class)

    def banks_of(self, identities: Sequence[str]) -> NDArray[np.int32]:
        """Return which bank each of these parts belongs to; -1 for those that are not of this source."""
        by_identity = {one.identity(): one.bank for one in self.parts}
        return np.array([by_identity.get(identity, -1) for identity in identities], np.int32)

    def without(self, identities: Sequence[str]) -> "Source":
        """Return a source of the other parts."""
        known = set(identities)
        return Source(self.key, tuple(one for one in self.parts if one.identity() not in known))


def in_use(contents: Sequence[BankContents]) -> tuple[BankContents, ...]:
    """Return the banks that were not taken out of use, by name: the banks of an index."""
    return tuple(sorted((one for one in contents if one.bank.withdrawn_at is None), key=lambda one: one.bank.name))


def sources_of(used: Sequence[BankContents]) -> list[Source]:
    """Return what there is to search, by algorithm and flavour."""
    found: dict[SourceKey, list[BankPart]] = {}
    for number, contents in enumerate(used):
        bank = contents.bank
        for part in contents.parts:
            if part.kind is not PartKind.IMPORT:
                continue
            for algorithm, count in part.counts.items():
                key = SourceKey(algorithm, bank.pdq_flavour if algorithm is Algorithm.PDQ else None)
                if count:
                    found.setdefault(key, []).append(BankPart(number, bank.name, class_code(bank.harm_class), part))
    return [Source(key, tuple(parts)) for key, parts in found.items()]
