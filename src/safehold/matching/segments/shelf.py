"""The shelf: the folder where segments are kept between runs, and what decides which are still of use.

Rules: a segment serves as long as all of its parts are still wanted; what came since is searched in memory, until it
is more than 65 536 entries: then one new segment is made over everything. A damaged segment is removed and made anew.
"""

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safehold.matching.errors import SegmentDamagedError
from safehold.matching.hits import HARM_CLASSES
from safehold.matching.segments.files import BUILDING, facts_of, opened, publish, sweep_unfinished
from safehold.matching.segments.permutation import PERMUTATION
from safehold.matching.segments.piece import Piece, built
from safehold.matching.segments.sources import Source
from safehold.matching.segments.tables import LAYOUT

SMALL_ROWS = 65_536
"""The most entries that are kept in memory instead of in files."""

_ATTEMPTS = 4
_LAYOUT = f"{LAYOUT} {PERMUTATION} {sys.byteorder} " + " ".join(one.value for one in HARM_CLASSES)
"""What a segment's numbers depend on besides its parts; one made under another layout isn't used."""


class Shelf:
    """Make pieces from sources, by means of a folder of segments, or without one.

    Args:
        folder: where segments are kept; None keeps everything in memory.
        small_rows: the most entries that are kept in memory instead of in files.
    """

    def __init__(self, folder: Path | None, *, small_rows: int = SMALL_ROWS) -> None:
        self._folder = folder
        self._small_rows = small_rows

    def pieces(self, source: Source, rebuilt: list[str]) -> list[Piece]:
        """Return what to search for a source: a large piece from files, if it is worth it, and a small one.

        Args:
            source: what is to be searched.
            rebuilt: the digests of segments that were found damaged are added here.
        """
        if self._folder is None:
            return [_in_memory(source)]
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(self._folder, source)
            except SegmentDamagedError:
                rebuilt += self._removed_damaged(self._folder)
        return [_in_memory(source)]

    def _attempt(self, folder: Path, source: Source) -> list[Piece]:
        best = _best(folder, source)
        if source.without(_parts_of(best)).rows() > self._small_rows:
            best = _build(folder, source)
        if best is None:
            return [_in_memory(source)]
        facts, arrays = opened(best)
        identities = [str(identity) for identity in _list(facts.get("parts"))]
        large = Piece(source.key.algorithm, arrays, source.only(identities).banks())
        rest = source.without(identities)
        return [large, _in_memory(rest)] if rest.parts else [large]

    def _removed_damaged(self, folder: Path) -> list[str]:
        """Remove the segments that can't be opened, and return their digests."""
        removed = []
        with _only_builder(folder):
            for segment in _segments(folder):
                try:
                    opened(segment)
                except SegmentDamagedError:
                    shutil.rmtree(segment, ignore_errors=True)
                    removed.append(segment.name)
        return removed


def _in_memory(source: Source) -> Piece:
    return Piece(source.key.algorithm, built(source.key.algorithm, source.listed()), source.banks())


def _best(folder: Path, source: Source) -> Path | None:
    """Return the segment that covers most rows of the source and nothing else; None if none does."""
    wanted = {one.identity(): one.part.counts[source.key.algorithm] for one in source.parts}
    best, most = None, 0
    for segment in _segments(folder):
        if not _is_of(segment, source):
            continue
        parts = _parts_of(segment)
        rows = sum(wanted.get(part, 0) for part in parts)
        if parts and set(parts) <= wanted.keys() and rows > most:
            best, most = segment, rows
    return best


def _build(folder: Path, source: Source) -> Path:
    """Make one segment over a whole source, and remove the older ones that it replaces."""
    identities = [one.identity() for one in source.parts]
    facts = {**_facts(source), "parts": identities, "rows": source.rows()}
    segment = folder / hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    with _only_builder(folder):
        sweep_unfinished(folder)
        if not segment.exists():
            publish(segment, facts, built(source.key.algorithm, source.listed()))
        for other in _segments(folder):
            if other != segment and _is_of(other, source):
                shutil.rmtree(other, ignore_errors=True)
    return segment


def _facts(source: Source) -> dict[str, object]:
    flavour = source.key.flavour
    return {
        "algorithm": source.key.algorithm.value,
        "flavour": "" if flavour is None else flavour.value,
        "layout": _LAYOUT,
    }


def _is_of(segment: Path, source: Source) -> bool:
    return _facts(source).items() <= facts_of(segment).items()


def _parts_of(segment: Path | None) -> list[str]:
    return [] if segment is None else [str(part) for part in _list(facts_of(segment).get("parts"))]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(BUILDING))


@contextmanager
def _only_builder(folder: Path) -> Iterator[None]:
    """Keep every other process from building here; ends with the process, however it ends."""
    descriptor = os.open(folder / "building.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
