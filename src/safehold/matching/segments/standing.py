"""How the entries of a piece stand in the banks of an index: whose they are, which were withdrawn, how near counts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from safehold.matching.banks.catalogue import BankContents
from safehold.matching.parts.part import Part, PartKind
from safehold.matching.parts.rows import Rows
from safehold.matching.segments.piece import Standing, Withdrawn
from safehold.matching.segments.shelf import Shelved
from safehold.matching.segments.sources import Source, SourceKey
from safehold.vocabulary import Algorithm

_FARTHEST = 256
"""The distance of two PDQ values that differ in every bit."""

Readings = dict[tuple[str, Algorithm], Rows]
"""What was read of withdrawals, by the digest of the part."""


def standing(shelved: Shelved, source: Source, used: Sequence[BankContents], readings: Readings) -> Shelved:
    """Return a piece as it stands in these banks; nothing is read before the first hit.

    Args:
        shelved: any piece whose parts are those of the source, or were.
        source: what is wanted of the banks.
        used: the banks of the index, in order.
        readings: what was read of withdrawals before; what is read later is added.
    """
    limits = _limits(used) if source.key.algorithm is Algorithm.PDQ else None
    stated = Standing(source.banks_of(shelved.parts), lambda: _withdrawn(source.key, used, readings), limits)
    return replace(shelved, piece=shelved.piece.restated(stated))


def _withdrawn(key: SourceKey, used: Sequence[BankContents], readings: Readings) -> list[Withdrawn]:
    found = []
    for number, contents in enumerate(used):
        if key.flavour not in (None, contents.bank.pdq_flavour):
            continue
        rows = [_read(part, key.algorithm, readings) for part in contents.parts if _withdraws(part, key.algorithm)]
        if rows:
            entries = np.concatenate([some.entry for some in rows])
            found.append(Withdrawn(number, np.concatenate([some.values for some in rows]), entries))
    return found


def _withdraws(part: Part, algorithm: Algorithm) -> bool:
    return part.kind is PartKind.WITHDRAW and bool(part.counts.get(algorithm))


def _read(part: Part, algorithm: Algorithm, readings: Readings) -> Rows:
    name = part.sha256, algorithm
    if name not in readings:
        readings[name] = part.rows(algorithm)
    return readings[name]


def _limits(used: Sequence[BankContents]) -> NDArray[np.uint16] | None:
    stated = [one.bank.pdq_threshold for one in used]
    if all(limit is None for limit in stated):
        return None
    return np.array([_FARTHEST if limit is None else limit for limit in stated], np.uint16)
