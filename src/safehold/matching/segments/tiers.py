"""Tiers: which of the segments on a shelf serve, and which are made into one when new entries come.

Rules: every part is in one segment at most. Entries that have come since are made into a segment of their own, together
with the smallest segments for as long as the next one is at most four times as large as all that goes into it: so that
an entry is written anew some log4(n) times, a list of millions isn't touched for a hundred thousand more, and a lookup
goes through few segments.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from safehold.matching.segments.files import facts_of
from safehold.matching.segments.sources import Source

GROWTH = 4
"""How much larger than all that goes into a new segment an older one may be to go into it too."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A segment in files.

    Attributes:
        folder: where it is.
        parts: the identities of the parts that it holds.
        rows: how many entries of them are still wanted.
        replaces: the names of segments that it was made in place of: they are gone unless their builder was killed.
    """

    folder: Path
    parts: tuple[str, ...]
    rows: int
    replaces: frozenset[str] = frozenset()


def serving(folders: Sequence[Path], source: Source, facts: dict[str, object]) -> list[Tier]:
    """Return the segments to search for a source, the largest first; no two of them hold the same part.

    A segment also serves if some of what it holds is no longer wanted, as long as that is less than half.

    Raises:
        SegmentDamagedError: a manifest can't be read.
    """
    wanted = {one.identity(): one.part.counts[source.key.algorithm] for one in source.parts}
    found = [_tier(folder, wanted, facts) for folder in folders]
    chosen: list[Tier] = []
    taken: set[str] = set()
    for tier in sorted((tier for tier in found if tier is not None), key=lambda tier: -tier.rows):
        if taken.isdisjoint(tier.parts):
            chosen.append(tier)
            taken.update(tier.parts)
    return chosen


def _tier(folder: Path, wanted: dict[str, int], facts: dict[str, object]) -> Tier | None:
    told = facts_of(folder)
    listed, held = told.get("parts"), told.get("rows")
    if not facts.items() <= told.items() or not isinstance(listed, list) or not isinstance(held, int):
        return None
    parts = tuple(str(part) for part in listed)
    rows = sum(wanted.get(part, 0) for part in parts)
    replaces = told.get("replaces")
    replaced = frozenset(map(str, replaces)) if isinstance(replaces, list) else frozenset()
    return Tier(folder, parts, rows, replaced) if 2 * rows > held else None


def outgrown(tiers: Sequence[Tier], rows: int) -> list[Tier]:
    """Return the segments to make anew together with so many rows that have come since."""
    found: list[Tier] = []
    for tier in reversed(tiers):
        if tier.rows > GROWTH * rows:
            break
        found.append(tier)
        rows += tier.rows
    return found
