"""Matching the MD5 column of LAION-style Parquet against a long list, reading the Parquet included.

    python -m benchmarks.metadata [--json] [--rows N] [--listed N] [--binary]

Ours reads, parses and looks up as `dataset scan` does for metadata without media. The other side reads and parses the
same way, then finds each hash in a sorted array by binary search, the usual way in numpy; a Python set of bytes over a
part of the rows is given as well. The ceiling only reads and parses.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.listed import Values, index_of, random_values
from benchmarks.measure import alternate, line
from safehold.datasets.sources import Fields, Shard, discover, read_columns
from safehold.vocabulary import Algorithm

WIDTH = 16
LISTED_EVERY = 10_000
ROWS_A_GROUP = 1 << 17
SET_ROWS = 100_000


def generate(path: Path, hashes: Values, *, is_binary: bool) -> None:
    """Write a table of made-up metadata."""
    words = random.Random(4).choices(["red", "cube", "blue", "ball", "tree", "house"], k=ROWS_A_GROUP)
    schema = pa.schema(
        [
            ("url", pa.string()),
            ("caption", pa.string()),
            ("md5", pa.binary(WIDTH) if is_binary else pa.string()),
            ("punsafe", pa.float32()),
        ]
    )
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, len(hashes), ROWS_A_GROUP):
            some = hashes[first : first + ROWS_A_GROUP]
            raw = [row.tobytes() for row in some]
            columns = [
                pa.array([f"https://pictures.example/{first + number}.jpg" for number in range(len(some))]),
                pa.array([f"a {word} on a table" for word in words[: len(some)]]),
                pa.array(raw, schema.field("md5").type) if is_binary else pa.array([value.hex() for value in raw]),
                pa.array(np.zeros(len(some), np.float32)),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def shards_of(path: Path) -> list[Shard]:
    """Return the shards of the table, with nothing but the hashes to read."""
    only_hashes = Fields(url=(), caption=(), label=())
    mix = discover([str(path)])
    return [
        replace(shard, fields=replace(shard.fields, url=only_hashes.url, caption=only_hashes.caption, label=()))
        for shard in mix.shards
    ]


def hashes_of(shards: list[Shard]) -> Iterator[Values]:
    """Read and parse the hashes, some rows at a time."""
    for shard in shards:
        for batch in read_columns(shard):
            for hashes in batch.hashes.values():
                yield hashes.values if hashes.is_there.all() else hashes.values[hashes.is_there]


class SortedPeer:
    """A sorted array of the first eight bytes, then all of them for what is found there."""

    def __init__(self, listed: Values) -> None:
        heads = listed.view(np.uint64)[:, 0]
        order = np.argsort(heads)
        self._heads, self._values = heads[order], listed[order]

    def matches(self, asked: Values) -> int:
        """Return how many are listed."""
        heads = asked.view(np.uint64)[:, 0]
        place = np.minimum(np.searchsorted(self._heads, heads), len(self._heads) - 1)
        likely = np.flatnonzero(self._heads[place] == heads)
        return int((self._values[place[likely]] == asked[likely]).all(axis=1).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON; it always does, for the sake of one habit")
    parser.add_argument("--rows", type=int, default=2_000_000, metavar="N")
    parser.add_argument("--listed", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--binary", action="store_true", help="hashes as 16 bytes instead of hexadecimal text")
    options = parser.parse_args()
    listed = random_values(options.listed, WIDTH, seed=1)
    asked = random_values(options.rows, WIDTH, seed=2)
    planted = len(asked[::LISTED_EVERY])
    asked[::LISTED_EVERY] = listed[np.arange(planted) * 7919 % len(listed)]
    index, peer = index_of(Algorithm.MD5, listed), SortedPeer(listed)
    few = {row.tobytes() for row in listed[:SET_ROWS]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.parquet"
        generate(path, asked, is_binary=options.binary)
        shards = shards_of(path)
        found = sum(len(index.lookup(Algorithm.MD5, values)) for values in hashes_of(shards))
        ours, other, ceiling, by_set = alternate(
            lambda: [index.lookup(Algorithm.MD5, values) for values in hashes_of(shards)],
            lambda: [peer.matches(values) for values in hashes_of(shards)],
            lambda: [len(values) for values in hashes_of(shards)],
            lambda: sum(row.tobytes() in few for row in asked[:SET_ROWS]),
            seconds=20,
        )
    result = line(
        name=f"metadata rows matched by MD5 against {options.listed} entries, reading Parquet included",
        unit="rows per processor second",
        ours=options.rows / ours.seconds,
        other=options.rows / other.seconds,
        timings=(ours, other, ceiling),
        peer="numpy searchsorted on the same rows",
        recall=found / planted,
        ceiling=round(options.rows / ceiling.seconds),
        python_set_without_reading=round(SET_ROWS / by_set.seconds),
        lookups_alone=round(options.rows / (ours.seconds - ceiling.seconds)),
    )
    print(result)


if __name__ == "__main__":
    main()
