"""Following: the pieces of an index brought up to banks that have changed, at the cost of what has changed.

Rules: pieces that exist are kept and only restated. New parts join the piece in memory that is compared linearly; when
that has grown, what is in memory is made into one piece with tables.
"""

from collections.abc import Sequence

from safehold.matching.banks.catalogue import BankContents
from safehold.matching.searching.tables import LINEAR_ROWS
from safehold.matching.segments.shelf import Shelved, in_memory
from safehold.matching.segments.sources import Source, SourceKey, sources_of
from safehold.matching.segments.standing import Readings, standing

Pieces = Sequence[tuple[SourceKey, Shelved]]


def followed(
    before: Pieces, used: Sequence[BankContents], readings: Readings, *, small_rows: int
) -> tuple[list[tuple[SourceKey, Shelved]], int]:
    """Return the pieces for banks that have changed.

    Args:
        before: the pieces for the banks as they were.
        used: the banks in use as they are, by name.
        readings: what was read of withdrawals before, and is read now.
        small_rows: parts with more entries than that are left out: they are for a segment in files.

    Returns:
        The pieces, and how many entries were left out.

    Raises:
        PartDamagedError: a new part's file is missing or altered.
    """
    pieces, behind = [], 0
    for source in sources_of(used):
        found, left_out = _of_source([one for key, one in before if key == source.key], source, small_rows)
        pieces += [(source.key, standing(one, source, used, readings)) for one in found]
        behind += left_out
    return pieces, behind


def _of_source(before: Sequence[Shelved], source: Source, small_rows: int) -> tuple[list[Shelved], int]:
    wanted = {one.identity(): one.part.counts[source.key.algorithm] for one in source.parts}
    kept = [one for one in before if any(part in wanted for part in one.parts)]
    rest = source.without([part for one in kept for part in one.parts])
    fresh = Source(source.key, tuple(one for one in rest.parts if wanted[one.identity()] <= small_rows))
    behind = rest.rows() - fresh.rows()
    if not fresh.parts:
        return kept, behind
    loose = [one for one in kept if one.folder is None]
    joining = [one for one in loose if _rows(one, wanted) + fresh.rows() <= LINEAR_ROWS]
    if not joining and (fresh.rows() > LINEAR_ROWS or len(loose) > 1):
        joining = loose  # the small one is full: all that is in memory becomes one
    parts = {part for one in joining for part in one.parts} | {one.identity() for one in fresh.parts}
    known = {part: listed for one in joining for part, listed in zip(one.parts, one.listed, strict=True)}
    made = in_memory(Source(source.key, tuple(one for one in source.parts if one.identity() in parts)), known)
    return [*(one for one in kept if one not in joining), made], behind


def _rows(shelved: Shelved, wanted: dict[str, int]) -> int:
    return sum(wanted.get(part, 0) for part in shelved.parts)
