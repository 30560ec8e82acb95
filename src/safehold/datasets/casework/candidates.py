"""Candidates: which records of a decided run people are to look at, the gravest first; a few numbers for each.

These are the records that are held, and those that are kept out since a list knows them, which is a matter for the law
and not for the dataset alone. What is removed for its words, or to keep concepts apart, is the policy's, in the open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from safehold.datasets.decide.stage import final_names, read_conclusion, read_decisions
from safehold.datasets.layout import Layout
from safehold.datasets.sources import Shard
from safehold.screening import Separation
from safehold.vocabulary import Action, FindingKind, HarmClass

CONFIRMED, LISTED, FOUND, UNEXAMINED = range(4)
"""The order in which people look: known bytes, something near to them, something else that was found, nothing."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of one shard.

    Attributes:
        shard: which.
        rows: (n,) int64, their places in the shard, ascending.
        ranks: (n,) uint8, how grave each is.
        keys: (n,) the records' keys.
    """

    shard: Shard
    rows: NDArray[np.int64]
    ranks: NDArray[np.uint8]
    keys: pa.StringArray


def candidates_of(layout: Layout, shards: Sequence[Shard]) -> Iterator[Candidates]:
    """Yield the candidates of each shard of a decided run.

    Raises:
        DamagedStateError: the run is not decided, or its state can't be read.
    """
    separation = read_conclusion(layout).separation
    for shard in shards:
        yield _of_shard(shard, read_decisions(layout, shard), separation)


def _of_shard(shard: Shard, decisions: pa.Table, separation: Separation) -> Candidates:
    final = _array(pc.equal(final_names(decisions, separation), Action.HOLD.value))
    denied = _array(pc.equal(decisions.column("action"), Action.DENY.value))
    findings = decisions.column("findings").combine_chunks()
    matched: NDArray[np.bool_] = np.zeros(len(decisions), np.bool_)
    parents = findings.value_parent_indices().to_numpy(zero_copy_only=False)
    said = findings.flatten()
    accuses = pc.and_(
        pc.equal(said.field("kind"), FindingKind.MATCH.value),
        pc.not_equal(said.field("subject"), HarmClass.BENIGN.value),
    )
    matched[parents[_array(accuses)]] = True
    is_confirmed = _array(decisions.column("confirmed"))
    is_found = _array(pc.greater(pc.list_value_length(findings), 0))
    has_key = _array(pc.not_equal(decisions.column("record"), ""))  # what could not be read of a shard has none
    ranks = np.where(is_confirmed, CONFIRMED, np.where(matched, LISTED, np.where(is_found, FOUND, UNEXAMINED)))
    rows = np.flatnonzero((final | (denied & matched)) & has_key)
    keys = decisions.column("record").combine_chunks().take(pa.array(rows))
    return Candidates(shard, rows, ranks[rows].astype(np.uint8), keys)


def _array(values: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    made: NDArray[np.bool_] = whole.to_numpy(zero_copy_only=False).astype(np.bool_)
    return made
