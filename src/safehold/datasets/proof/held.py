"""Held records: which ones wait for a person, and why, without anything that shows or points to their content.

held = read_held(Path("out"), limit=50)
held.total, held.records[0].name          # 812, "00000.tar#000004711"
"""

from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc

from safehold.datasets.decide.decision import Decision, read_rows
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.stage import final_names, read_conclusion, read_decisions
from safehold.datasets.layout import Layout
from safehold.datasets.run import load_mix, load_run
from safehold.vocabulary import Action


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A record that is held.

    Attributes:
        name: its id, "OUTPUT#KEY", as a release names it.
        decision: the rules, findings and gaps that hold it.
    """

    name: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Held:
    """What is held.

    Attributes:
        total: how many records.
        records: the first of them, in the order of the mix.
    """

    total: int
    records: tuple[HeldRecord, ...]


def read_held(out: Path, *, limit: int) -> Held:
    """Return what an output folder holds; changes nothing.

    Args:
        out: the output folder.
        limit: how many records at most; all are counted.

    Raises:
        ForeignOutputError: it is no output folder.
        DamagedStateError: the dataset is not decided, or its state is not what was written.
    """
    layout = Layout(out)
    load_run(layout)
    separation = read_conclusion(layout).separation
    total, found = 0, list[HeldRecord]()
    for shard in load_mix(layout).shards:
        decisions = read_decisions(layout, shard)
        held = decisions.filter(pc.equal(final_names(decisions, separation), Action.HOLD.value))
        total += len(held)
        for decision in read_rows(held.slice(0, max(0, limit - len(found)))):
            found.append(HeldRecord(record_id(shard, decision.record), decision))
    return Held(total, tuple(found))
