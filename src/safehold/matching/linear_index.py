"""An index that compares every query with every entry: the oracle for the real one, and for small tests and demos.

Rules: the same answers as :class:`safehold.matching.index.Index`, by nothing but linear search. Made to misbehave, it
raises what it was told to, so that callers can show that an index that fails is never taken for "not listed".

    index = LinearIndex.over(contents)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from safehold.matching.banks.bank import Bank
from safehold.matching.banks.catalogue import BankContents
from safehold.matching.banks.changes import withdrawn_entries
from safehold.matching.compare import within
from safehold.matching.hits import Hits, joined
from safehold.matching.index import EQUAL, MOST_HITS, flavours_of, is_asked, require_width
from safehold.matching.linear import linear_search
from safehold.matching.parts.part import PartKind
from safehold.matching.parts.rows import NO_CLASS, Rows, class_code
from safehold.vocabulary import Algorithm, Bits, PdqFlavour, SafeholdError


@dataclass(slots=True, eq=False)
class LinearIndex:
    """Banks in memory.

    Attributes:
        banks: in the order that hits count them in: by name.
        contents: the same, with their parts.
        refusal: where set, the next lookup raises it.
    """

    banks: tuple[Bank, ...]
    contents: tuple[BankContents, ...]
    refusal: SafeholdError | None = field(default=None)

    @classmethod
    def over(cls, contents: Sequence[BankContents]) -> Self:
        """Make an index over these banks; those taken out of use are left out."""
        used = sorted((one for one in contents if one.bank.withdrawn_at is None), key=lambda one: one.bank.name)
        return cls(tuple(one.bank for one in used), tuple(used))

    def flavours(self) -> frozenset[PdqFlavour]:
        """Return which flavours queries must be hashed in."""
        return flavours_of(self.banks)

    def lookup(
        self,
        algorithm: Algorithm,
        values: NDArray[np.uint8],
        *,
        threshold: Bits = EQUAL,
        flavour: PdqFlavour | None = None,
        max_hits: int = MOST_HITS,
    ) -> Hits:
        """Return the entries within the threshold of each query, as the port says."""
        if self.refusal is not None:
            refusal, self.refusal = self.refusal, None
            raise refusal
        asked = require_width(algorithm, values)
        reach = threshold if algorithm is Algorithm.PDQ else EQUAL
        found = []
        for number, one in enumerate(self.contents):
            listed = one.bank.pdq_flavour if algorithm is Algorithm.PDQ else None
            if is_asked(listed, flavour):
                own = one.bank.pdq_threshold if algorithm is Algorithm.PDQ else None
                near = reach if own is None else min(reach, own)
                found += [_found(rows, asked, near, number, one) for rows in _living(one, algorithm)]
        return joined(found, most=max_hits)


def _found(rows: Rows, asked: NDArray[np.uint8], reach: Bits, number: int, one: BankContents) -> Hits:
    query, row, distance = linear_search(rows.values, asked, reach)
    near = within(distance, rows.thresholds()[row])
    query, row, distance = query[near], row[near], distance[near]
    codes = np.where(rows.harm_class == NO_CLASS, class_code(one.bank.harm_class), rows.harm_class).astype(np.uint8)
    return Hits(query, distance, np.full(len(row), number, np.int32), rows.entry[row], codes[row])


def _living(one: BankContents, algorithm: Algorithm) -> list[Rows]:
    gone = list(withdrawn_entries(one.parts, algorithm))
    parts = [part for part in one.parts if part.kind is PartKind.IMPORT and part.counts.get(algorithm)]
    rows = [part.rows(algorithm) for part in parts]
    return [some.taken(np.flatnonzero(~np.isin(some.entry, gone))) for some in rows]
