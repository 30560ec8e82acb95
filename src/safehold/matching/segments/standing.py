"""How the entries of a piece stand in the banks of an index: whose they are, which were withdrawn, how near counts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from safehold.matching.banks.catalogue import BankContents
from safehold.matching.parts.part import PartKind
from safehold.matching.segments.piece import Standing, Withdrawn
from safehold.matching.segments.shelf import Shelved
from safehold.matching.segments.sources import Source, SourceKey


def standing(shelved: Shelved, source: Source, used: Sequence[BankContents]) -> Shelved:
    """Return a piece as it stands in these banks; nothing is read before the first hit.

    Args:
        shelved: any piece whose parts are those of the source, or were.
        source: what is wanted of the banks.
        used: the banks of the index, in order.
    """
    stated = Standing(source.banks_of(shelved.parts), lambda: _withdrawn(source.key, used), _limits(used))
    return replace(shelved, piece=shelved.piece.restated(stated))


def _withdrawn(key: SourceKey, used: Sequence[BankContents]) -> list[Withdrawn]:
    found = []
    for number, contents in enumerate(used):
        if key.flavour not in (None, contents.bank.pdq_flavour):
            continue
        for part in contents.parts:
            if part.kind is PartKind.WITHDRAW and part.counts.get(key.algorithm):
                rows = part.rows(key.algorithm)
                found.append(Withdrawn(number, rows.values, rows.entry))
    return found


def _limits(used: Sequence[BankContents]) -> NDArray[np.uint16] | None:  # noqa: ARG001 - until banks have limits
    return None
