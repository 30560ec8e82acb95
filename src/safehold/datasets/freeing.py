"""Free held records: a person looked, gives a reason, and the record goes into the cleaned dataset.

What is confirmed by hash, or removed by separation, can't be freed: that is the policy's to change, in the open.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from safehold.datasets.decide.decision import Decision, read_rows, tabulate
from safehold.datasets.decide.judgement import record_id
from safehold.datasets.decide.release import Release, decode_releases, encode_releases, grounds_of
from safehold.datasets.decide.stage import final_actions, read_conclusion, read_decisions
from safehold.datasets.equipment import Equipment
from safehold.datasets.errors import UnknownRecordError
from safehold.datasets.layout import Layout
from safehold.datasets.run import Run, load_mix, load_run, locked
from safehold.datasets.scan.part import note_of, read_part
from safehold.datasets.sources import Shard
from safehold.home import write_atomic
from safehold.vocabulary import Action, Event, GapReason


def release(out: Path, records: Sequence[str], *, reason: str, equipment: Equipment) -> int:
    """Record that a person frees held records; the next `decide` puts them into the cleaned dataset.

    Args:
        out: the output folder.
        records: record ids, "OUTPUT#KEY", as the manifest names them.
        reason: why, in the person's words; it stays in the output folder and goes into no ledger.
        equipment: the ledger, the clock and who it is.

    Returns:
        how many records are newly released; releasing one again on the same grounds changes nothing.

    Raises:
        UnknownRecordError: a record is not there, or not held. Nothing was released then.
        PolicyError: the policy keeps concepts apart that nothing can claim, so `decide` would refuse it. Likewise.
    """
    layout = Layout(out)
    run = load_run(layout)
    if not reason.strip():
        raise UnknownRecordError("a release needs a reason", advice="Say with --reason why the record may be used.")
    with locked(layout):
        held = _held(layout, records)
        note = note_of(layout.part(load_mix(layout).shards[0].number))
        equipment.require_claimable(scanned_with=note.settings.classifiers if note else ())
        known = decode_releases(layout.releases.read_bytes() if layout.releases.exists() else b"")
        now = equipment.clock.now().isoformat()
        asked = [Release(record, reason, equipment.actor, now, one.grounds) for record, one in held.items()]
        new = [one for one in asked if one.record not in known or known[one.record].grounds != one.grounds]
        for one in new:  # before it takes effect, so that nothing is ever freed without its event
            equipment.ledger.append_once(_event(run, one, equipment))
        write_atomic(layout.releases, encode_releases([*known.values(), *new]))
    return len(new)


def _event(run: Run, one: Release, equipment: Equipment) -> Event:
    details = {"run": run.id, "record": run.pseudonym(one.record), "grounds": one.grounds}
    return Event("record.released", equipment.actor, equipment.policy.label, details)


@dataclass(frozen=True, slots=True)
class _Held:
    """A record as it was decided on, and its row of the scan part."""

    decision: Decision
    observed: pa.Table

    @property
    def grounds(self) -> str:
        return grounds_of(self.decision.findings, self.decision.gaps, self.observed)

    @property
    def is_ambiguous(self) -> bool:
        return any(gap.reason is GapReason.DUPLICATE_KEY for gap in self.decision.gaps)


def _held(layout: Layout, records: Iterable[str]) -> dict[str, _Held]:
    read_conclusion(layout)  # says where nothing is decided yet, of which no record could be named
    found: dict[str, _Held] = {}
    for record in records:
        candidates = [one for shard in _shards_of(layout, record) for one in _rows_of(layout, shard, record)]
        if not candidates:
            raise UnknownRecordError(
                f"there is no record {record}", advice="Copy the record id from manifest.parquet: OUTPUT#KEY."
            )
        for one in candidates:
            _require_held(record, one, layout)
        found[record] = candidates[0]
    return found


def _require_held(record: str, one: _Held, layout: Layout) -> None:
    if one.is_ambiguous:
        raise UnknownRecordError(
            f"{record} is the id of several records", advice="Give them different keys in the source and scan it again."
        )
    if one.decision.action is Action.ALLOW and _is_separated(one.decision, layout):
        raise UnknownRecordError(
            f"{record} is not held: it was removed to keep concepts apart over the mix",
            advice="Which concept leaves the mix, the policy says: change its separation, then decide again.",
        )
    if one.decision.action is not Action.HOLD and not one.decision.released:
        raise UnknownRecordError(
            f"{record} is not held: its action is {one.decision.action.value}",
            advice="Only held records can be released; what a policy removes, the policy must change.",
        )


def _is_separated(decision: Decision, layout: Layout) -> bool:
    """Return whether separation over the mix takes a record away that nothing else speaks against."""
    (final,) = final_actions(tabulate([decision]), read_conclusion(layout).separation)
    return final is Action.DENY


def _shards_of(layout: Layout, record: str) -> list[Shard]:
    return [shard for shard in load_mix(layout).shards if record.startswith(record_id(shard, ""))]


def _rows_of(layout: Layout, shard: Shard, record: str) -> list[_Held]:
    decisions, key = read_decisions(layout, shard), record.removeprefix(record_id(shard, ""))
    is_meant = pc.equal(decisions.column("record"), key).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(is_meant) if key else np.zeros(0, np.int64)
    if not len(rows):
        return []
    part, _ = read_part(layout.part(shard.number))
    held = read_rows(decisions.take(pa.array(rows)))
    return [_Held(decision, part.slice(row, 1)) for row, decision in zip(rows.tolist(), held, strict=True)]
