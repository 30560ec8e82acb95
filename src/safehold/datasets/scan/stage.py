"""The scan stage: whatever is not scanned yet goes through an engine, and each part is committed as it comes.

A part is on the medium, complete, before the shard counts as scanned; a kill at any moment leaves parts that are
whole, and a re-run does the rest.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from safehold.datasets.errors import DamagedStateError
from safehold.datasets.layout import Layout
from safehold.datasets.scan.engine import Engine, ShardScan, quietly
from safehold.datasets.scan.part import PartNote, decode_part, encode_part, note_of, scan_digest, unread_part
from safehold.datasets.scan.settings import ScanSettings
from safehold.datasets.scan.validity import require_valid
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.vocabulary import GapReason


@dataclass(frozen=True, slots=True)
class Slice:
    """Which of the shards one of several commands scans.

    Attributes:
        index: from 0, below `total`.
        total: how many commands share the work.
    """

    index: int = 0
    total: int = 1

    def of(self, shards: Sequence[Shard]) -> list[Shard]:
        """Return this slice's shards: every `total`-th, so that big sources are spread."""
        return [shard for shard in shards if shard.number % self.total == self.index]


def is_scanned(layout: Layout, shard: Shard, settings: ScanSettings) -> bool:
    """Return whether a committed part is still true; a shard that could not be read is tried again."""
    note = note_of(layout.part(shard.number))
    return note is not None and note.content != "" and note.scan == scan_digest(shard, settings)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A shard whose part is committed.

    Attributes:
        shard: which one.
        is_fresh: whether it was read just now; of an older part only size and time of the input were compared.
    """

    shard: Shard
    is_fresh: bool


def scan_shards(
    layout: Layout,
    shards: Sequence[Shard],
    settings: ScanSettings,
    engine: Engine,
    *,
    tick: Callable[[int], object] = quietly,
) -> Iterator[Scanned]:
    """Yield each shard once its part is committed: first those that were, then the others as they end."""
    waiting = []
    for shard in shards:
        if is_scanned(layout, shard, settings):
            yield Scanned(shard, is_fresh=False)
        else:
            waiting.append(shard)
    if waiting:
        for scan in engine.submit(waiting, settings, tick=tick):
            write_atomic(layout.part(scan.shard.number), validated(scan, settings))
            yield Scanned(scan.shard, is_fresh=True)


def validated(scan: ShardScan, settings: ScanSettings) -> bytes:
    """Return the part if it is one of this shard; a child that answers nonsense has not examined the shard.

    What it says it was told is what it was told: by other settings, fewer fingerprints would be looked for in it.
    """
    expected = scan_digest(scan.shard, settings)
    try:
        part, note = decode_part(scan.part)
        if note.scan == expected and note.settings == settings:
            require_valid(part, note)
            return scan.part
    except DamagedStateError:
        pass
    return encode_part((unread_part(GapReason.CRASHED),), PartNote(expected, settings, "", 0))
