"""A segment that finds perceptual hashes within a distance: multi-index hashing with a next-word filter. Exact.

How it finds (16 words of 16 bits, threshold T): if two values differ in at most T bits, then by the cycle lemma some
word i has both ``d[i] <= T // 16`` and ``d[i] + d[i+1] <= 2 * T // 16``, with indices modulo 16. So:

1. for each word i, probe the buckets of all keys within ``T // 16`` bits of the query's word i;
2. of each entry in those buckets, compare the *next* word, which lies in the bucket itself, in rows of one
   width for all buckets, so that whole buckets are fetched, compared and counted by vector instructions;
3. of the few candidates left (about 0.25 % at T = 31), compare all 256 bits.

The native engine does it where it is there, numpy otherwise; both read the same arrays (`tables`) and give the same
pairs in the same order.

Source: M. Norouzi, A. Punjani, D. J. Fleet, "Fast search in Hamming space with multi-index hashing", CVPR 2012;
J. Qin, C. Xiao, "Pigeonring: a principle for faster thresholded similarity search", PVLDB 12(1), 2018.

    segment = HammingSegment(build_hamming(values))
    queries, rows, distances = next(segment.search(asked, Bits(31)))
"""

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from safehold.matching.linear import linear_search
from safehold.matching.searching.compiled import FEW_QUERIES, CompiledSearch
from safehold.matching.searching.pairs import Pairs, Triples
from safehold.matching.searching.permutation import permute
from safehold.matching.searching.probing import HIGHEST_INDEXED_THRESHOLD, Effort, TableSearch
from safehold.native import kernels
from safehold.vocabulary import Bits


class HammingSegment:
    """Arrays of a segment, in memory or mapped, that can be searched.

    Args:
        arrays: from :func:`safehold.matching.searching.tables.build_hamming`.
        effort: how a search spends time and memory.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]], effort: Effort | None = None) -> None:
        self._effort = effort or Effort()
        self._values: NDArray[np.uint8] = np.asarray(arrays["values"], np.uint8)
        native = kernels()
        self._compiled = None if native is None else CompiledSearch(native, arrays, self._effort.linear_rows)
        has_tables = native is None and "starts" in arrays
        self._tables = TableSearch(arrays, self._effort) if has_tables else None

    def __len__(self) -> int:
        return len(self._values)

    def few(self, values: NDArray[np.uint8], threshold: Bits) -> Triples | None:
        """Find what `search` finds, sooner; None if queries or pairs are many, or the engine has no such way.

        Raises:
            SegmentDamagedError: as `search`.
        """
        if self._compiled is None or len(values) > FEW_QUERIES:
            return None
        return self._compiled.few(values, threshold)

    def search(self, values: NDArray[np.uint8], threshold: Bits) -> Iterator[Pairs]:
        """Find every pair of a query and a row within the threshold, in blocks of queries.

        Args:
            values: (n, 32) uint8, contiguous, not permuted.
            threshold: the largest distance that counts.

        Returns:
            Query numbers, row numbers and distances, each pair once, ordered by query, then row; a query's pairs are
            all in one block, and blocks are in the order of their queries.

        Raises:
            SegmentDamagedError: the segment's numbers lead outside of it; seen by the native engine.
        """
        if self._compiled is not None:
            return self._compiled.search(values, threshold)
        asked = permute(values)
        is_linear = len(self) <= self._effort.linear_rows or threshold > HIGHEST_INDEXED_THRESHOLD
        if self._tables is None or is_linear:
            return iter((linear_search(self._values, asked, threshold),))
        return self._tables.search(asked, threshold)
