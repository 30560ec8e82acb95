"""Looking PDQ values up at threshold 31: the index of a home, mapped from its files, beside another way to search.

    python -m benchmarks.match [--json] [--size ENTRIES] [--batch QUERIES] [--engine native|numpy] [--variant NAME]
                               [--against linear|faiss-multihash|faiss-flat] [--data random|clustered|photographs]

Half of the queries are random, half are entries with 0 to 31 bits changed; every lookup goes through `Index.lookup`,
with names of banks and entries for what is found. `linear` is numpy's; of faiss, `IndexBinaryMultiHash(256, 16, 16)`
with `nflip` 1 is what HMA uses, and `IndexBinaryFlat` its fastest index that is exact at this radius. Both sides find
the same pairs for the same queries, or this stops; `recall` is the share of the pairs of linear search that ours finds
on a sample, and it may find no others. The data are random values; clusters of them, ten within some 8 bits; or values
of windows of photographs and their variants (up to 200 000, beyond which each stands for others some 8 bits away).

`open_ms` is the processor time that it takes to open the index of an opened home by mapping its files, without checking
digests, and to answer a first query; `first_open_ms` is the same for the first time in a process, in which SQL is
compiled and modules are loaded. `bytes_a_hash` counts all files of the index.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from benchmarks._photographs import photograph_values
from benchmarks.listed import Values, clustered_values, home_of, random_values
from benchmarks.measure import alternate, line
from safehold.home.home import Home
from safehold.matching import Hits, Index, linear_search
from safehold.native import in_use, kernels
from safehold.native.engine import VARIABLE
from safehold.vocabulary import Algorithm, Bits, PdqFlavour, SystemClock

THRESHOLD = Bits(31)
SAMPLE = 128
MOST_QUERIES, FEWEST_QUERIES = 1 << 16, 2048
OPENINGS = 5

Pairs = set[tuple[int, int]]


def queries(listed: Values, count: int) -> Values:
    """Return random values and changed entries, mixed."""
    generator = np.random.default_rng(2)
    asked = random_values(count, 32, seed=3)
    bits = np.unpackbits(listed[generator.integers(0, len(listed), count // 2)], axis=1)
    for row in bits:
        row[generator.permutation(256)[: generator.integers(0, THRESHOLD + 1)]] ^= 1
    asked[: count // 2] = np.packbits(bits, axis=1)
    return asked[generator.permutation(count)]


def looked_up(index: Index, asked: Values) -> Hits:
    """Return the hits of one batch; never capped, so that they can be compared."""
    return index.lookup(Algorithm.PDQ, asked, threshold=THRESHOLD, flavour=PdqFlavour.FULL, max_hits=1 << 20)


def pairs_of(index: Index, asked: Values) -> Pairs:
    hits = looked_up(index, asked)
    return set(zip(hits.query.tolist(), hits.entry.tolist(), strict=True))


def recall(index: Index, listed: Values, asked: Values) -> float:
    """Return the share of the true pairs that the index finds; refuse any pair that is not true."""
    query, row, _ = linear_search(listed, asked, THRESHOLD)
    expected = set(zip(query.tolist(), row.tolist(), strict=True))
    found = pairs_of(index, asked)
    if found - expected:
        raise SystemExit("the index finds what linear search does not")
    return len(found) / len(expected)


class Peer(Protocol):
    """Another way to search."""

    name: str
    fewest: int

    def search(self, asked: Values) -> Pairs:
        """Return the pairs within the threshold."""
        ...


class LinearPeer:
    """Numpy's linear search over the first half of the bits, then all of them for the few that are left."""

    name = "numpy linear search"
    fewest = 20_000_000

    def __init__(self, listed: Values) -> None:
        self._words = np.ascontiguousarray(listed.view(np.uint64).T)

    def search(self, asked: Values) -> Pairs:
        """Return the pairs within the threshold."""
        pairs: Pairs = set()
        for number, query in enumerate(asked.view(np.uint64)):
            near = np.bitwise_count(self._words[0] ^ query[0]) + np.bitwise_count(self._words[1] ^ query[1])
            rows = np.flatnonzero(near <= THRESHOLD)
            distance = np.bitwise_count(self._words[:, rows] ^ query[:, None]).sum(axis=0)
            pairs.update((number, row) for row in rows[distance <= THRESHOLD].tolist())
        return pairs


