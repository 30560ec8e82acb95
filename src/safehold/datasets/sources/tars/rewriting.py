"""Rewriting a tar: byte ranges of the kept members, each with the header blocks that describe it.

Nothing is decoded and no header is made, so the output is a pure function of the input and the kept keys: names,
times, owners, order and long-name blocks stay, and keeping everything gives the input back. What belongs to no record
(folders, global comments, end blocks) stays; a damaged rest goes, unless its key is kept.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from safehold.datasets.sources.places.blobs import CHUNK_BYTES, Blob, opened
from safehold.datasets.sources.places.output import HashingWriter, Rewritten, write_hashed
from safehold.datasets.sources.shard import Shard
from safehold.datasets.sources.tars.entry import BLOCK
from safehold.datasets.sources.tars.reading import groups

_END = bytes(2 * BLOCK)


def rewrite(shard: Shard, keep: Callable[[str], bool], destination: Path) -> Rewritten:
    """Write a tar again without the records whose key is not kept.

    Raises:
        ShardError: the input is gone or is no tar.
        OSError: the disk is full or failing; nothing has the destination's name.
    """
    with opened(shard.location) as blob:
        kept, dropped, cuts = _cuts(blob, keep)

        def fill(out: HashingWriter) -> None:
            position = 0
            for start, stop in cuts:
                _copy(blob, position, start, out)
                position = stop
            _copy(blob, position, blob.size, out)
            if cuts and cuts[-1][1] >= blob.size:
                out.write(_END)

        out = write_hashed(destination, fill)
    return Rewritten(out.sha256, kept, dropped, out.size)


def _cuts(blob: Blob, keep: Callable[[str], bool]) -> tuple[int, int, list[tuple[int, int]]]:
    """Return how many records stay and go, and the byte ranges that go, joined and in order."""
    kept = dropped = 0
    cuts: list[tuple[int, int]] = []
    for group in groups(blob):
        if group.key is None:
            continue
        if keep(group.key):
            kept += 1
            continue
        dropped += 1
        start, stop = group.members[0][1].start, group.members[-1][1].stop
        if cuts and cuts[-1][1] == start:
            start = cuts.pop()[0]
        cuts.append((start, stop))
    return kept, dropped, cuts


def _copy(blob: Blob, start: int, stop: int, out: HashingWriter) -> None:
    for at in range(start, stop, CHUNK_BYTES):
        out.write(blob.view(at, min(at + CHUNK_BYTES, stop)))


def keys(shard: Shard) -> Iterator[str]:
    """Yield the key of every record of a tar, by its headers alone.

    Raises:
        ShardError: the input is gone or is no tar.
    """
    with opened(shard.location) as blob:
        yield from (group.key for group in groups(blob) if group.key is not None)
