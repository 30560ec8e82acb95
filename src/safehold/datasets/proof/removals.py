"""A removal list: every record that is not in the cleaned dataset, mixed and without reasons.

Whoever holds an older copy deletes what is on the list. Which few of its lines are confirmed abuse material must not be
told from it: a list of those alone would be a list of pointers to them. So it is refused unless they drown in the rest.

Source: LAION, "Releasing Re-LAION-5B" (30 August 2024): metadata were published cleaned, so that a comparison with the
old ones gives tens of millions of removals of all kinds and never the few illegal ones.

    write_removals(Path("out"), Path("removed.txt"))
"""

from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.stage import final_names, read_conclusion, read_decisions
from safehold.datasets.errors import RevealingListError
from safehold.datasets.layout import Layout
from safehold.datasets.run import load_mix, load_run, locked
from safehold.home import write_atomic
from safehold.vocabulary import Action

SHARE = 100
"""A list has at least this many records for each that is confirmed by hash.

Ours, no standard's: whoever tries a line of the list then meets something else in 99 of 100 cases, while a dataset
cleaned with caption rules or scores, as LAION's was (1.12 % and more removed), reaches it by far.
"""


def write_removals(out: Path, path: Path) -> int:
    """Write the ids of all records that are not in the cleaned dataset, one a line, sorted; repeating is safe.

    Args:
        out: the output folder.
        path: the file to write; readable by its owner alone until they publish it.

    Returns:
        how many there are.

    Raises:
        RevealingListError: too many of them are confirmed by hash, so the list would point at them. Nothing is written.
        DamagedStateError: the dataset is not decided.
    """
    layout = Layout(out)
    load_run(layout)
    with locked(layout):
        removed, confirmed = _removed(layout)
        if len(removed) < confirmed * SHARE:
            raise RevealingListError(
                f"a list would show which records are confirmed by hash: {confirmed:,} of {len(removed):,}",
                advice=f"Publish the cleaned dataset instead; a list needs {SHARE} records for each confirmed one.",
            )
        lines = sorted(_line(one) for one in removed)
        write_atomic(path, lambda file: file.writelines(lines))
    return len(removed)


def _removed(layout: Layout) -> tuple[set[str], int]:
    """Return the ids of what is not in the cleaned dataset, and how many of them are confirmed by hash."""
    separation = read_conclusion(layout).separation
    removed: set[str] = set()
    confirmed: set[str] = set()
    for shard in load_mix(layout).shards:
        decisions = read_decisions(layout, shard)
        keys = decisions.column("record").to_pylist()
        is_out = pc.not_equal(final_names(decisions, separation), Action.ALLOW.value).to_numpy(zero_copy_only=False)
        is_confirmed = decisions.column("confirmed").to_numpy()
        ids = [(record_id(shard, keys[row]), is_confirmed[row]) for row in np.flatnonzero(is_out) if keys[row]]
        removed.update(one for one, _ in ids)
        confirmed.update(one for one, is_listed in ids if is_listed)
    return removed, len(confirmed)


def _line(record: str) -> bytes:
    escaped = record.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return escaped.encode("utf-8", "surrogateescape") + b"\n"