class FaissPeer:
    """An index of faiss, on one thread."""

    fewest = 200_000_000

    def __init__(self, listed: Values, *, is_flat: bool) -> None:
        import faiss  # noqa: PLC0415 - not everybody has it

        faiss.omp_set_num_threads(1)
        self._index = faiss.IndexBinaryFlat(256) if is_flat else faiss.IndexBinaryMultiHash(256, 16, 16)
        if not is_flat:
            self._index.nflip = 1
        kind = "IndexBinaryFlat" if is_flat else "IndexBinaryMultiHash(256, 16, 16), nflip 1"
        self.name = f"faiss {faiss.__version__} {kind}"
        self._index.add(listed)

    def search(self, asked: Values) -> Pairs:
        """Return the pairs within the threshold."""
        limits, _, rows = self._index.range_search(asked, THRESHOLD + 1)
        counts = np.diff(limits.astype(np.int64))
        return set(zip(np.repeat(np.arange(len(asked)), counts).tolist(), rows.tolist(), strict=True))


PEERS: dict[str, Callable[[Values], Peer]] = {
    "linear": LinearPeer,
    "faiss-multihash": lambda listed: FaissPeer(listed, is_flat=False),
    "faiss-flat": lambda listed: FaissPeer(listed, is_flat=True),
}


DATA: dict[str, Callable[[int], Values]] = {
    "random": lambda count: random_values(count, 32, seed=1),
    "clustered": lambda count: clustered_values(count, seed=1),
    "photographs": lambda count: photograph_values(count, seed=1),
}


def opened_in_ms(folder: Path) -> tuple[float, float]:
    """Return how long a new process takes from the home to an answer, later on and for the first time; medians."""
    code = "import sys; from benchmarks.match import first_answer; first_answer(sys.argv[1])"
    command = [sys.executable, "-c", code, str(folder)]
    answers = [subprocess.run(command, check=True, capture_output=True, text=True) for _ in range(OPENINGS)]
    later, first = zip(*(map(float, one.stdout.split()) for one in answers), strict=True)
    return statistics.median(later), statistics.median(first)


def first_answer(folder: str) -> None:
    """Print how many milliseconds of processor time the index of a home takes to open and answer, later and first."""
    asked, taken = random_values(1, 32, seed=4), []
    with Home.open(Path(folder), SystemClock()) as home:
        for _ in range(1 + OPENINGS):
            started = time.process_time()
            looked_up(Index.open(home, checked=False), asked)
            taken.append((time.process_time() - started) * 1000)
    print(statistics.median(taken[1:]), taken[0])


def measured(index: Index, listed: Values, options: argparse.Namespace) -> str:
    """Return the line of JSON, but for what the files say."""
    asked = queries(listed, min(MOST_QUERIES, max(FEWEST_QUERIES, options.batch * 8)))
    peer = PEERS[options.against](listed)
    few = asked[: max(2, min(SAMPLE, peer.fewest // options.size))]
    if peer.search(few) != pairs_of(index, few):
        raise SystemExit("the two sides find different pairs")

    def ours_all() -> None:
        for first in range(0, len(asked), options.batch):
            batch = asked[first : first + options.batch]
            index.lookup(Algorithm.PDQ, batch, threshold=THRESHOLD, flavour=PdqFlavour.FULL)

    ours, other = alternate(ours_all, lambda: peer.search(few), seconds=6)
    among = f"{options.size} {options.data} entries"
    return line(
        name=f"PDQ lookups among {among}, threshold {THRESHOLD}, batches of {options.batch}",
        unit="lookups per processor second",
        ours=len(asked) / ours.seconds,
        other=len(few) / other.seconds,
        timings=(ours, other),
        peer=peer.name,
        engine=in_use(),
        recall=recall(index, listed, asked[:SAMPLE]),
        microseconds_a_lookup=round(ours.seconds / len(asked) * 1e6, 1),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--size", type=int, default=1_000_000, metavar="ENTRIES")
    parser.add_argument("--batch", type=int, default=512, metavar="QUERIES")
    parser.add_argument("--engine", choices=["native", "numpy"], help="the best that is there if not said")
    parser.add_argument("--variant", metavar="NAME", help="of the native engine, such as avx2; the best if not said")
    parser.add_argument("--against", choices=PEERS, default="linear")
    parser.add_argument("--data", choices=DATA, default="random")
    options = parser.parse_args()
    if options.engine:
        os.environ[VARIABLE] = options.engine
    if options.variant and (native := kernels()) is not None:
        native.select(options.variant)
    listed = DATA[options.data](options.size)
    with tempfile.TemporaryDirectory() as folder, home_of(Path(folder, "home"), listed) as home:
        started = time.process_time()
        index = Index.open(home)
        built = time.process_time() - started
        size = sum(file.stat().st_size for file in home.indexes.rglob("*") if file.is_file())
        searched = json.loads(measured(index, listed, options))
        opened = opened_in_ms(home.path)  # at last: right after it was built, the kernel still writes the index out
        result = searched | {
            "open_ms": round(opened[0], 1),
            "first_open_ms": round(opened[1], 1),
            "bytes_a_hash": round(size / options.size, 1),
            "build_seconds": round(built, 1),
        }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
