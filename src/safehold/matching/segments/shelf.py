"""The shelf: the folder where segments are kept between runs.

Rules: what has come since the segments were made is searched in memory, until it is more than 16,384 entries or 256
parts: then a segment is made of it (see `tiers`). One builder at a time; those who search keep the files that they have
mapped, whatever is removed meanwhile. A damaged segment is removed and made anew.
"""

import fcntl
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from safehold.matching.errors import SegmentDamagedError
from safehold.matching.hits import HARM_CLASSES
from safehold.matching.searching.permutation import PERMUTATION
from safehold.matching.searching.tables import LAYOUT
from safehold.matching.segments.files import BUILDING, facts_of, opened, publish, remove, sweep_unfinished
from safehold.matching.segments.piece import Listed, Piece, Standing, built
from safehold.matching.segments.sources import Source
from safehold.matching.segments.tiers import Tier, outgrown, serving

SMALL_ROWS = 16_384
"""The most entries that are kept in memory instead of in files. Measured: so many are made ready in 25 ms, a segment of
any size is opened in 6, and takes 17 MB more than its entries."""

LOOSE_PARTS = 256
"""The most parts that are read one by one at each opening: each costs about a millisecond."""

_ATTEMPTS = 4
_LAYOUT = f"{LAYOUT} {PERMUTATION} {sys.byteorder} " + " ".join(one.value for one in HARM_CLASSES)
"""What a segment's numbers depend on besides its parts; one made under another layout isn't used."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelved:
    """A piece with what it is made of.

    Attributes:
        piece: to be searched.
        parts: the identities of its parts, in the order that its postings number them in.
        folder: of its segment; None if it is in memory.
        listed: what was read of each part, if it is in memory.
    """

    piece: Piece
    parts: tuple[str, ...]
    folder: Path | None = None
    listed: tuple[Listed, ...] = ()


class Shelf:
    """Make pieces from sources, by means of a folder of segments, or without one.

    Args:
        folder: where segments are kept; None keeps everything in memory.
        small_rows: the most entries that are kept in memory instead of in files.
        checked: whether every digest is compared at opening; see :mod:`safehold.matching.segments.files`.

    Attributes:
        checked: as above.
    """

    def __init__(self, folder: Path | None, *, small_rows: int = SMALL_ROWS, checked: bool = True) -> None:
        self._folder = folder
        self._small_rows = small_rows
        self.checked = checked

    def pieces(self, source: Source, rebuilt: list[str]) -> list[Shelved]:
        """Return what to search for a source: pieces from files, the largest first, and one in memory for the rest.

        Args:
            source: what is to be searched.
            rebuilt: the digests of segments that were found damaged are added here.
        """
        if self._folder is None:
            return [in_memory(source)]
        for _ in range(_ATTEMPTS):
            try:
                return self._attempt(self._folder, source)
            except SegmentDamagedError:
                rebuilt += self._removed_damaged(self._folder)
        return [in_memory(source)]

    def settle(self, source: Source) -> None:
        """Make the segments that a source lacks; waits for another builder. Safe to repeat, and to kill."""
        if self._folder is None:
            return
        with _only_builder(self._folder):
            sweep_unfinished(self._folder)
            tiers = serving(_segments(self._folder), source, _facts(source))
            rest = _rest(source, tiers)
            if not self.is_little(rest):
                _build(self._folder, source, tiers, rest)

    def is_little(self, rest: Source) -> bool:
        """Whether so few entries and parts may stay in memory."""
        return rest.rows() <= self._small_rows and len(rest.parts) <= LOOSE_PARTS

    def _attempt(self, folder: Path, source: Source) -> list[Shelved]:
        segments, is_unfinished = _found(folder)
        tiers = serving(segments, source, _facts(source))
        if not self.is_little(_rest(source, tiers)):
            self.settle(source)
            segments, is_unfinished = _found(folder)
            tiers = serving(segments, source, _facts(source))
        left = {folder / name for tier in tiers for name in tier.replaces}.intersection(segments)
        if left or is_unfinished:
            _remove_left(folder, left)
        rest = _rest(source, tiers)
        found = [self._opened(tier, source) for tier in tiers]
        return [*found, in_memory(rest)] if rest.parts or not found else found

    def _opened(self, tier: Tier, source: Source) -> Shelved:
        _, arrays = opened(tier.folder, checked=self.checked)
        piece = Piece.over(source.key.algorithm, arrays, Standing(source.banks_of(tier.parts)))
        return Shelved(piece, tier.parts, tier.folder)

    def _removed_damaged(self, folder: Path) -> list[str]:
        """Remove the segments that can't be opened, and return their digests."""
        removed = []
        with _only_builder(folder):
            for segment in _segments(folder):
                try:
                    opened(segment)
                except SegmentDamagedError:
                    remove(segment)
                    removed.append(segment.name)
        return removed


