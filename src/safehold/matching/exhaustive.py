"""Exhaustive look-ups: what a cap on hits hides may be what a policy acts on, so that it is asked for again.

A list of the trusted tier may stand behind a hundred entries of another. So queries with more hits than are stated are
asked again without a cap, and of what was hidden the nearest hit of each bank and class is given.

    for hits, queries in exhaustive(index, Algorithm.PDQ, values, threshold=Bits(31), flavour=PdqFlavour.FULL):
        queries[hits.query]                        # which of the values each hit is of
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from safehold.matching.hits import Hits
from safehold.matching.index import MOST_HITS, Lookup
from safehold.vocabulary import Algorithm, Bits, PdqFlavour

_UNCAPPED = 1 << 40
"""More hits than any index has entries."""


def exhaustive(
    index: Lookup,
    algorithm: Algorithm,
    values: NDArray[np.uint8],
    *,
    threshold: Bits,
    flavour: PdqFlavour | None = None,
) -> Iterator[tuple[Hits, NDArray[np.int64]]]:
    """Yield hits with the numbers of the values that their queries stand for.

    Args:
        index: what is asked.
        algorithm: of the values.
        values: (n, width) uint8, one a row.
        threshold: as for `Lookup.lookup`; so is the flavour.
        flavour: for PDQ, which pipeline made the values.

    Yields:
        first the hits up to the cap, whose ``capped`` names the queries that have more; then, for each of those, the
        nearest hit of every bank and class that has none among the first ones.
    """
    first = index.lookup(algorithm, values, threshold=threshold, flavour=flavour)
    yield first, np.arange(len(values))
    for query in first.capped.tolist():
        alone = values[query : query + 1]
        every = index.lookup(algorithm, alone, threshold=threshold, flavour=flavour, max_hits=_UNCAPPED)
        yield _beyond(every), np.full(1, query)


def _beyond(hits: Hits) -> Hits:
    """Return the nearest hit of each bank and class that has none among the first ones; all hits are of one query."""
    kinds = hits.bank.astype(np.int64) << 8 | hits.harm_class
    _, nearest = np.unique(kinds, return_index=True)
    chosen = np.sort(nearest[nearest >= MOST_HITS])
    return Hits(
        hits.query[chosen], hits.distance[chosen], hits.bank[chosen], hits.entry[chosen], hits.harm_class[chosen]
    )
