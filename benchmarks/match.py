"""Looking PDQ values up at threshold 31: our index beside linear search, and beside faiss where it is installed.

    python -m benchmarks.match [--json] [--size ENTRIES] [--batch QUERIES]

Half of the queries are random, half are entries with 0 to 31 bits changed. faiss is used with `IndexBinaryFlat`, its
fastest index that is exact at this radius. `recall` is the share of the pairs found by linear search that ours finds as
well, on a sample; ours must find no others either.
"""

import argparse
import time
from importlib.util import find_spec

import numpy as np

from benchmarks.listed import Values, index_of, random_values
from benchmarks.measure import alternate, line
from safehold.matching import Index, linear_search
from safehold.vocabulary import Algorithm, Bits, PdqFlavour

THRESHOLD = Bits(31)
SAMPLE = 128
BATCHES = 8


def queries(listed: Values, count: int) -> Values:
    """Return random values and changed entries, mixed."""
    generator = np.random.default_rng(2)
    asked = random_values(count, 32, seed=3)
    bits = np.unpackbits(listed[generator.integers(0, len(listed), count // 2)], axis=1)
    for row in bits:
        row[generator.permutation(256)[: generator.integers(0, THRESHOLD + 1)]] ^= 1
    asked[: count // 2] = np.packbits(bits, axis=1)
    return asked[generator.permutation(count)]


def recall(index: Index, listed: Values, asked: Values) -> float:
    """Return the share of the true pairs that the index finds; refuse any pair that is not true."""
    query, row, _ = linear_search(listed, asked, THRESHOLD)
    expected = set(zip(query.tolist(), row.tolist(), strict=True))
    hits = index.lookup(Algorithm.PDQ, asked, threshold=THRESHOLD, flavour=PdqFlavour.FULL)
    found = set(zip(hits.query.tolist(), hits.entry.tolist(), strict=True))
    if found - expected:
        raise SystemExit("the index finds what linear search does not")
    return len(found) / len(expected)


class LinearPeer:
    """Numpy's linear search over the first half of the bits, then all of them for the few that are left."""

    name = "numpy linear search"

    def __init__(self, listed: Values) -> None:
        self._words = np.ascontiguousarray(listed.view(np.uint64).T)

    def search(self, asked: Values) -> int:
        """Return how many pairs there are."""
        pairs = 0
        for query in asked.view(np.uint64):
            near = np.bitwise_count(self._words[0] ^ query[0]) + np.bitwise_count(self._words[1] ^ query[1])
            rows = np.flatnonzero(near <= THRESHOLD)
            distance = np.bitwise_count(self._words[:, rows] ^ query[:, None]).sum(axis=0)
            pairs += int(np.count_nonzero(distance <= THRESHOLD))
        return pairs


class FaissPeer:
    """The fastest index of faiss that is exact at this radius."""

    def __init__(self, listed: Values) -> None:
        import faiss  # noqa: PLC0415 - not everybody has it

        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexBinaryFlat(256)
        self.name = f"faiss {faiss.__version__} IndexBinaryFlat"
        self._index.add(listed)

    def search(self, asked: Values) -> int:
        """Return how many pairs there are."""
        limits, _, _ = self._index.range_search(asked, THRESHOLD + 1)
        return int(limits[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=1_000_000, metavar="ENTRIES")
    parser.add_argument("--batch", type=int, default=512, metavar="QUERIES")
    options = parser.parse_args()
    listed = random_values(options.size, 32, seed=1)
    asked = queries(listed, options.batch * BATCHES)
    started = time.process_time()
    index = index_of(Algorithm.PDQ, listed)
    built = time.process_time() - started
    sample = asked[:SAMPLE]
    peer: LinearPeer | FaissPeer = FaissPeer(listed) if find_spec("faiss") else LinearPeer(listed)
    few = max(2, min(SAMPLE, 20_000_000 // options.size))

    def ours_all() -> None:
        for first in range(0, len(asked), options.batch):
            batch = asked[first : first + options.batch]
            index.lookup(Algorithm.PDQ, batch, threshold=THRESHOLD, flavour=PdqFlavour.FULL)

    ours, other = alternate(ours_all, lambda: peer.search(sample[:few]), seconds=6)
    result = line(
        name=f"PDQ lookups among {options.size} entries, threshold {THRESHOLD}, batches of {options.batch}",
        unit="lookups per processor second",
        ours=len(asked) / ours.seconds,
        other=few / other.seconds,
        timings=(ours, other),
        peer=peer.name,
        recall=recall(index, listed, sample),
        microseconds_a_lookup=round(ours.seconds / len(asked) * 1e6, 1),
        build_seconds=round(built, 2),
    )
    print(result)


if __name__ == "__main__":
    main()