def in_memory(source: Source, known: Mapping[str, Listed] | None = None) -> Shelved:
    """Return a piece over all of a source that needs no files.

    Args:
        source: what it is made of.
        known: what was read before of some parts, by identity.
    """
    read = known or {}
    listed = {one.identity(): read.get(one.identity()) or source.listed_of(one) for one in source.parts}
    arrays = built(source.key.algorithm, tuple(listed.values()))
    piece = Piece.over(source.key.algorithm, arrays, Standing(source.banks_of(tuple(listed))))
    return Shelved(piece, tuple(listed), listed=tuple(listed.values()))


def _rest(source: Source, tiers: list[Tier]) -> Source:
    return source.without([part for tier in tiers for part in tier.parts])


def _build(folder: Path, source: Source, tiers: list[Tier], rest: Source) -> None:
    """Make one segment over the rest and the parts of outgrown ones that are still wanted; remove what it replaces."""
    older = outgrown(tiers, rest.rows())
    kept = {part for tier in older for part in tier.parts} | {one.identity() for one in rest.parts}
    whole = Source(source.key, tuple(one for one in source.parts if one.identity() in kept))
    replaced = _replaced(folder, source, [tier.folder for tier in tiers if tier not in older])
    facts = {
        **_facts(source),
        "parts": [one.identity() for one in whole.parts],
        "rows": whole.rows(),
        "replaces": [segment.name for segment in replaced],
    }
    segment = folder / hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    if segment.exists():  # it is here and doesn't serve: what it says of itself is wrong
        remove(segment)
    publish(segment, facts, built(source.key.algorithm, whole.listed()))
    for one in replaced:
        if one != segment:
            remove(one)


def _replaced(folder: Path, source: Source, staying: list[Path]) -> list[Path]:
    """Return the segments of a source, of whatever layout, that are not among those that stay."""
    of_source = {name: value for name, value in _facts(source).items() if name != "layout"}
    others = [segment for segment in _segments(folder) if segment not in staying]
    return [segment for segment in others if of_source.items() <= facts_of(segment).items()]


def _remove_left(folder: Path, replaced: set[Path]) -> None:
    """Remove what a killed builder has left, unless another one is at work now, who does it then."""
    with suppress(OSError), _only_builder(folder, waits=False):
        sweep_unfinished(folder)
        for segment in replaced:
            remove(segment)


def _facts(source: Source) -> dict[str, object]:
    flavour = source.key.flavour
    return {
        "algorithm": source.key.algorithm.value,
        "flavour": "" if flavour is None else flavour.value,
        "layout": _LAYOUT,
    }


def _segments(folder: Path) -> list[Path]:
    return _found(folder)[0]


def _found(folder: Path) -> tuple[list[Path], bool]:
    """Return the segments in a folder, and whether there is what a builder has not finished."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir())
    finished = [folder / name for name in names if not name.startswith(BUILDING)]
    return finished, len(finished) < len(names)


@contextmanager
def _only_builder(folder: Path, *, waits: bool = True) -> Iterator[None]:
    """Keep every other process from building here; ends with the process, however it ends.

    Raises:
        BlockingIOError: another one builds, and this one doesn't wait.
    """
    descriptor = os.open(folder / "building.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)
